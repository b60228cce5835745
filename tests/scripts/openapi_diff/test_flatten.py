"""Changes of a document above its schemas: operations, parameters, bodies, servers, credentials."""

import json
from typing import Any

import pytest

from openapi_diff.compare import compare, compare_documents
from openapi_documents import INTEGER, STRING, Json, document, enum, obj, operation, ref, spec
from spec.document import from_mapping


def lines(old: Json, new: Json) -> list[str]:
    changes = compare(from_mapping(old), from_mapping(new))
    return [f"{one.severity} {one.location}: {one.message}" for one in changes]


def parameter(name: str, where: str = "query", **more: Any) -> Json:
    return {"name": name, "in": where, "schema": STRING} | more


def response(**more: Any) -> Json:
    return {"responses": {"200": {"description": "ok"} | more}}


def content(*names: str, schema: Json = STRING) -> Json:
    return {"content": {name: {"schema": schema} for name in names}}


def secured(*names: str, **schemes: Json) -> Json:
    known = {"bearer": {"type": "http", "scheme": "Bearer"}} | schemes
    security: list[Json] = [{name: []} for name in names]
    return document(security=security, components={"securitySchemes": known})


KEY: Json = {"type": "apiKey", "in": "header", "name": "X-Key"}
JSON = "application/json"
EVENTS = "text/event-stream"
OPERATIONS: dict[str, tuple[Json, Json, list[str]]] = {
    "operation of another path": (
        document(),
        document(paths={"/y": {"get": operation(summary="Why")}}),
        [
            "additive GET /y: operation added: Why",
            "breaking GET /x: operation removed: without a summary",
        ],
    ),
    "operationId": (
        document(operation(operationId="a")),
        document(operation(operationId="b")),
        ["breaking GET /x: operationId: a → b"],
    ),
    "words on an operation": (
        document(operation(summary="a", description="b")),
        document(operation(summary="c", deprecated=True, **{"x-y": 1})),
        [
            "documentation GET /x: deprecated added: true",
            "documentation GET /x: description removed: b",
            "documentation GET /x: summary: a → c",
            "documentation GET /x: x-y added: 1",
        ],
    ),
    "version of the document": (
        document(),
        document(openapi="3.0.3", info={"title": "T", "version": "2"}),
        [
            "documentation document: openapi: 3.1.0 → 3.0.3",
            "documentation document: version added: 2",
        ],
    ),
    "parameters": (
        document(operation(parameters=[parameter("a"), parameter("b"), parameter("c")])),
        document(
            operation(
                parameters=[
                    parameter("b", required=True),
                    parameter("c", schema=enum("v")),
                    parameter("d"),
                    parameter("e", required=True),
                ]
            )
        ),
        [
            "additive GET /x request.query(d): optional parameter added: string",
            "breaking GET /x request.query(a): parameter removed: string",
            "breaking GET /x request.query(b): parameter: optional → required",
            'breaking GET /x request.query(c): only these values added: "v"',
            "breaking GET /x request.query(e): required parameter added: string",
        ],
    ),
    "headers that say the same": (
        document(operation(parameters=[parameter("X-A", "header")])),
        document(
            operation(parameters=[parameter("x-a", "header"), parameter("Authorization", "header")])
        ),
        [],
    ),
    "body required": (
        document(operation(requestBody=content(JSON))),
        document(operation(requestBody=content(JSON) | {"required": True})),
        ["breaking GET /x request: body: optional → required"],
    ),
    "body removed": (
        document(operation(requestBody=content(JSON))),
        document(),
        ["breaking GET /x request: body removed: string"],
    ),
    "media types of a response": (
        document(response(**content(JSON, EVENTS, "a/b"))),
        document(response(**content("Application/JSON; charset=utf-8", EVENTS, "b/c"))),
        [
            "additive GET /x response(200, b/c): media type added: b/c",
            "breaking GET /x response(200, a/b): media type removed: a/b",
        ],
    ),
    "schema of another media type": (
        document(response(**content(EVENTS, schema=obj(a=STRING)))),
        document(response(**content(EVENTS, schema=obj()))),
        ["breaking GET /x response(200, text/event-stream).a: field removed: string"],
    ),
    "responses": (
        document({"responses": {"200": {"description": "ok"}, "400": {}}}),
        document({"responses": {"200": {"description": "fine"}, "4XX": {"description": "bad"}}}),
        [
            "additive GET /x response(4xx): response added: bad",
            "breaking GET /x response(400): response removed: undescribed",
            "documentation GET /x response(200): description: ok → fine",
        ],
    ),
    "headers of a response": (
        document(response(headers={"A": {}, "B": {"schema": STRING}, "C": {"required": True}})),
        document(response(headers={"b": {"schema": INTEGER}, "c": {}, "d": {"required": True}})),
        [
            "additive GET /x response(200).header(d): header added: any",
            "breaking GET /x response(200).header(a): header removed: any",
            "breaking GET /x response(200).header(b): type: string → integer",
            "breaking GET /x response(200).header(c): header: required → optional",
        ],
    ),
    "servers": (
        document(servers=[{"url": "https://a/"}, {"url": "https://b", "description": "x"}]),
        document(servers=[{"url": "https://b"}, {"url": "https://c"}]),
        [
            "additive servers(https://c): server added: undescribed",
            "breaking document: default server: https://a → https://b",
            "breaking servers(https://a): server removed: undescribed",
            "documentation servers(https://b): description removed: x",
        ],
    ),
    "credentials demanded": (
        secured(),
        secured("bearer"),
        ["breaking GET /x security: credentials: none → http bearer"],
    ),
    "another way to be let in": (
        secured("bearer"),
        secured("bearer", "k", k=KEY),
        ["additive GET /x security: credentials: http bearer → apiKey header X-Key or http bearer"],
    ),
    "security of one operation": (
        secured("bearer"),
        secured("bearer") | {"paths": {"/x": {"get": operation(security=[])}}},
        ["additive GET /x security: credentials: http bearer → none"],
    ),
    "security scheme renamed": (secured("k", k=KEY), secured("l", l=KEY), []),
    "security scheme that is undefined": (
        secured("k", k=KEY),
        secured("k"),
        ["breaking GET /x security: credentials: apiKey header X-Key → k"],
    ),
    "security scheme described": (
        secured("k", k=KEY),
        secured("k", k=KEY | {"description": "d"}),
        ["documentation components.securitySchemes.k: description added: d"],
    ),
    "parts by reference, a parameter on the path": (
        document(
            operation(parameters=[parameter("p")], requestBody=content(), **response()),
        ),
        document(
            paths={
                "/x": {
                    "get": {
                        "requestBody": {"$ref": "#/components/requestBodies/B"},
                        "responses": {"200": {"$ref": "#/components/responses/R"}},
                    },
                    "parameters": [{"$ref": "#/components/parameters/P"}],
                }
            },
            components={
                "parameters": {"P": parameter("p")},
                "requestBodies": {"B": content()},
                "responses": {"R": {"description": "ok"}},
            },
        ),
        [],
    ),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_change_above_the_schemas_is_told(name: str) -> None:
    old, new, expected = OPERATIONS[name]
    assert sorted(lines(old, new)) == expected


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
    renamed = json.loads(json.dumps(root).replace(f'"{key}"', f'"x-{key}"'))
    removed, _ = lines(root, renamed)
    assert removed.startswith(f"breaking {at}: not compared, but different: {key} removed")


def test_same_change_of_two_operations_is_told_of_each() -> None:
    def two(words: str) -> Json:
        get = operation(summary=words)
        return document(paths={"/x": {"get": get}, "/y": {"get": operation(summary=words)}})

    assert lines(two("a"), two("b")) == [
        "documentation GET /x: summary: a → b",
        "documentation GET /y: summary: a → b",
    ]
