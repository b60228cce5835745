"""Small OpenAPI documents, for the tests of the tools that read them."""

from typing import Any

Json = dict[str, Any]
STRING: Json = {"type": "string"}
INTEGER: Json = {"type": "integer"}
NUMBER: Json = {"type": "number"}
NULL: Json = {"type": "null"}
STRINGS: Json = {"type": "array", "items": STRING}


def obj(*required: str, **fields: Any) -> Json:
    schema: Json = {"type": "object", "properties": fields}
    if required:
        schema["required"] = [*required]
    return schema


def enum(*values: Any) -> Json:
    return {"type": "string", "enum": [*values]}


def open_enum(*values: Any) -> Json:
    return {"anyOf": [enum(*values), STRING]}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def json_body(schema: Any, **more: Any) -> Json:
    return {"content": {"application/json": {"schema": schema, **more}}}


def operation(**more: Any) -> Json:
    return {"responses": {"200": {"description": "ok"}}, **more}


def document(get: Json | None = None, **more: Any) -> Json:
    """A document with one operation, `GET /x`."""
    root: Json = {
        "openapi": "3.1.0",
        "info": {"title": "T"},
        "paths": {"/x": {"get": get or operation()}},
    }
    return root | more


def spec(request: Any = None, response: Any = None, schemas: Json | None = None) -> Json:
    """A document with one operation, `POST /x`, and the schemas of its bodies."""
    post = operation()
    if request is not None:
        post["requestBody"] = {"required": True, **json_body(request)}
    if response is not None:
        post["responses"]["200"] |= json_body(response)
    return document(paths={"/x": {"post": post}}, components={"schemas": schemas or {}})
