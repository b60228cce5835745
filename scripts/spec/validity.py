"""Rules of OpenAPI and JSON Schema: the document is valid, its examples and defaults as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import (
    ValidationError,
    best_match,  # pyright: ignore[reportUnknownVariableType]
)
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.schemas import (
    schema_v31,  # pyright: ignore[reportUnknownVariableType]
)
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from spec.openapi import Finding, Place, Spec, mappings, pointer

LONGEST_MESSAGE = 300


def document(spec: Spec) -> Iterator[Finding]:
    """What OpenAPI 3.1 demands of the document, and JSON Schema of the schemas in it."""
    version = str(spec.data.get("openapi"))
    if not version.startswith("3.1."):
        message = f"`openapi: {version}`: this project uses OpenAPI 3.1 (`openapi: 3.1.0`)"
        yield spec.finding(("openapi",), "openapi", message)
        return
    openapi_schema = dict(cast("dict[str, Any]", schema_v31))
    for error in _errors(Draft202012Validator(openapi_schema), spec.data):
        yield _invalid(spec, (), error, "openapi")
    if not isinstance(spec.data.get("components", {}).get("schemas"), dict):
        message = "must be a mapping from the name of each schema to the schema"
        yield spec.finding(("components", "schemas"), "openapi", message)
        return
    metaschema = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    for place, schema in spec.root_schemas():
        for error in _errors(metaschema, schema):
            yield _invalid(spec, place, error, "openapi")


def across_the_document(spec: Spec) -> Iterator[Finding]:
    """What concerns several parts at once: path parameters, operation ids and the like."""
    for error in OpenAPIV31SpecValidator(spec.data).iter_errors():
        yield spec.finding(tuple(error.absolute_path) or ("paths",), "openapi", error.message)


def examples_and_defaults(spec: Spec) -> Iterator[Finding]:
    """Examples and defaults that violate their schemas."""
    resource = DRAFT202012.create_resource(spec.data)
    registry: Registry[Any] = Registry[Any]().with_resource("urn:spec", resource)

    def check(schema: Place, value: Place, rule: str) -> Iterator[Finding]:
        reference = "urn:spec" + pointer(schema).replace("%", "%25")
        validator = Draft202012Validator({"$ref": reference}, registry=registry)
        for error in _errors(validator, spec.at(value)):
            yield _invalid(spec, value, error, rule)

    for place, node in mappings(spec.data):
        is_schema = "schemas" in place[:2] and place[-1] not in ("schemas", "properties")
        if is_schema:
            if "default" in node:
                yield from check(place, (*place, "default"), "default")
            if "example" in node:
                yield from check(place, (*place, "example"), "example")
            if isinstance(node.get("examples"), list):
                for index in range(len(node["examples"])):
                    yield from check(place, (*place, "examples", index), "example")
        elif "schema" in node:
            schema = (*place, "schema")
            if isinstance(node["schema"], dict) and "default" in node["schema"]:
                yield from check(schema, (*schema, "default"), "default")
            if "example" in node:
                yield from check(schema, (*place, "example"), "example")
            for name, example in node.get("examples", {}).items():
                if "value" in example:
                    yield from check(schema, (*place, "examples", name, "value"), "example")


def _errors(validator: Any, value: Any) -> Iterator[ValidationError]:
    """The errors; where alternatives fail, that of the one that was most probably meant."""
    for error in validator.iter_errors(value):
        found = cast("ValidationError | None", best_match([error]))
        yield found or error


def _invalid(spec: Spec, place: Place, error: ValidationError, rule: str) -> Finding:
    message = error.message
    if len(message) > LONGEST_MESSAGE:
        message = f"{message[:LONGEST_MESSAGE]}…"
    return spec.finding((*place, *error.absolute_path), rule, message)
