"""JSON bodies drawn from the components of openapi.yaml: all that a schema allows, and no more."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, settings, strategies as st

from spec_reading import Spec, resolved

Bodies = st.SearchStrategy[dict[str, Any]]

MORE = float(os.environ.get("MINIMAX_CONTRACT_EXAMPLES", "1"))
"""How many times the usual number of examples to try."""

# What readers trip over: tags, line ends, marks of a byte order, zeros, other alphabets.
STRINGS = ["", "<think>", "</think>", "<think>\n好</think>\n\n你好", "\ufeff", "\u2028", "\0", "😀"]
TEXTS = st.one_of(st.sampled_from(STRINGS), st.text(max_size=8))
INTEGERS = st.one_of(
    st.sampled_from([0, 1, -1, 7, 200, 1002, 2**63 - 1, -(2**63)]), st.integers(-(10**6), 10**12)
)
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    INTEGERS,
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
    st.sampled_from([[], {}, [None], {"a": [{"b": ""}]}]),
)
# `error` is left out: an object of this name is a failure, documented or not.
UNKNOWN = st.dictionaries(
    st.one_of(
        st.sampled_from(["reasoning_content", "service_tier", "nvext", "additional_properties"]),
        st.text(max_size=6).map("x_{}".format),
    ),
    VALUES,
    max_size=2,
)


def examples(number: int) -> settings:
    """The settings of a property that is tried so many times, the same way every time."""
    return settings(
        max_examples=round(number * MORE),
        derandomize=MORE == 1,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


def bodies(spec: Spec, component: str, *, unknown: bool = True) -> Bodies:
    """The values of an object; `unknown`: with fields that no page lists, at every level."""
    cache: dict[tuple[str, bool], st.SearchStrategy[Any]] = {}

    def of(schema: Spec) -> st.SearchStrategy[Any]:
        if "$ref" in schema:
            name = schema["$ref"]
            if (name, unknown) not in cache:
                cache[name, unknown] = of(resolved(spec, schema))
            return cache[name, unknown]
        if "anyOf" in schema:
            return st.one_of([of(each) for each in schema["anyOf"]])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if "type" not in schema:
            return VALUES
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return st.one_of([of_type(kind, schema) for kind in kinds])

    def of_type(kind: str, schema: Spec) -> st.SearchStrategy[Any]:
        if kind == "object":
            fields = {name: of(each) for name, each in schema["properties"].items()}
            required = {name: fields.pop(name) for name in schema.get("required", ())}
            known = st.fixed_dictionaries(required, optional=fields)
            return st.builds(lambda more, own: more | own, UNKNOWN, known) if unknown else known
        if kind == "array":
            least = schema.get("minItems", 0)
            most = min(schema.get("maxItems", least + 3), least + 3)
            return st.lists(of(schema["items"]), min_size=least, max_size=most)
        if kind == "integer":
            low, high = schema.get("minimum"), schema.get("maximum")
            if low is None and high is None:
                return INTEGERS
            return st.integers(-(2**63) if low is None else low, high or 2**63 - 1)
        if kind == "number":
            return st.floats(
                schema.get("minimum", schema.get("exclusiveMinimum")),
                schema.get("maximum", schema.get("exclusiveMaximum")),
                exclude_min="exclusiveMinimum" in schema,
                exclude_max="exclusiveMaximum" in schema,
                allow_nan=False,
                allow_infinity=False,
            )
        if {"minLength", "maxLength"} & schema.keys():
            return st.text(min_size=schema.get("minLength", 0), max_size=schema.get("maxLength"))
        return {"string": TEXTS, "boolean": st.booleans(), "null": st.none()}[kind]

    return of({"$ref": f"#/components/schemas/{component}"})
