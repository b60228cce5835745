"""scripts/spec_diff.py: every kind of change, in both directions, from every kind of document."""

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings, strategies as st

from spec_diff import (
    Change,
    SpecError,
    compare,
    exit_status,
    from_mapping,
    load,
    main,
    of_different_hands,
    render,
    verdict,
)

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "scripts" / "spec_diff.py"
FIXTURES = Path(__file__).parents[1] / "fixtures" / "spec_diff"

Json = dict[str, Any]
STRING: Json = {"type": "string"}
INTEGER: Json = {"type": "integer"}
NUMBER: Json = {"type": "number"}
NULL: Json = {"type": "null"}
STRINGS: Json = {"type": "array", "items": STRING}


def obj(*required: str, **fields: Any) -> Json:
    return {"type": "object", "properties": fields} | (
        {"required": [*required]} if required else {}
    )


def enum(*values: Any) -> Json:
    return {"type": "string", "enum": [*values]}


def open_enum(*values: Any) -> Json:
    return {"anyOf": [enum(*values), STRING]}


def spec(request: Any = None, response: Any = None, schemas: Json | None = None) -> Json:
    operation: Json = {"responses": {"200": {"description": "ok"}}}
    if request is not None:
        body = {"required": True, "content": {"application/json": {"schema": request}}}
        operation["requestBody"] = body
    if response is not None:
        operation["responses"]["200"]["content"] = {"application/json": {"schema": response}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/x": {"post": operation}},
        "components": {"schemas": schemas or {}},
    }


def lines(old: Json, new: Json, by_meaning: bool = False) -> list[str]:
    changes = compare(from_mapping(old), from_mapping(new), by_meaning)
    return [f"{one.severity} {one.location}: {one.message}" for one in changes]


def both_ways(old: Any, new: Any) -> tuple[list[str], list[str]]:
    """Compare two schemas as a request, and as a response."""
    return lines(spec(request=old), spec(request=new)), lines(spec(None, old), spec(None, new))


# --- schemas: (old, new, class in a request, class in a response, what is said) -------------------

B, A, D = "breaking", "additive", "documentation"
WIDER = [
    ("type list", STRING, {"type": ["string", "integer"]}, ": alternative added: integer"),
    ("array too", STRING, {"anyOf": [STRING, STRINGS]}, ": alternative added: array of string"),
    ("integer to number", INTEGER, NUMBER, ": type: integer → number"),
    ("anything", STRING, {}, ": type: string → any"),
    ("null by type", STRING, {"type": ["string", "null"]}, ": null: never null → may be null"),
    ("null by nullable", STRING, STRING | {"nullable": True}, ": null: never null → may be null"),
    ("null by anyOf", STRING, {"anyOf": [STRING, NULL]}, ": null: never null → may be null"),
    ("null by oneOf", STRING, {"oneOf": [NULL, STRING]}, ": null: never null → may be null"),
    ("null in enum", enum("a"), {"enum": ["a", None]}, ": null: never null → may be null"),
    ("maximum", NUMBER | {"maximum": 1}, NUMBER | {"maximum": 2}, ": upper bound: <= 1 → <= 2"),
    ("minimum", NUMBER | {"minimum": 1}, NUMBER | {"minimum": 0}, ": lower bound: >= 1 → >= 0"),
    ("no maximum", NUMBER | {"maximum": 1}, NUMBER, ": upper bound removed: <= 1"),
    (
        "exclusive as a number",
        NUMBER | {"exclusiveMinimum": 0},
        NUMBER | {"minimum": 0},
        ": lower bound: > 0 → >= 0",
    ),
    (
        "exclusive as a flag",
        NUMBER | {"maximum": 1, "exclusiveMaximum": True},
        NUMBER | {"maximum": 1},
        ": upper bound: < 1 → <= 1",
    ),
    ("minLength", STRING | {"minLength": 2}, STRING | {"minLength": 1}, ": minLength: 2 → 1"),
    ("maxLength", STRING | {"maxLength": 2}, STRING | {"maxLength": 3}, ": maxLength: 2 → 3"),
    ("minItems", STRINGS | {"minItems": 1}, STRINGS | {"minItems": 0}, ": minItems removed: 1"),
    ("maxItems", STRINGS | {"maxItems": 1}, STRINGS | {"maxItems": 2}, ": maxItems: 1 → 2"),
    ("unique", STRINGS | {"uniqueItems": True}, STRINGS, ": uniqueItems removed: true"),
    ("properties", obj() | {"maxProperties": 1}, obj(), ": maxProperties removed: 1"),
    ("pattern", STRING | {"pattern": "^a"}, STRING, ': pattern removed: ["^a"]'),
    ("format", STRING | {"format": "date"}, STRING, ": format removed: date"),
    ("multipleOf", INTEGER | {"multipleOf": 4}, INTEGER | {"multipleOf": 2}, ": multipleOf: 4 → 2"),
    ("items", STRINGS, {"type": "array"}, "[]: type: string → any"),
    ("enum to string", enum("a"), STRING, ': only these values removed: "a"'),
    ("enum opened", enum("a"), open_enum("a"), ": values: closed → open"),
    (
        "not",
        STRING | {"not": enum("a")},
        STRING,
        ': not removed: [{"enum": ["a"], "type": "string"}]',
    ),
    (
        "other fields of any type",
        obj() | {"additionalProperties": STRING},
        obj(),
        ".{*}: type: string → any",
    ),
    (
        "tuple",
        {"type": "array", "prefixItems": [STRING, INTEGER]},
        {"type": "array", "prefixItems": [STRING]},
        "[1]: position removed: integer",
    ),
    (
        "names by pattern",
        obj() | {"patternProperties": {"^x": STRING}},
        obj(),
        ".{/^x/}: pattern of names removed: string",
    ),
    (
        "one more variant",
        {"oneOf": [obj("t", t={"const": "a"}, x=STRING)]},
        {"oneOf": [obj("t", t={"const": "b"}), obj("t", t={"const": "a"}, x=STRING)]},
        ": alternative added: object (t)",
    ),
    (
        "through allOf",
        {"allOf": [obj(n=NUMBER | {"maximum": 1}), obj(n={"minimum": 0})]},
        obj(n=NUMBER | {"minimum": 0, "maximum": 2}),
        ".n: upper bound: <= 1 → <= 2",
    ),
    (
        "in the variant that is meant",
        {"oneOf": [obj("t", t={"const": "a"}, x=INTEGER), obj("t", t={"const": "b"})]},
        {"oneOf": [obj("t", t={"const": "b"}), obj("t", t={"const": "a"}, x=NUMBER)]},
        "<a>.x: type: integer → number",
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), [w[1:] for w in WIDER], ids=[w[0] for w in WIDER])
def test_more_values_break_readers_and_fewer_break_senders(old: Any, new: Any, said: str) -> None:
    assert both_ways(old, new) == (
        [f"additive POST /x request{said}"],
        [f"breaking POST /x response(200){said}"],
    )
    (narrowed,), (relieved,) = both_ways(new, old)
    assert narrowed.startswith(f"breaking POST /x request{said.split(':')[0]}")
    assert relieved.startswith(f"additive POST /x response(200){said.split(':')[0]}")


CHANGES = [
    (
        "new field",
        obj(),
        obj(f=STRING),
        A,
        ".f: optional field added: string",
        A,
        ".f: field added: string",
    ),
    (
        "new required field",
        obj(),
        obj("f", f=STRING),
        B,
        ".f: required field added: string",
        A,
        ".f: field added: string",
    ),
    (
        "field gone",
        obj(f=STRING),
        obj(),
        B,
        ".f: field removed: string",
        B,
        ".f: field removed: string",
    ),
    (
        "required",
        obj(f=STRING),
        obj("f", f=STRING),
        B,
        ".f: field: optional → required",
        A,
        ".f: field: optional → required",
    ),
    (
        "optional",
        obj("f", f=STRING),
        obj(f=STRING),
        A,
        ".f: field: required → optional",
        B,
        ".f: field: required → optional",
    ),
    (
        "required without being described",
        obj(),
        obj("f"),
        B,
        ".f: required field added: any",
        A,
        ".f: field added: any",
    ),
    (
        "odd name",
        obj(),
        obj(**{"a b": STRING}),
        A,
        '["a b"]: optional field added: string',
        A,
        '["a b"]: field added: string',
    ),
    (
        "nested",
        obj(a={"type": "array", "items": obj()}),
        obj(a={"type": "array", "items": obj(f=INTEGER)}),
        A,
        ".a[].f: optional field added: integer",
        A,
        ".a[].f: field added: integer",
    ),
    ("type", STRING, INTEGER, B, ": type: string → integer", B, ": type: string → integer"),
    (
        "items",
        STRINGS,
        {"type": "array", "items": INTEGER},
        B,
        "[]: type: string → integer",
        B,
        "[]: type: string → integer",
    ),
    (
        "pattern",
        STRING | {"pattern": "a"},
        STRING | {"pattern": "b"},
        B,
        ': pattern: ["a"] → ["b"]',
        B,
        ': pattern: ["a"] → ["b"]',
    ),
    (
        "format",
        STRING | {"format": "date"},
        STRING | {"format": "uri"},
        B,
        ": format: date → uri",
        B,
        ": format: date → uri",
    ),
    (
        "multipleOf",
        INTEGER | {"multipleOf": 2},
        INTEGER | {"multipleOf": 3},
        B,
        ": multipleOf: 2 → 3",
        B,
        ": multipleOf: 2 → 3",
    ),
    (
        "multipleOf that no number is",
        INTEGER | {"multipleOf": 0},
        INTEGER | {"multipleOf": 2},
        B,
        ": multipleOf: 0 → 2",
        B,
        ": multipleOf: 0 → 2",
    ),
    (
        "discriminator",
        obj() | {"discriminator": {"propertyName": "a"}},
        obj() | {"discriminator": {"propertyName": "b"}},
        B,
        ": discriminator: a → b",
        B,
        ": discriminator: a → b",
    ),
    (
        "new value, closed",
        enum("a"),
        enum("a", "b"),
        A,
        ': value added: "b"',
        B,
        ': value added: "b"',
    ),
    (
        "new value, open",
        open_enum("a"),
        open_enum("a", "b"),
        A,
        ': value added: "b"',
        A,
        ': value added: "b"',
    ),
    (
        "value gone, closed",
        enum("a", "b"),
        enum("a"),
        B,
        ': value removed: "b"',
        B,
        ': value removed: "b"',
    ),
    (
        "value gone, open",
        open_enum("a", "b"),
        open_enum("a"),
        B,
        ': value removed: "b"',
        B,
        ': value removed: "b"',
    ),
    (
        "const joins an enum",
        {"const": "a"},
        enum("a", "b"),
        A,
        ': value added: "b"',
        B,
        ': value added: "b"',
    ),
    (
        "known values named",
        STRING,
        open_enum("a"),
        A,
        ': known values added: "a"',
        A,
        ': known values added: "a"',
    ),
    (
        "default",
        STRING | {"default": "a"},
        STRING | {"default": "b"},
        B,
        ': default: "a" → "b"',
        D,
        ': default: "a" → "b"',
    ),
    (
        "default stated",
        STRING,
        STRING | {"default": "b"},
        A,
        ': default added: "b"',
        D,
        ': default added: "b"',
    ),
    (
        "default withdrawn",
        STRING | {"default": None},
        STRING,
        B,
        ": default removed: null",
        D,
        ": default removed: null",
    ),
    (
        "closed object",
        obj(),
        obj() | {"additionalProperties": False},
        B,
        ".{*}: other fields: allowed → forbidden",
        A,
        ".{*}: other fields: allowed → forbidden",
    ),
    (
        "opened object",
        obj() | {"additionalProperties": False},
        obj(),
        A,
        ".{*}: other fields: forbidden → allowed",
        A,
        ".{*}: other fields: forbidden → allowed",
    ),
    (
        "description",
        STRING,
        STRING | {"description": "x"},
        D,
        ": description added: x",
        D,
        ": description added: x",
    ),
    (
        "title",
        STRING | {"title": "x"},
        STRING | {"title": "y"},
        D,
        ": title: x → y",
        D,
        ": title: x → y",
    ),
    (
        "example",
        STRING | {"example": 0},
        STRING,
        D,
        ": example removed: 0",
        D,
        ": example removed: 0",
    ),
    (
        "examples",
        STRING,
        STRING | {"examples": ["x"]},
        D,
        ': examples added: ["x"]',
        D,
        ': examples added: ["x"]',
    ),
    (
        "deprecated",
        STRING,
        STRING | {"deprecated": True},
        D,
        ": deprecated added: true",
        D,
        ": deprecated added: true",
    ),
    (
        "extension",
        STRING | {"x-y": [1]},
        STRING | {"x-y": [2]},
        D,
        ": x-y: [1] → [2]",
        D,
        ": x-y: [1] → [2]",
    ),
    (
        "unknown keyword",
        STRING,
        STRING | {"maxLenght": 3},
        D,
        ": maxLenght added: 3",
        D,
        ": maxLenght added: 3",
    ),
    (
        "widest format",
        INTEGER,
        INTEGER | {"format": "int64"},
        D,
        ": format added: int64",
        D,
        ": format added: int64",
    ),
    (
        "deep description",
        {"anyOf": [enum("a") | {"description": "x"}, NULL]},
        {"anyOf": [enum("a") | {"description": "y"}, NULL]},
        D,
        ": description: x → y",
        D,
        ": description: x → y",
    ),
    (
        "read only",
        obj(f=STRING),
        obj(f=STRING | {"readOnly": True}),
        B,
        ".f: field removed: string",
        D,
        ".f: readOnly added: true",
    ),
    (
        "write only",
        obj(f=STRING),
        obj(f=STRING | {"writeOnly": True}),
        D,
        ".f: writeOnly added: true",
        B,
        ".f: field removed: string",
    ),
]


@pytest.mark.parametrize("row", CHANGES, ids=[row[0] for row in CHANGES])
def test_a_change_of_a_schema(row: tuple[Any, ...]) -> None:
    _, old, new, asked, request_text, answered, response_text = row
    assert both_ways(old, new) == (
        [f"{asked} POST /x request{request_text}"],
        [f"{answered} POST /x response(200){response_text}"],
    )


SAME: dict[str, list[Any]] = {
    "nullable in four ways": [
        {"type": ["string", "null"]},
        STRING | {"nullable": True},
        {"anyOf": [STRING, NULL]},
        {"oneOf": [NULL, STRING]},
    ],
    "open enum": [open_enum("a", "b"), {"anyOf": [STRING, enum("b", "a")]}],
    "enum and const": [enum("a"), {"const": "a"}, {"enum": ["a"]}, {"oneOf": [{"const": "a"}]}],
    "union of enums": [enum("a", "b"), {"oneOf": [{"const": "a"}, {"const": "b"}]}],
    "exclusive bounds": [
        NUMBER | {"minimum": 0, "exclusiveMinimum": True},
        NUMBER | {"exclusiveMinimum": 0},
        NUMBER | {"minimum": 0, "exclusiveMinimum": 0},
    ],
    "integer bounds": [INTEGER | {"exclusiveMinimum": 0}, INTEGER | {"minimum": 1}],
    "allOf": [
        obj("a", a=STRING, b=INTEGER),
        {"allOf": [obj(a=STRING), obj("a", b=INTEGER)]},
        {"allOf": [{"allOf": [obj(a=STRING, b=INTEGER)]}, {"required": ["a"]}]},
    ],
    "one type within another": [
        INTEGER,
        {"allOf": [NUMBER, INTEGER]},
        {"allOf": [INTEGER, NUMBER]},
    ],
    "words beside a union": [
        {"anyOf": [STRING, NULL], "description": "x"},
        {"type": ["string", "null"], "description": "x"},
    ],
    "order of variants": [
        {"oneOf": [obj(a=STRING), obj(a=INTEGER)]},
        {"oneOf": [obj(a=INTEGER), obj(a=STRING)]},
    ],
    "order of values in variants": [
        {"oneOf": [obj(t=enum("a", "b")), obj(t=enum("c"), x=STRING)]},
        {"oneOf": [obj(t=enum("c"), x=STRING), obj(t=enum("b", "a"))]},
    ],
    "anything goes": [{}, True, {"allOf": []}],
    "no limits": [STRINGS, STRINGS | {"minItems": 0, "uniqueItems": False}],
    "implied types": [obj(a=STRING), {"properties": {"a": STRING}}],
    "open object": [
        obj(),
        obj() | {"additionalProperties": True},
        obj() | {"additionalProperties": {}},
    ],
    "order": [{"type": ["string", "integer"]}, {"anyOf": [INTEGER, STRING]}],
    "equal numbers": [
        NUMBER | {"maximum": 1, "default": 1},
        NUMBER | {"maximum": 1.0, "default": 1.0},
    ],
}


@pytest.mark.parametrize("name", SAME)
def test_another_spelling_is_no_change(name: str) -> None:
    first, *others = SAME[name]
    for other in others:
        assert both_ways(first, other) == ([], [])
        assert both_ways(other, first) == ([], [])


# --- references ----------------------------------------------------------------------------------


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def test_a_component_is_judged_in_each_direction_in_which_it_is_used() -> None:
    old = spec(ref("E"), ref("E"), {"E": enum("a")})
    new = spec(ref("E"), ref("E"), {"E": enum("a", "b")})
    assert lines(old, new) == [
        'breaking POST /x response(200): value added: "b"',
        'additive POST /x request: value added: "b"',
    ]


def test_a_component_used_twice_is_one_change_at_two_places() -> None:
    old = spec(obj(a=ref("S"), b=ref("S"), c=obj(d=ref("S"))), schemas={"S": obj(t=obj())})
    new = spec(obj(a=ref("S"), b=ref("S"), c=obj(d=ref("S"))), schemas={"S": obj(t=obj(n=STRING))})
    (change,) = compare(from_mapping(old), from_mapping(new))
    assert change.location == "POST /x request.a.t.n"
    assert change.also == ("POST /x request.b.t.n", "POST /x request.c.d.t.n")


def test_what_the_field_says_of_itself_is_not_said_of_its_twin() -> None:
    schemas = {"S": obj()}
    old = spec(obj(a=ref("S"), b=ref("S")), schemas=schemas)
    new = spec(obj("a", a=ref("S"), b=ref("S")), schemas=schemas)
    (change,) = compare(from_mapping(old), from_mapping(new))
    assert (change.location, change.also) == ("POST /x request.a", ())


def test_a_place_is_not_inside_another_whose_name_it_begins_with() -> None:
    schemas = {"S": obj(s=STRING)}
    old = spec(obj(a=ref("S"), b=ref("S"), ab=obj()), schemas=schemas)
    new = spec(obj(a=ref("S"), b=ref("S"), ab=obj(x=STRING)), schemas=schemas)
    (change,) = compare(from_mapping(old), from_mapping(new))
    assert (change.location, change.also) == ("POST /x request.ab.x", ())


def test_cycles_end() -> None:
    tree = obj(value=STRING, children={"type": "array", "items": ref("Tree")}, parent=ref("Tree"))
    old = spec(ref("Tree"), schemas={"Tree": tree})
    assert lines(old, old) == []
    new = spec(ref("Tree"), schemas={"Tree": tree | {"required": ["value"]}})
    (change,) = compare(from_mapping(old), from_mapping(new))
    assert (change.location, change.also) == ("POST /x request.value", ())
    assert change.message == "field: optional → required"
    unions = spec(
        ref("A"), schemas={"A": {"anyOf": [ref("B"), STRING]}, "B": {"oneOf": [ref("A")]}}
    )
    assert lines(unions, spec(STRING)) == []
    looped = spec(ref("A"), schemas={"A": {"allOf": [ref("A"), obj(a=ref("A"))]}})
    assert lines(looped, looped) == []
    denied = spec(ref("A"), schemas={"A": STRING | {"not": obj(a=ref("A"))}})
    renamed = spec(ref("B"), schemas={"B": STRING | {"not": obj(a=ref("B"))}})
    assert lines(denied, renamed) == []


def test_depth_is_no_limit_and_the_shortest_way_is_told() -> None:
    chain = {f"S{n}": obj(a=ref(f"S{n + 1}"), b=ref("S599")) for n in range(599)}
    old = spec(ref("S0"), schemas=chain | {"S599": obj(x=NUMBER)})
    new = spec(ref("S0"), schemas=chain | {"S599": obj(x=INTEGER)})
    (change,) = compare(from_mapping(old), from_mapping(new))
    assert change.location == "POST /x request.b.x"
    assert change.also[0] == "POST /x request.a.b.x"


def test_a_cycle_may_be_unrolled_and_renamed() -> None:
    old = spec(ref("T"), schemas={"T": obj(next=ref("T"), x=STRING)})
    new = spec(
        obj(next=ref("U"), x=STRING),
        schemas={"U": obj(next=obj(next=ref("U"), x=STRING), x=STRING)},
    )
    assert lines(old, new) == []


def test_what_stands_beside_a_reference_counts() -> None:
    old = spec(obj(a=ref("S")), schemas={"S": STRING})
    new = spec(obj(a=ref("S") | {"maxLength": 3, "description": "x"}), schemas={"S": STRING})
    assert lines(old, new) == [
        "breaking POST /x request.a: maxLength added: 3",
        "documentation POST /x request.a: description added: x",
    ]


def test_openapi_3_0_ignores_what_stands_beside_a_reference() -> None:
    schemas = {"S": STRING}
    old = spec(obj(a=ref("S")), schemas=schemas) | {"openapi": "3.0.3"}
    new = spec(obj(a=ref("S") | {"maxLength": 3}), schemas=schemas) | {"openapi": "3.0.3"}
    assert lines(old, new) == []


def test_a_product_of_unions_without_end_is_refused() -> None:
    pair = [{"anyOf": [obj(**{f"a{i}": STRING}), obj(**{f"b{i}": STRING})]} for i in range(13)]
    document = from_mapping(spec({"allOf": pair}), "vast.yaml")
    with pytest.raises(SpecError, match=r"vast\.yaml: too many alternatives"):
        compare(document, document)


def pets(mapping: Json | None, **more: Any) -> Json:
    about = {"propertyName": "kind"} | ({} if mapping is None else {"mapping": mapping})
    base = obj("kind", kind=STRING) | {"discriminator": about}
    parts = {name: {"allOf": [ref("Pet"), one]} for name, one in more.items()}
    return {"Pet": base, **parts}


def union(mapping: Json, **more: Any) -> Json:
    branches = [ref(name) for name in more]
    return spec(
        {"oneOf": branches, "discriminator": {"propertyName": "kind", "mapping": mapping}},
        {"oneOf": branches, "discriminator": {"propertyName": "kind", "mapping": mapping}},
        more,
    )


def test_what_the_values_of_a_discriminator_stand_for() -> None:
    kinds = {"Cat": obj(kind=STRING, c=STRING), "Dog": obj(kind=STRING, d=STRING)}
    old = union({"cat": "#/components/schemas/Cat", "dog": "Dog"}, **kinds)
    more = union({"cat": "Cat", "dog": "Dog", "pup": "Dog"}, **kinds)
    assert lines(old, more) == [
        "breaking POST /x response(200): discriminator value added: pup",
        "additive POST /x request: discriminator value added: pup",
    ]
    assert lines(more, old) == [
        "breaking POST /x request: discriminator value removed: pup",
        "breaking POST /x response(200): discriminator value removed: pup",
    ]
    assert lines(old, union({"cat": "Dog", "dog": "Dog"}, **kinds)) == [
        "breaking POST /x request: discriminator value cat: Cat → Dog",
        "breaking POST /x response(200): discriminator value cat: Cat → Dog",
    ]
    nowhere = union({"cat": "Nowhere", "dog": "Dog"}, **kinds)
    assert (
        lines(nowhere, old)[0] == "breaking POST /x request: discriminator value cat: Nowhere → Cat"
    )
    # Another name for the same is no change.
    renamed = union({"cat": "Tom", "dog": "Dog"}, Tom=kinds["Cat"], Dog=kinds["Dog"])
    assert lines(old, renamed) == []


@pytest.mark.parametrize("mapping", [None, {"cat": "#/components/schemas/Cat"}])
def test_subtypes_that_only_a_discriminator_leads_to(mapping: Json | None) -> None:
    value = "cat" if mapping else "Cat"
    old = spec(None, ref("Pet"), pets(mapping, Cat=obj(c=STRING)))
    new = spec(None, ref("Pet"), pets(mapping, Cat=obj(c=INTEGER)))
    assert lines(old, new) == [f"breaking POST /x response(200)<{value}>.c: type: string → integer"]
    dog = spec(None, ref("Pet"), pets(mapping, Cat=obj(c=STRING), Dog=obj(d=STRING)))
    (added,) = lines(old, dog)
    assert added == "breaking POST /x response(200): alternative added: object (kind, d)"
    # Whoever returns a Cat returns no other pet.
    old, new = (spec(None, ref("Cat"), one["components"]["schemas"]) for one in (old, dog))
    assert not [line for line in lines(old, new) if not line.startswith("documentation")]


def test_opaque_keywords_are_compared_without_names_and_words() -> None:
    old = spec(STRING | {"not": ref("A")}, schemas={"A": enum("a")})
    new = spec(STRING | {"not": ref("B")}, schemas={"B": enum("a") | {"description": "x"}})
    assert lines(old, new) == []


def test_components_that_no_operation_reaches_are_documentation() -> None:
    old = spec(schemas={"Kept": obj(f=ref("Below"), g=STRING), "Below": STRING, "Gone": STRING})
    new = spec(schemas={"Kept": obj("f", f=ref("Below")), "Below": INTEGER, "Come": STRING})
    assert lines(old, new) == [
        "documentation components.schemas.Below: type: string → integer",
        "documentation components.schemas.Come: unused component added: Come",
        "documentation components.schemas.Gone: unused component removed: Gone",
        "documentation components.schemas.Kept.f: field: optional → required",
        "documentation components.schemas.Kept.g: field removed: string",
    ]


# --- operations ----------------------------------------------------------------------------------


def operation(**more: Any) -> Json:
    return {"responses": {"200": {"description": "ok"}}} | more


def paths(raw: Json | None = None, **more: Any) -> Json:
    return {
        "openapi": "3.1.0",
        "info": {"title": "T"},
        "paths": {"/x": {"get": raw or operation()}},
    } | more


def parameter(name: str = "p", where: str = "query", **more: Any) -> Json:
    return operation(parameters=[{"name": name, "in": where, "schema": STRING} | more])


def response(code: str = "200", **more: Any) -> Json:
    return {"responses": {code: {"description": "ok"} | more}}


def media(*names: str, way: str = "response") -> Json:
    content: Json = {"content": {name: {"schema": STRING} for name in names}}
    return response(**content) if way == "response" else operation(requestBody=content)


def sent(request: Json, *answers: str) -> Json:
    """An operation that sends a request and takes one of the answers, as a `oneOf` of constants."""
    body = {"application/json": {"schema": request}}
    return response(content={"application/json": {"schema": enum(*answers)}}) | {
        "requestBody": {"content": body}
    }


def secured(*names: str, **schemes: Json) -> Json:
    known = {"bearer": {"type": "http", "scheme": "Bearer"}} | schemes
    security: list[Any] = [{name: []} for name in names if name]
    security += [{}] * ("" in names)
    return paths(security=security, components={"securitySchemes": known})


KEY: Json = {"type": "apiKey", "in": "header", "name": "X-Key"}
OPERATIONS: dict[str, tuple[Json, Json, list[str]]] = {
    "path": (
        paths(),
        paths() | {"paths": {"/y": {"get": operation(summary="Why")}}},
        [
            "breaking GET /x: operation removed: without a summary",
            "additive GET /y: operation added: Why",
        ],
    ),
    "method": (
        paths(),
        paths() | {"paths": {"/x": {"get": operation(), "post": operation(operationId="do")}}},
        ["additive POST /x: operation added: do"],
    ),
    "operationId": (
        paths(operation(operationId="a")),
        paths(operation(operationId="b")),
        ['breaking GET /x: operationId: "a" → "b"'],
    ),
    "operationId given": (
        paths(),
        paths(operation(operationId="b")),
        ['additive GET /x: operationId added: "b"'],
    ),
    "words on an operation": (
        paths(operation(summary="a", description="b", tags=["t"])),
        paths(operation(summary="c", deprecated=True, **{"x-y": 1})),
        [
            "documentation GET /x: deprecated added: true",
            "documentation GET /x: description removed: b",
            "documentation GET /x: summary: a → c",
            'documentation GET /x: tags removed: ["t"]',
            "documentation GET /x: x-y added: 1",
        ],
    ),
    "words on the document": (
        paths(),
        paths(openapi="3.0.3", info={"title": "U", "version": "2"}),
        [
            "documentation document: title: T → U",
            "documentation document: version added: 2",
            'documentation document: openapi: "3.1.0" → "3.0.3"',
        ],
    ),
    "callbacks": (
        paths(operation(callbacks={"done": {"{$url}": {"post": sent(obj(a=STRING), "a")}}})),
        paths(operation(callbacks={"done": {"{$url}": {"post": sent(obj(), "a", "b")}}})),
        [
            "breaking GET /x callback done POST {$url} request.a: field removed: string",
            'additive GET /x callback done POST {$url} response(200): value added: "b"',
        ],
    ),
    "webhooks": (
        paths(webhooks={"w": {"post": sent(obj("a", a=NUMBER), "a", "b")}}),
        paths(webhooks={"w": {"post": sent(obj(a=INTEGER), "a")}, "v": {"get": operation()}}),
        [
            "breaking webhook POST w request.a: field: required → optional",
            'breaking webhook POST w response(200): value removed: "b"',
            "additive webhook POST w request.a: type: number → integer",
            "additive webhook GET v: operation added: without a summary",
        ],
    ),
    "optional parameter": (
        paths(),
        paths(parameter()),
        ["additive GET /x request.query(p): optional parameter added: string"],
    ),
    "required parameter": (
        paths(),
        paths(parameter(required=True)),
        ["breaking GET /x request.query(p): required parameter added: string"],
    ),
    "parameter gone": (
        paths(parameter(where="cookie")),
        paths(),
        ["breaking GET /x request.cookie(p): parameter removed: string"],
    ),
    "parameter required": (
        paths(parameter()),
        paths(parameter(required=True)),
        ["breaking GET /x request.query(p): parameter: optional → required"],
    ),
    "parameter optional": (
        paths(parameter(required=True)),
        paths(parameter()),
        ["additive GET /x request.query(p): parameter: required → optional"],
    ),
    "parameter narrower": (
        paths(parameter()),
        paths(parameter(schema=enum("a"))),
        ['breaking GET /x request.query(p): only these values added: "a"'],
    ),
    "parameter in content": (
        paths(parameter()),
        paths(
            operation(
                parameters=[
                    {
                        "name": "p",
                        "in": "query",
                        "content": {"application/json": {"schema": INTEGER}},
                    }
                ]
            )
        ),
        ["breaking GET /x request.query(p): type: string → integer"],
    ),
    "parameter spelled otherwise": (
        paths(parameter()),
        paths(parameter(explode=False)),
        ["breaking GET /x request.query(p): explode: true → false"],
    ),
    "parameter described": (
        paths(parameter()),
        paths(parameter(description="d")),
        ["documentation GET /x request.query(p): description added: d"],
    ),
    "parameter default style": (
        paths(parameter()),
        paths(parameter(style="form", explode=True)),
        [],
    ),
    "header in other case": (
        paths(parameter("X-A", "header")),
        paths(parameter("x-a", "header")),
        [],
    ),
    "headers OpenAPI ignores": (
        paths(),
        paths(parameter("Content-Type", "header", required=True)),
        [],
    ),
    "parameter moved up to the path": (
        paths(parameter()),
        paths() | {"paths": {"/x": {"get": operation(), "parameters": parameter()["parameters"]}}},
        [],
    ),
    "path parameter renamed": (
        paths() | {"paths": {"/x/{a}": {"get": parameter("a", "path", required=True)}}},
        paths() | {"paths": {"/x/{b}": {"get": parameter("b", "path", required=True)}}},
        ['documentation GET /x/{a} request.path(a): name: "a" → "b"'],
    ),
    "path parameter's type": (
        paths() | {"paths": {"/x/{a}": {"get": parameter("a", "path", required=True)}}},
        paths()
        | {"paths": {"/x/{a}": {"get": parameter("a", "path", required=True, schema=INTEGER)}}},
        ["breaking GET /x/{a} request.path(a): type: string → integer"],
    ),
    "optional body": (
        paths(),
        paths(media("application/json", way="request")),
        ["additive GET /x request: optional body added: string"],
    ),
    "required body": (
        paths(media("application/json", way="request")),
        paths(
            operation(
                requestBody=media("application/json", way="request")["requestBody"]
                | {"required": True}
            )
        ),
        ["breaking GET /x request: body: optional → required"],
    ),
    "body gone": (
        paths(media("application/json", way="request")),
        paths(),
        ["breaking GET /x request: body removed: string"],
    ),
    "request media type": (
        paths(media("application/json", way="request")),
        paths(media("application/json", "multipart/form-data", way="request")),
        ["additive GET /x request(multipart/form-data): media type added: multipart/form-data"],
    ),
    "response media types": (
        paths(media("application/json", "text/event-stream")),
        paths(media("application/json", "text/plain")),
        [
            "breaking GET /x response(200, text/event-stream):"
            " media type removed: text/event-stream",
            "additive GET /x response(200, text/plain): media type added: text/plain",
        ],
    ),
    "schema of another media type": (
        paths(response(content={"text/event-stream": {"schema": obj(a=STRING)}})),
        paths(response(content={"text/event-stream": {"schema": obj()}})),
        ["breaking GET /x response(200, text/event-stream).a: field removed: string"],
    ),
    "example of a media type": (
        paths(response(content={"application/json": {"example": 1}})),
        paths(response(content={"application/json": {"example": 2}})),
        ["documentation GET /x response(200): example: 1 → 2"],
    ),
    "character set": (
        paths(media("application/json")),
        paths(media("Application/JSON; charset=utf-8")),
        [],
    ),
    "encoding": (
        paths(response(content={"multipart/form-data": {"encoding": {"a": {"contentType": "b"}}}})),
        paths(response(content={"multipart/form-data": {"encoding": {"a": {"contentType": "c"}}}})),
        [
            "breaking GET /x response(200, multipart/form-data): encoding:"
            ' {"a": {"contentType": "b"}} → {"a": {"contentType": "c"}}'
        ],
    ),
    "response codes": (
        paths(response("200") | {}),
        paths(response("4XX", description="bad")),
        [
            "breaking GET /x response(200): response removed: ok",
            "additive GET /x response(4xx): response added: bad",
        ],
    ),
    "response described": (
        paths(response()),
        paths(response(description="fine", links={"l": {}})),
        [
            "documentation GET /x response(200): description: ok → fine",
            'documentation GET /x response(200): links added: {"l": {}}',
        ],
    ),
    "response header": (
        paths(
            response(
                headers={"A": {"schema": STRING}, "B": {"schema": STRING}, "C": {"required": True}}
            )
        ),
        paths(response(headers={"b": {"schema": INTEGER}, "c": {}, "d": {"required": True}})),
        [
            "breaking GET /x response(200).header(a): header removed: string",
            "breaking GET /x response(200).header(b): type: string → integer",
            "breaking GET /x response(200).header(c): header: required → optional",
            "additive GET /x response(200).header(d): header added: any",
        ],
    ),
    "servers": (
        paths(servers=[{"url": "https://a/"}, {"url": "https://b", "description": "x"}]),
        paths(servers=[{"url": "https://b"}, {"url": "https://c"}]),
        [
            "breaking servers: server removed: https://a",
            "additive servers: server added: https://c",
            "documentation servers https://b: description removed: x",
        ],
    ),
    "default server": (
        paths(servers=[{"url": "https://a"}, {"url": "https://b"}]),
        paths(servers=[{"url": "https://b"}, {"url": "https://a"}]),
        ["breaking servers: default server: https://a → https://b"],
    ),
    "server variables": (
        paths(servers=[{"url": "https://{r}", "variables": {"r": {"default": "a"}}}]),
        paths(servers=[{"url": "https://{r}", "variables": {"r": {"default": "b"}}}]),
        [
            "breaking servers https://{r}: variables:"
            ' {"r": {"default": "a"}} → {"r": {"default": "b"}}'
        ],
    ),
    "an operation's own server": (
        paths(operation(servers=[{"url": "https://a"}])),
        paths(operation(servers=[{"url": "https://b"}])),
        [
            "breaking GET /x servers: server removed: https://a",
            "additive GET /x servers: server added: https://b",
        ],
    ),
    "closed": (
        secured(),
        secured("bearer"),
        ["breaking GET /x security: credentials: none → http bearer"],
    ),
    "opened": (
        secured("bearer"),
        secured("bearer", ""),
        ["additive GET /x security: credentials: http bearer → http bearer or none"],
    ),
    "another way in": (
        secured("bearer", k=KEY),
        secured("bearer", "k", k=KEY),
        ["additive GET /x security: credentials: http bearer → header X-Key or http bearer"],
    ),
    "one way in less": (
        secured("bearer", "k", k=KEY),
        secured("k", k=KEY),
        ["breaking GET /x security: credentials: header X-Key or http bearer → header X-Key"],
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
    "more scopes": (
        paths(
            security=[{"o": []}],
            components={"securitySchemes": {"o": {"type": "oauth2", "flows": {}}}},
        ),
        paths(
            security=[{"o": ["w"]}],
            components={"securitySchemes": {"o": {"type": "oauth2", "flows": {}}}},
        ),
        ["breaking GET /x security: credentials: oauth2 → oauth2 + oauth2 scope w"],
    ),
    "an operation's own security": (
        secured("bearer"),
        secured("bearer") | {"paths": {"/x": {"get": operation(security=[])}}},
        ["additive GET /x security: credentials: http bearer → none"],
    ),
    "path by reference": (
        paths() | {"paths": {"/x": {"get": parameter()}, "/y": {"get": parameter()}}},
        paths() | {"paths": {"/x": {"get": parameter()}, "/y": {"$ref": "#/paths/~1x"}}},
        [],
    ),
    "parts by reference": (
        paths(
            operation(
                parameters=[{"name": "p", "in": "query"}],
                requestBody={"content": {}},
                responses={"200": {"description": "ok"}},
            )
        ),
        paths(
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
    assert lines(old, new) == expected


def test_one_change_of_security_is_one_line_for_all_operations() -> None:
    two = {"paths": {"/x": {"get": operation()}, "/y": {"get": operation()}}}
    (change,) = compare(from_mapping(secured() | two), from_mapping(secured("bearer") | two))
    assert (change.location, change.also) == ("GET /x security", ("GET /y security",))


# --- properties ----------------------------------------------------------------------------------

SCALARS = st.one_of(
    st.sampled_from([STRING, INTEGER, NUMBER, {"type": "boolean"}, {}, {"const": "a"}]),
    st.builds(
        lambda kind, bounds: {"type": kind} | bounds,
        st.sampled_from(["number", "integer"]),
        st.dictionaries(
            st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]),
            st.sampled_from([0, 1, 2, 0.5]),
        ),
    ),
    st.builds(
        lambda sizes: STRING | sizes,
        st.dictionaries(st.sampled_from(["minLength", "maxLength"]), st.integers(0, 3)),
    ),
    st.builds(
        lambda values: {"enum": values},
        st.lists(st.sampled_from(["a", "b", 1, 2, None]), min_size=1, unique=True),
    ),
    st.builds(open_enum, st.sampled_from(["a", "b"])),
)


def _larger(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    fields = st.dictionaries(st.sampled_from("fgh"), inner, max_size=2)
    return st.one_of(
        st.builds(
            lambda items, most: {"type": "array", "items": items, "maxItems": most},
            inner,
            st.integers(1, 2),
        ),
        st.builds(
            lambda found, needed: obj(*(name for name in found if name in needed), **found),
            fields,
            st.sets(st.sampled_from("fgh")),
        ),
        st.builds(lambda one: {"anyOf": [one, NULL]}, inner),
        st.builds(lambda one: {"anyOf": [one, {"type": "boolean"}]}, inner),
    )


SCHEMAS = st.recursive(SCALARS, _larger, max_leaves=5)
EDITS: list[Json] = [
    *({"minimum": n} for n in (0, 1)),
    *({"maximum": n} for n in (1, 2)),
    *({"exclusiveMinimum": 0}, {"exclusiveMaximum": 2}, {"minLength": 1}, {"maxLength": 2}),
    *({"maxItems": 1}, {"minItems": 1}, {"uniqueItems": True}, {"required": ["f"]}),
    *({"type": "number"}, {"type": "integer"}, {"type": ["integer", "null"]}, {"enum": ["a", 1]}),
]


@st.composite
def edited(draw: st.DrawFn, schema: Any) -> Any:
    """A schema much like another one: a keyword more or less, here and there."""
    if not isinstance(schema, dict):
        return schema
    found: Json = {}
    for key, value in schema.items():
        if key == "properties":
            found[key] = {name: draw(edited(one)) for name, one in value.items()}
            if draw(st.integers(0, 5)) == 0:
                found[key] |= {"h": draw(SCALARS)}
        elif key == "anyOf":
            found[key] = [draw(edited(one)) for one in value]
        else:
            found[key] = draw(edited(value))
    edit = draw(st.integers(0, 11))
    extra = [key for key in found if key not in ("type", "properties")]
    if edit == 0 and extra:
        del found[draw(st.sampled_from(extra))]
    elif edit == 1 and "type" in found:  # without one, a bound would imply it
        found |= draw(st.sampled_from(EDITS))
    elif edit == 2:
        found = {"anyOf": [found, draw(SCALARS)]}
    return found


PAIRS = SCHEMAS.flatmap(lambda schema: st.tuples(st.just(schema), edited(schema)))
VALUES: list[Any] = [None, True, -1, 0, 0.5, 1, 1.5, 2, 3, "", "a", "b", "abc", "abcd"]
VALUES += [[], ["a"], [1], [None], ["a", "a"], [True, 2], {}]
VALUES += [{name: value} for name in "fgh" for value in VALUES]
VALUES += [{"f": a, "g": b} for a in (None, 1, "a") for b in (None, 1, "a")]


def known_only(value: Any, schema: Json) -> bool:
    """Whether a value has no field that the schema leaves open to anything."""
    branches = [known_only(value, one) for one in schema.get("anyOf", [])]
    if branches:
        return any(branches)
    if isinstance(value, list) and "items" in schema:
        return all(known_only(item, schema["items"]) for item in value)
    if isinstance(value, dict) and "properties" in schema:
        fields = schema["properties"]
        return value.keys() <= fields.keys() and all(known_only(value[k], fields[k]) for k in value)
    return not isinstance(value, dict)


@settings(max_examples=100, deadline=None)
@given(PAIRS)
def test_what_a_compatible_request_took_it_still_takes(pair: tuple[Json, Json]) -> None:
    old, new = pair
    changes = compare(from_mapping(spec(request=old)), from_mapping(spec(request=new)))
    if verdict(changes) == "breaking":
        return
    before, after = (jsonschema.Draft202012Validator(schema) for schema in (old, new))
    for value in VALUES:
        if before.is_valid(value) and known_only(value, old):
            assert after.is_valid(value), (value, changes)


@settings(max_examples=100, deadline=None)
@given(PAIRS)
def test_what_a_compatible_response_gives_was_expected(pair: tuple[Json, Json]) -> None:
    old, new = pair
    changes = compare(from_mapping(spec(None, old)), from_mapping(spec(None, new)))
    if any(
        change.severity == "breaking" or change.what in ("value", "known values")
        for change in changes
    ):
        return  # new values of an open enum: the reader was told that there are others
    before, after = (jsonschema.Draft202012Validator(schema) for schema in (old, new))
    for value in VALUES:
        if after.is_valid(value) and known_only(value, old):
            assert before.is_valid(value), (value, changes)


@settings(max_examples=40, deadline=None)
@given(SCHEMAS)
def test_nothing_changed_is_no_change(schema: Json) -> None:
    for by_meaning in (False, True):
        assert lines(spec(schema, schema), spec(schema, copy.deepcopy(schema)), by_meaning) == []


@settings(max_examples=40, deadline=None)
@given(SCHEMAS, st.randoms())
def test_naming_and_moving_schemas_is_no_change(schema: Json, random: Any) -> None:
    named: Json = {}

    def outlined(node: Any) -> Any:
        if isinstance(node, list):
            return [outlined(item) for item in node]
        if not isinstance(node, dict):
            return node
        found = {
            key: {name: outlined(one) for name, one in value.items()}
            if key == "properties"
            else value
            if key in ("enum", "const", "required")
            else outlined(value)
            for key, value in node.items()
        }
        if random.random() < 0.6:
            name = f"S{len(named)}"
            named[name] = found
            return ref(name) if random.random() < 0.8 else {"allOf": [ref(name)]}
        return found

    other = outlined(schema)
    assert lines(spec(schema, schema), spec(other, other, named)) == []
    assert lines(spec(other, other, named), spec(schema, schema)) == []


@settings(max_examples=100, deadline=None)
@given(PAIRS)
def test_there_and_back_are_the_same_places(pair: tuple[Json, Json]) -> None:
    old, new = pair
    there = compare(from_mapping(spec(old, old)), from_mapping(spec(new, new)))
    back = compare(from_mapping(spec(new, new)), from_mapping(spec(old, old)))
    assert bool(there) == bool(back)
    mirror = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {(c.location, mirror[c.kind], c.old, c.new) for c in there} == {
        (c.location, c.kind, c.new, c.old) for c in back
    }


# --- by meaning ----------------------------------------------------------------------------------


def report(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, list[str]]:
    status = main([str(one) for one in argv])
    return status, capsys.readouterr().out.splitlines()


def test_a_vendor_document_that_says_the_same_has_notes_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, found = report(capsys, FIXTURES / "ours.yaml", FIXTURES / "vendor-same.json")
    assert status == 0
    assert [line for line in found[1:-1] if not line.startswith("note: ")] == []
    assert found[-1] == "5 note"
    strict = report(capsys, FIXTURES / "ours.yaml", FIXTURES / "vendor-same.json", "--no-vendor")
    assert strict[0] == 5


def test_a_vendor_page(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FIXTURES)
    status, found = report(capsys, "ours.yaml", "vendor-page.md")
    assert status == 5
    post = "POST /v1/chat"
    assert found == [
        "ours.yaml and vendor-page.md, compared by meaning:",
        f"only in vendor-page.md: {post} request.user required field: string",
        f'only in vendor-page.md: {post} request.model value: "m-3"',
        f"only in vendor-page.md: {post} request.messages[].content alternative: array of object",
        f"only in vendor-page.md: {post} response(200).usage.cached_tokens field: integer",
        f'only in vendor-page.md: {post} response(200).choices[].finish_reason value: "tool_calls"',
        f"only in vendor-page.md: {post} response(200).choices[].message.content"
        " alternative: array of object",
        f"only in vendor-page.md: {post} response(429) response: Too many requests.",
        f'only in ours.yaml: {post} request.model value: "m-1"',
        f"only in ours.yaml: {post} response(200).sensitive_type field: integer (1, 2, …)",
        f"only in ours.yaml: {post} response(200, text/event-stream) media type: text/event-stream",
        f"differs: {post} request.temperature upper bound: <= 1 → <= 2",
        f"differs: {post} request.stream default: false → true",
        f"differs: {post} response(200).usage.total_tokens type: integer → string",
        f"note: {post} request.model values: open → closed",
        f"note: {post} request.messages[].role values: open → closed",
        f"note: {post} response(200).choices[].finish_reason values: open → closed",
        f"note: {post} response(200).choices[].message.role values: open → closed",
        "7 only in vendor-page.md, 3 only in ours.yaml, 3 differs, 4 note",
    ]


def test_a_page_of_fragments() -> None:
    page = load(str(FIXTURES / "vendor-fragments.md"))
    found = compare(load(str(FIXTURES / "ours.yaml")), page, by_meaning=True)
    told = {(change.location, change.kind, change.what) for change in found}
    assert ("GET /v1/models", "added", "operation") in told
    assert ("POST /v1/chat request.temperature", "removed", "field") in told
    assert ("POST /v1/chat request.model", "changed", "field") in told
    assert not [one for one in told if "servers" in one[0] or "security" in one[0]]


def test_the_same_endpoint_at_another_address_is_still_compared() -> None:
    old, new = spec(obj(a=STRING)), spec(obj(b=STRING))
    new["paths"] = {"/y": new["paths"]["/x"]}
    assert lines(old, new, by_meaning=True) == [
        "breaking POST /x: path: /x → /y",
        "breaking POST /x request.a: field removed: string",
        "additive POST /x request.b: optional field added: string",
    ]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("取值范围 (0, 1]", "> 0", "<= 1"),
        ("影响输出随机性，取值范围（0，1］，模型默认值为 1.0", "> 0", "<= 1"),
        ("Range: (0, 1]. Higher is more random (recommended range [0.8, 1.0]).", "> 0", "<= 1"),
        ("Must be in the range `[0, 2]`", ">= 0", "<= 2"),
        ("必填范围: 0 < x <= 1", "> 0", "<= 1"),
        ("必填范围: x >= 1", ">= 1", None),
        ("Number between -2.0 and 2.0.", ">= -2", "<= 2"),
        ("x ≤ 5", None, "<= 5"),
        ("取值范围 0~1", ">= 0", "<= 1"),
        ("推荐范围 [0.8, 1.0]", None, None),
        ("the pair (0, 1), for example", None, None),
        ("(0, 1] with m-1, (0, 1.5] with m-2", "> 0", None),
        ("上限为 2048", None, None),
    ],
)
def test_bounds_in_words(text: str, low: str | None, high: str | None) -> None:
    changes = compare(
        from_mapping(spec(NUMBER)), from_mapping(spec(NUMBER | {"description": text})), True
    )
    found = {change.what: change.new for change in changes}
    assert found.get("lower bound") == low
    assert found.get("upper bound") == high


def test_keywords_win_over_words() -> None:
    field = NUMBER | {"description": "Range (0, 1]. Default 2.", "maximum": 5, "default": 3}
    same = NUMBER | {"exclusiveMinimum": 0, "maximum": 5, "default": 3}
    assert lines(spec(field), spec(same), by_meaning=True) == []


def test_values_in_words() -> None:
    text = "One of: 1 severe; `2` other. 10 is not meant by 1"
    old, new = {"type": "integer", "enum": [1, 2, 3]}, INTEGER | {"description": text}
    assert lines(spec(old), spec(new), by_meaning=True) == [
        "breaking POST /x request: value removed: 3",
        "documentation POST /x request: values: closed → in words",
    ]
    assert lines(spec(new), spec(old), by_meaning=True)[0].endswith("value added: 3")


def test_a_null_that_only_the_type_or_only_the_enum_names_was_meant() -> None:
    for half in ({"type": ["string", "null"], "enum": ["a"]}, enum("a", None)):
        meant = {"anyOf": [enum("a"), NULL]}
        assert lines(spec(half), spec(meant), by_meaning=True) == []
        assert lines(spec(half), spec(meant)) == [
            "additive POST /x request: null: never null → may be null"
        ]


def test_real_differences_in_null_and_requirement_of_requests_are_told() -> None:
    old, new = obj("a", a=STRING), obj(a=STRING | {"nullable": True})
    assert lines(spec(old), spec(new), by_meaning=True) == [
        "additive POST /x request.a: field: required → optional",
        "additive POST /x request.a: null: never null → may be null",
    ]
    assert lines(spec(None, old), spec(None, new), by_meaning=True) == []


def test_who_wrote_a_document_is_guessed_from_the_document(tmp_path: Path) -> None:
    ours = load(str(FIXTURES / "ours.yaml"))
    assert not of_different_hands(ours, ours)
    assert of_different_hands(ours, load(str(FIXTURES / "vendor-page.md")))
    assert of_different_hands(ours, load(str(FIXTURES / "vendor-same.json")))
    mine, other = spec(schemas={"A": STRING}), spec(schemas={"B": STRING})
    assert of_different_hands(from_mapping(mine), from_mapping(other))
    assert not of_different_hands(from_mapping(mine), from_mapping(mine | {"x-a": 1}))


# --- the command ---------------------------------------------------------------------------------


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.chdir(tmp_path)

    def put(name: str, content: Json | str | bytes) -> str:
        if isinstance(content, bytes):
            Path(name).write_bytes(content)
        else:
            text = content if isinstance(content, str) else yaml.safe_dump(content)
            Path(name).write_text(text, encoding="utf-8")
        return name

    return put


REVISIONS = {
    "documentation": obj(a=STRING | {"description": "x"}),
    "additive": obj(a=STRING | {"description": "x"}, b=STRING),
    "breaking": obj(b=STRING),
}


@pytest.mark.parametrize(
    ("fail_on", "expected"),
    [
        ("additive", (0, 0, 4, 5)),
        ("breaking", (0, 0, 0, 5)),
        ("any", (0, 3, 4, 5)),
        ("never", (0, 0, 0, 0)),
    ],
)
def test_exit_status(write: Callable[..., str], fail_on: str, expected: tuple[int, ...]) -> None:
    old = write("old.yaml", spec(obj(a=STRING)))
    statuses = [main([old, old, "--fail-on", fail_on])]
    for schema in REVISIONS.values():
        statuses.append(main([old, write("new.yaml", spec(schema)), "--fail-on", fail_on]))
    assert tuple(statuses) == expected
    if fail_on == "additive":
        assert main([old, write("new.yaml", spec(REVISIONS["breaking"]))]) == 5


def test_verdicts() -> None:
    old = from_mapping(spec(obj(a=STRING)))
    found = {name: compare(old, from_mapping(spec(new))) for name, new in REVISIONS.items()}
    assert {name: verdict(changes) for name, changes in found.items()} == {k: k for k in found}
    assert verdict([]) is None
    assert exit_status([]) == 0


def test_text(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    old, new = write("old.yaml", spec(obj(a=STRING))), write("new.yaml", spec(obj(b=STRING)))
    assert report(capsys, old, new)[1] == [
        "breaking: POST /x request.a field removed: string",
        "additive: POST /x request.b optional field added: string",
        "1 breaking, 1 additive",
    ]
    assert report(capsys, old, old)[1] == ["no change"]


def test_markdown(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    old, new = write("old.yaml", spec(obj(a=STRING))), write("new.yaml", spec(obj(b=STRING)))
    assert report(capsys, old, new, "--format", "markdown")[1] == [
        "### Breaking",
        "",
        "- `POST /x request.a` field removed: string",
        "",
        "### Additive",
        "",
        "- `POST /x request.b` optional field added: string",
    ]
    assert report(capsys, old, old, "--format", "markdown")[1] == ["No change of the contract."]


def test_json(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    shared = obj(m=ref("S"), n=ref("S"))
    old = write("old.yaml", spec(shared, schemas={"S": obj(o=NUMBER | {"maximum": 1})}))
    new = write("new.yaml", spec(shared, schemas={"S": obj(o=NUMBER | {"maximum": 2})}))
    assert main([old, new, "--format", "json"]) == 4
    assert json.loads(capsys.readouterr().out) == {
        "old": "old.yaml",
        "new": "new.yaml",
        "by_meaning": False,
        "verdict": "additive",
        "counts": {"breaking": 0, "additive": 1, "documentation": 0},
        "changes": [
            {
                "class": "additive",
                "kind": "changed",
                "direction": "request",
                "location": "POST /x request.m.o",
                "also": ["POST /x request.n.o"],
                "message": "upper bound: <= 1 → <= 2",
                "old": "<= 1",
                "new": "<= 2",
            }
        ],
    }


def test_every_change_stays_on_one_line() -> None:
    change = Change("documentation", "request", "POST /x request", "description", "a\nb", "c " * 99)
    text = render([change], "text", "old", "new")
    first, total = text.splitlines()
    assert first.startswith("documentation: POST /x request description: a b → c c c")
    assert first.endswith("…")
    assert len(first) < 200
    assert total == "1 documentation"


def test_places_that_share_a_schema_are_counted() -> None:
    change = Change("additive", "request", "here", "value", None, "1", ("there", "and there"))
    text = render([change], "text", "old", "new").splitlines()[0]
    assert text == "additive: here value added: 1 (also at 2 more: there)"


def test_git_revisions(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    git = shutil.which("git")
    assert git
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false")

    def run(*argv: str) -> None:
        subprocess.run([git, *identity, *argv], check=True, capture_output=True)

    write("openapi.yaml", spec(obj(a=STRING)))
    write("other.json", json.dumps(spec(obj())))
    run("init", "-q")
    run("add", ".")
    run("commit", "-qm", "one")
    write("openapi.yaml", spec(obj(a=STRING, b=STRING)))
    assert report(capsys, "HEAD", "openapi.yaml")[0] == 4
    assert report(capsys, "HEAD:openapi.yaml", "HEAD:other.json")[0] == 5
    Path("below").mkdir()
    write("below/openapi.yaml", spec(obj(a=INTEGER)))
    assert report(capsys, "HEAD", "HEAD")[1] == ["no change"]
    assert main(["HEAD:nowhere.yaml", "openapi.yaml"]) == 2
    assert "HEAD:nowhere.yaml: neither a file nor something git can show" in capsys.readouterr().err
    assert main(["nonsense", "openapi.yaml"]) == 2
    # a revision is always one of ours, whatever its title became
    write("openapi.yaml", spec(obj(a=STRING | {"description": "x"})) | {"info": {"title": "U"}})
    assert report(capsys, "HEAD", "openapi.yaml")[1][-1] == "3 documentation"


def test_outside_of_any_repository_a_revision_is_one_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside, project = tmp_path / "outside", tmp_path / "project"
    outside.mkdir()
    project.mkdir()
    (project / "openapi.yaml").write_text(yaml.safe_dump(spec(STRING)), encoding="utf-8")
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false")
    for argv in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run(["git", *identity, *argv], cwd=project, check=True, capture_output=True)
    monkeypatch.setattr("spec.document.ROOT", project)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.chdir(outside)
    assert load("HEAD").root == spec(STRING)


BAD = {
    "missing.yaml": (None, "missing.yaml: no such file"),
    "folder": (None, "folder: is a folder, not a file"),
    "latin.yaml": (b"openapi: '\xe9'", "latin.yaml: not UTF-8 text (byte 10)"),
    "empty.yaml": ("", "empty.yaml: not an OpenAPI document: it is empty"),
    "list.yaml": ("- a", "list.yaml: not an OpenAPI document: it is a list at its top level"),
    "torn.yaml": ("openapi: [", "torn.yaml: not YAML: "),
    "tabs.yaml": (
        "a:\n\t- b",
        "tabs.yaml: not YAML: while scanning for the next token, found character",
    ),
    "object.yaml": ("a: !!python/object:os.x {}", "object.yaml: not YAML: "),
    "twice.yaml": ("openapi: 3.1.0\nopenapi: 3.1.0", "duplicate key 'openapi' (line 2, column 1)"),
    "torn.json": ('{"openapi": ', "torn.json: not JSON: Expecting value (line 1, column 13)"),
    "twice.json": ('{"a": 1, "a": 2}', "twice.json: duplicate key 'a' in one object"),
    "deep.json": ("[" * 100_000, "deep.json: not YAML: nested too deeply (line 1, column 201)"),
    "deep2.json": ('{"a":' * 100_000, "deep2.json: nested too deeply to be read"),
    "other.yaml": ("title: x", "other.yaml: not an OpenAPI document: no `openapi` field"),
    "bare.yaml": ("openapi: 3.1.0", "bare.yaml: not an OpenAPI document: it has no `paths`"),
    "swagger.yaml": ("swagger: '2.0'", "swagger.yaml: Swagger 2.0; convert it to OpenAPI 3 first"),
    "future.yaml": ("openapi: 4.0.0\npaths: {}", "future.yaml: `openapi: 4.0.0`; this tool reads"),
    "shape.yaml": ("openapi: 3.1.0\npaths: []", "shape.yaml: #/paths: must be an object"),
    "shape2.yaml": (
        "openapi: 3.1.0\npaths: {/a: {get: {responses: {200: ok}}}}",
        "shape2.yaml: #/paths/~1a/get/responses/200: must be an object",
    ),
    "shape3.yaml": (
        "openapi: 3.1.0\npaths: {}\ncomponents: {schemas: {A: {anyOf: {}}}}",
        "shape3.yaml: #/components/schemas/A/anyOf: must be a list",
    ),
    "nothing.yaml": (
        "openapi: 3.1.0\npaths: {/a: {$ref: '#/components/pathItems/A'}}",
        "nothing.yaml: #/paths/~1a/$ref: `#/components/pathItems/A` points to nothing",
    ),
    "index.yaml": (
        "openapi: 3.1.0\npaths: {/a: {$ref: '#/servers/1'}}\nservers: [{}]",
        "index.yaml: #/paths/~1a/$ref: `#/servers/1` points to nothing",
    ),
    "text.yaml": (
        "openapi: 3.1.0\npaths: {/a: {$ref: '#/openapi'}}",
        "text.yaml: #/paths/~1a/$ref: `#/openapi` does not point to an object",
    ),
    "circle.yaml": (
        "openapi: 3.1.0\npaths: {}\ncomponents: {schemas: {A: {$ref: '#/components/schemas/A'}}}",
        "circle.yaml: #/components/schemas/A/$ref: `#/components/schemas/A` is a reference that",
    ),
    "external.yaml": (
        "openapi: 3.1.0\npaths: {/a: {$ref: 'b.yaml#/x'}}",
        "external.yaml: #/paths/~1a/$ref: `b.yaml#/x` is a reference to another file",
    ),
    "anchor.yaml": (
        "openapi: 3.1.0\npaths: {}\ncomponents: {schemas: {A: {$ref: '#Foo'}, B: {$anchor: Foo}}}",
        "anchor.yaml: #/components/schemas/A/$ref: `#Foo` is a reference to an anchor",
    ),
    "prose.md": ("# Hi\n\n```yaml\na: 1\n```", "prose.md: no fenced OpenAPI block"),
    "torn.md": ("```yaml\n\npaths: {a\n```", "torn.md: not YAML: "),
    "stray.md": (
        "```yaml\nresponses: {}\n```",
        "this page; the block at line 1 has no `METHOD /path` behind its ```",
    ),
    "torn2.md": (
        "```yaml\nopenapi: 3.1.0\nservers: [{url: a}]\n```\n```yaml\npaths: {}\nservers: []\n```",
        "torn2.md: line 5: this block contradicts an earlier one at #/servers",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(
    name: str, write: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    content, expected = BAD[name]
    if content is not None:
        write(name, content)
    elif name == "folder":
        Path(name).mkdir()
    good = write("good.yaml", spec())
    for argv in ([name, good], [good, name]):
        assert main(argv) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("spec_diff: ")
        assert expected in err
        assert len(err.splitlines()) == 1


def test_what_looks_like_a_reference_in_an_example_is_data(write: Callable[..., str]) -> None:
    example = {"$ref": "nowhere.yaml#/a"}
    name = write("a.yaml", spec(STRING | {"examples": [example], "default": example}))
    load(name)
    with pytest.raises(SpecError):
        load(write("b.yaml", spec(obj(example=example))))


def test_yaml_is_read_as_openapi_means_it(write: Callable[..., str]) -> None:
    text = "openapi: 3.1.0\npaths: {}\nx-a: [no, on, 2024-01-01, 012, 12:30, 1e3, 0x1f, true, ~]\n"
    document = load(write("a.yaml", "\ufeff" + text))
    expected = ["no", "on", "2024-01-01", 12, "12:30", 1000.0, 31, True, None]
    assert document.root["x-a"] == expected
    as_json = json.dumps({"openapi": "3.1.0", "paths": {}, "x-a": expected})
    assert compare(document, load(write("a.json", "\ufeff" + as_json))) == []


def test_the_command_itself(write: Callable[..., str]) -> None:
    old, new = write("old.yaml", spec(obj(a=STRING))), write("new.yaml", spec(obj()))
    run = subprocess.run([sys.executable, SCRIPT, old, new], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (5, "")
    assert run.stdout.splitlines()[0] == "breaking: POST /x request.a field removed: string"
    usage = subprocess.run([sys.executable, SCRIPT, old], capture_output=True, text=True)
    assert usage.returncode == 2
    assert "NEW" in usage.stderr


def test_a_console_without_unicode_is_no_reason_to_fail(write: Callable[..., str]) -> None:
    old, new = write("a.yaml", spec(enum("你"))), write("b.yaml", spec(enum("好")))
    run = subprocess.run(
        [sys.executable, SCRIPT, old, new],
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
    )
    assert run.returncode == 5
    assert b"\\u4f60" in run.stdout


def test_our_own_contract_is_understood() -> None:
    ours = load(str(ROOT / "openapi.yaml"))
    assert compare(ours, ours) == []
    assert compare(ours, ours, by_meaning=True) == []
    changed = copy.deepcopy(ours.root)
    changed["components"]["schemas"]["ChatCompletionRequest"]["required"].append("stream")
    (change,) = compare(ours, from_mapping(changed))
    assert change.severity == "breaking"
    assert change.location == "POST /v1/chat/completions request.stream"
