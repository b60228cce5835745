"""Changes of a document above its schemas: operations, parameters, bodies, servers, credentials."""

from typing import Any

import pytest

from openapi_diff.compare import compare, compare_documents
from openapi_documents import INTEGER, STRING, Json, document, enum, obj, operation, ref, spec
from spec.document import from_mapping


def lines(old: Json, new: Json) -> list[str]:
    changes = compare(from_mapping(old), from_mapping(new))
    return [f"{one.severity} {one.location}: {one.message}" for one in changes]


def parameter(name: str = "p", where: str = "query", **more: Any) -> Json:
    return operation(parameters=[{"name": name, "in": where, "schema": STRING} | more])


def response(code: str = "200", **more: Any) -> Json:
    return {"responses": {code: {"description": "ok"} | more}}


def media(*names: str, way: str = "response") -> Json:
    content: Json = {"content": {name: {"schema": STRING} for name in names}}
    return response(**content) if way == "response" else operation(requestBody=content)


def secured(*names: str, **schemes: Json) -> Json:
    known = {"bearer": {"type": "http", "scheme": "Bearer"}} | schemes
    security: list[Any] = [{name: []} for name in names if name]
    security += [{}] * ("" in names)
    return document(security=security, components={"securitySchemes": known})


KEY: Json = {"type": "apiKey", "in": "header", "name": "X-Key"}
OPERATIONS: dict[str, tuple[Json, Json, list[str]]] = {
    "path": (
        document(),
        document() | {"paths": {"/y": {"get": operation(summary="Why")}}},
        [
            "breaking GET /x: operation removed: without a summary",
            "additive GET /y: operation added: Why",
        ],
    ),
    "method": (
        document(),
        document() | {"paths": {"/x": {"get": operation(), "post": operation(operationId="do")}}},
        ["additive POST /x: operation added: do"],
    ),
    "operationId": (
        document(operation(operationId="a")),
        document(operation(operationId="b")),
        ["breaking GET /x: operationId: a → b"],
    ),
    "words on an operation": (
        document(operation(summary="a", description="b", tags=["t"])),
        document(operation(summary="c", deprecated=True, **{"x-y": 1})),
        [
            "documentation GET /x: deprecated added: true",
            "documentation GET /x: description removed: b",
            "documentation GET /x: summary: a → c",
            'documentation GET /x: tags removed: ["t"]',
            "documentation GET /x: x-y added: 1",
        ],
    ),
    "words on the document": (
        document(),
        document(openapi="3.0.3", info={"title": "U", "version": "2"}),
        [
            "documentation document: title: T → U",
            "documentation document: version added: 2",
            "documentation document: openapi: 3.1.0 → 3.0.3",
        ],
    ),
    "optional parameter": (
        document(),
        document(parameter()),
        ["additive GET /x request.query(p): optional parameter added: string"],
    ),
    "parameter required": (
        document(parameter()),
        document(parameter(required=True)),
        ["breaking GET /x request.query(p): parameter: optional → required"],
    ),
    "parameter narrower": (
        document(parameter()),
        document(parameter(schema=enum("a"))),
        ['breaking GET /x request.query(p): only these values added: "a"'],
    ),
    "header in other case": (
        document(parameter("X-A", "header")),
        document(parameter("x-a", "header")),
        [],
    ),
    "required body": (
        document(media("application/json", way="request")),
        document(
            operation(
                requestBody=media("application/json", way="request")["requestBody"]
                | {"required": True}
            )
        ),
        ["breaking GET /x request: body: optional → required"],
    ),
    "body gone": (
        document(media("application/json", way="request")),
        document(),
        ["breaking GET /x request: body removed: string"],
    ),
    "response media types": (
        document(media("application/json", "text/event-stream")),
        document(media("application/json", "text/plain")),
        [
            "breaking GET /x response(200, text/event-stream):"
            " media type removed: text/event-stream",
            "additive GET /x response(200, text/plain): media type added: text/plain",
        ],
    ),
    "schema of another media type": (
        document(response(content={"text/event-stream": {"schema": obj(a=STRING)}})),
        document(response(content={"text/event-stream": {"schema": obj()}})),
        ["breaking GET /x response(200, text/event-stream).a: field removed: string"],
    ),
    "character set": (
        document(media("application/json")),
        document(media("Application/JSON; charset=utf-8")),
        [],
    ),
    "response codes": (
        document(response("200") | {}),
        document(response("4XX", description="bad")),
        [
            "breaking GET /x response(200): response removed: ok",
            "additive GET /x response(4xx): response added: bad",
        ],
    ),
    "response described": (
        document(response()),
        document(response(description="fine")),
        ["documentation GET /x response(200): description: ok → fine"],
    ),
    "response header": (
        document(
            response(
                headers={"A": {"schema": STRING}, "B": {"schema": STRING}, "C": {"required": True}}
            )
        ),
        document(response(headers={"b": {"schema": INTEGER}, "c": {}, "d": {"required": True}})),
        [
            "breaking GET /x response(200).header(a): header removed: string",
            "breaking GET /x response(200).header(b): type: string → integer",
            "breaking GET /x response(200).header(c): header: required → optional",
            "additive GET /x response(200).header(d): header added: any",
        ],
    ),
    "servers": (
        document(servers=[{"url": "https://a/"}, {"url": "https://b", "description": "x"}]),
        document(servers=[{"url": "https://b"}, {"url": "https://c"}]),
        [
            "breaking document: default server: https://a → https://b",
            "breaking servers(https://a): server removed: undescribed",
            "additive servers(https://c): server added: undescribed",
            "documentation servers(https://b): description removed: x",
        ],
    ),
    "closed": (
        secured(),
        secured("bearer"),
        ["breaking GET /x security: credentials: none → http bearer"],
    ),
    "scheme renamed": (secured("k", k=KEY), secured("l", l=KEY), []),
    "scheme described": (
        secured("bearer"),
        secured(
            "bearer",
            bearer={"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "d"},
        ),
        [
            "documentation components.securitySchemes.bearer: bearerFormat added: JWT",
            "documentation components.securitySchemes.bearer: description added: d",
        ],
    ),
    "an operation's own security": (
        secured("bearer"),
        secured("bearer") | {"paths": {"/x": {"get": operation(security=[])}}},
        ["additive GET /x security: credentials: http bearer → none"],
    ),
    "path by reference": (
        document() | {"paths": {"/x": {"get": parameter()}, "/y": {"get": parameter()}}},
        document() | {"paths": {"/x": {"get": parameter()}, "/y": {"$ref": "#/paths/~1x"}}},
        [],
    ),
    "parts by reference": (
        document(
            operation(
                parameters=[{"name": "p", "in": "query"}],
                requestBody={"content": {}},
                responses={"200": {"description": "ok"}},
            )
        ),
        document(
            operation(
                parameters=[{"$ref": "#/components/parameters/P"}],
                requestBody={"$ref": "#/components/requestBodies/B"},
                responses={"200": {"$ref": "#/components/responses/R"}},
            ),
            components={
                "parameters": {"P": {"name": "p", "in": "query"}},
                "requestBodies": {"B": {"content": {}}},
                "responses": {"R": {"description": "ok"}},
            },
        ),
        [],
    ),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_change_of_an_operation(name: str) -> None:
    old, new, expected = OPERATIONS[name]
    assert sorted(lines(old, new)) == sorted(expected)


def test_one_change_of_security_is_one_line_for_all_operations() -> None:
    two = {"paths": {"/x": {"get": operation()}, "/y": {"get": operation()}}}
    (change,) = compare(from_mapping(secured() | two), from_mapping(secured("bearer") | two))
    assert (change.location, change.also) == ("GET /x security", ("GET /y security",))


def test_shared_response_is_one_change_at_two_places() -> None:
    def failures(words: str) -> Json:
        shared = {"$ref": "#/components/responses/Failure"}
        responses = {"responses": {"Failure": {"description": words}}}
        return document({"responses": {"400": shared, "500": shared}}, components=responses)

    (change,) = compare(from_mapping(failures("a")), from_mapping(failures("b")))
    assert (change.location, change.also) == ("GET /x response(400)", ("GET /x response(500)",))


def test_component_that_no_operation_uses_is_documentation() -> None:
    old = spec(schemas={"Kept": STRING, "Gone": STRING})
    new = spec(schemas={"Kept": INTEGER, "Come": STRING})
    kept = 'not compared, but different: content: {"type": "string"} → {"type": "integer"}'
    assert sorted(lines(old, new)) == [
        "documentation components.schemas.Come: unused component added: Come",
        "documentation components.schemas.Gone: unused component removed: Gone",
        f"documentation components.schemas.Kept: {kept}",
    ]


def test_component_that_comes_into_use_is_told_where_it_is_used() -> None:
    old, new = spec(obj(), schemas={"S": STRING}), spec(obj(a=ref("S")), schemas={"S": STRING})
    assert lines(old, new) == ["additive POST /x request.a: optional field added: string"]


SERVER: Json = {"url": "https://{r}", "variables": {"r": {"default": "a"}}}
FLOWS: Json = {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "https://a"}}}
NOT_COMPARED: dict[str, tuple[Json, str]] = {
    "webhooks": (document(webhooks={"w": {"post": operation()}}), "document: webhooks"),
    "callbacks": (document(operation(callbacks={"c": {"{$u}": {}}})), "GET /x: callbacks"),
    "server variables": (document(servers=[SERVER]), "servers(https://{r}): variables"),
    "OAuth flows": (
        document(components={"securitySchemes": {"o": FLOWS}}, security=[{"o": []}]),
        "components.securitySchemes.o: flows",
    ),
}


@pytest.mark.parametrize(("root", "said"), NOT_COMPARED.values(), ids=NOT_COMPARED)
def test_part_that_is_not_compared_is_said_and_breaks_where_it_differs(
    root: Json, said: str
) -> None:
    at, _, key = said.rpartition(": ")
    same = compare_documents(from_mapping(root), from_mapping(root))
    assert (same.changes, same.not_compared) == ([], [said])
    changed = without(root, key)
    assert changed != root
    (line,) = lines(root, changed)
    assert line.startswith(f"breaking {at}: not compared, but different: {key} removed")


def without(node: object, key: str) -> Json:
    if isinstance(node, list):
        return [without(each, key) for each in node]  # type: ignore[return-value]
    if isinstance(node, dict):
        return {name: without(each, key) for name, each in node.items() if name != key}
    return node  # type: ignore[return-value]


def test_same_change_of_two_operations_is_told_of_each() -> None:
    def two(words: str) -> Json:
        get = operation(summary=words)
        return document(paths={"/x": {"get": get}, "/y": {"get": operation(summary=words)}})

    assert lines(two("a"), two("b")) == [
        "documentation GET /x: summary: a → b",
        "documentation GET /y: summary: a → b",
    ]
