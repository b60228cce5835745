"""Changes of schemas: whom each breaks in a request, and whom in a response."""

import copy
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings, strategies as st

from openapi_diff.compare import compare, compare_documents
from openapi_documents import (
    INTEGER,
    NULL,
    NUMBER,
    STRING,
    STRINGS,
    Json,
    enum,
    obj,
    open_enum,
    ref,
    spec,
)
from spec.document import SpecError, from_mapping


def lines(old: Json, new: Json, by_meaning: bool = False) -> list[str]:
    changes = compare(from_mapping(old), from_mapping(new), by_meaning)
    return [f"{one.severity} {one.location}: {one.message}" for one in changes]


def both_ways(old: Any, new: Any) -> tuple[list[str], list[str]]:
    """Compare two schemas as a request, and as a response."""
    asked = lines(spec(request=old), spec(request=new))
    told = lines(spec(None, old), spec(None, new))
    return (
        [line.replace("POST /x request", "") for line in asked],
        [line.replace("POST /x response(200)", "") for line in told],
    )


# What allows more values: the schema before and after, and the line.
WIDER: dict[str, tuple[Json, Json, str]] = {
    "type in list": (STRING, {"type": ["string", "integer"]}, ": alternative added: integer"),
    "integer to number": (INTEGER, NUMBER, ": type: integer → number"),
    "anything": (STRING, {}, ": type: string → any"),
    "null": (STRING, {"type": ["string", "null"]}, ": null: never null → may be null"),
    "null in enum": (enum("a"), {"enum": ["a", None]}, ": null: never null → may be null"),
    "maximum": (NUMBER | {"maximum": 1}, NUMBER | {"maximum": 2}, ": upper bound: <= 1 → <= 2"),
    "minimum": (NUMBER | {"minimum": 1}, NUMBER | {"minimum": 0}, ": lower bound: >= 1 → >= 0"),
    "exclusive as a number": (
        NUMBER | {"exclusiveMinimum": 0},
        NUMBER | {"minimum": 0},
        ": lower bound: > 0 → >= 0",
    ),
    "exclusive as a flag": (
        NUMBER | {"maximum": 1, "exclusiveMaximum": True},
        NUMBER | {"maximum": 1},
        ": upper bound: < 1 → <= 1",
    ),
    "maxLength": (STRING | {"maxLength": 0}, STRING | {"maxLength": 3}, ": maxLength: 0 → 3"),
    "unique": (STRINGS | {"uniqueItems": True}, STRINGS, ": uniqueItems removed: true"),
    "minProperties": (obj() | {"minProperties": 1}, obj(), ": minProperties removed: 1"),
    "pattern": (STRING | {"pattern": "^a"}, STRING, ": pattern removed: ^a"),
    "items": (STRINGS, {"type": "array"}, "[]: type: string → any"),
    "enum to string": (enum("a"), STRING, ': only these values removed: "a"'),
    "enum opened": (enum("a"), open_enum("a"), ": values: closed → open"),
    "through allOf": (
        {"allOf": [obj(n=NUMBER | {"maximum": 1}), obj(n={"minimum": 0})]},
        obj(n=NUMBER | {"minimum": 0, "maximum": 2}),
        ".n: upper bound: <= 1 → <= 2",
    ),
    "in one of two objects": (
        {"oneOf": [obj("t", t={"const": "a"}, x=INTEGER), obj("t", t={"const": "b"})]},
        {"oneOf": [obj("t", t={"const": "b"}), obj("t", t={"const": "a"}, x=NUMBER)]},
        ".x: type: integer → number",
    ),
    "a second object": (
        {"oneOf": [obj(x=STRING)]},
        {"oneOf": [obj(), obj(x=STRING)]},
        ": object alternatives: 1 → 2",
    ),
}


@pytest.mark.parametrize(("old", "new", "said"), WIDER.values(), ids=WIDER)
def test_wider_schema_breaks_readers_and_narrower_schema_breaks_senders(
    old: Any, new: Any, said: str
) -> None:
    assert both_ways(old, new) == ([f"additive {said}"], [f"breaking {said}"])
    (narrowed,), (relieved,) = both_ways(new, old)
    assert narrowed.startswith(f"breaking {said.split(':')[0]}")
    assert relieved.startswith(f"additive {said.split(':')[0]}")


# The schema before and after, the classes in a request and in a response, and the line.
A, B, D = "additive", "breaking", "documentation"
CLOSED = obj() | {"additionalProperties": False}
SAID = STRING | {"description": "x"}
CHANGES: dict[str, tuple[Json, Json, str, str, str]] = {
    "optional field added": (obj(), obj(f=STRING), A, A, ".f: optional field added: string"),
    "required field added": (obj(), obj("f", f=STRING), B, A, ".f: required field added: string"),
    "field removed": (obj(f=STRING), obj(), B, B, ".f: field removed: string"),
    "field required": (obj(f=STRING), obj("f", f=STRING), B, A, ".f: field: optional → required"),
    "field optional": (obj("f", f=STRING), obj(f=STRING), A, B, ".f: field: required → optional"),
    "limit that is no number": (
        STRING | {"maxLength": "3"},
        STRING | {"maxLength": 4},
        B,
        B,
        ": maxLength: 3 → 4",
    ),
    "type": (STRING, INTEGER, B, B, ": type: string → integer"),
    "no object": (obj(f=STRING), STRING, B, B, ": type: object with f (string) → string"),
    "format": (STRING | {"format": "a"}, STRING | {"format": "b"}, B, B, ": format: a → b"),
    "value of closed enum added": (enum("a"), enum("a", "b"), A, B, ': value added: "b"'),
    "value of open enum added": (open_enum("a"), open_enum("a", "b"), A, A, ': value added: "b"'),
    "value of closed enum gone": (enum("a", "b"), enum("a"), B, B, ': value removed: "b"'),
    "value of open enum gone": (open_enum("a", "b"), open_enum("a"), B, B, ': value removed: "b"'),
    "known values named": (STRING, open_enum("a"), A, A, ': known values added: "a"'),
    "default": (STRING | {"default": "a"}, STRING | {"default": 1}, B, D, ': default: "a" → 1'),
    "default stated": (STRING, STRING | {"default": "b"}, A, D, ': default added: "b"'),
    "default withdrawn": (STRING | {"default": None}, STRING, B, D, ": default removed: null"),
    "object closed": (obj(), CLOSED, B, A, ": other fields: allowed → forbidden"),
    "object opened": (CLOSED, obj(), A, A, ": other fields: forbidden → allowed"),
    "size stated": (obj(), obj() | {"x-max-body-bytes": 9}, D, D, ": x-max-body-bytes added: 9"),
    "merge stated": (STRING, STRING | {"x-merge": "append"}, D, D, ": x-merge added: append"),
    "extension that nobody knows": (STRING, STRING | {"x-y": [2]}, D, D, ": x-y added: [2]"),
    "description": (SAID, STRING | {"description": "y"}, D, D, ": description: x → y"),
    "widest format": (INTEGER, INTEGER | {"format": "int64"}, D, D, ": format added: int64"),
    "limit of known values": (
        open_enum("a"),
        {"anyOf": [enum("a") | {"maxLength": 1}, STRING]},
        D,
        D,
        ': limits of the known values added: {"maxLength": 1}',
    ),
    "items that are read only": (
        STRINGS,
        STRINGS | {"items": STRING | {"readOnly": True}},
        D,
        D,
        "[]: readOnly added: true",
    ),
}


@pytest.mark.parametrize(("old", "new", "asked", "told", "said"), CHANGES.values(), ids=CHANGES)
def test_change_of_a_schema(old: Any, new: Any, asked: str, told: str, said: str) -> None:
    of_response = said.replace("optional field added", "field added")
    of_response = of_response.replace("required field added", "field added")
    assert both_ways(old, new) == ([f"{asked} {said}"], [f"{told} {of_response}"])


# The extension before and after, and the line.
EXTENSIONS: dict[str, tuple[Json, Json, str]] = {
    "size": ({"x-max-body-bytes": 9}, {"x-max-body-bytes": 8}, ": x-max-body-bytes: 9 → 8"),
    "merge": ({"x-merge": "append"}, {"x-merge": "replace"}, ": x-merge: append → replace"),
    "condition": ({}, {"x-required-when": {"a": 1}}, ': x-required-when added: {"a": 1}'),
}


@pytest.mark.parametrize(("old", "new", "said"), EXTENSIONS.values(), ids=EXTENSIONS)
def test_narrower_extension_breaks_senders(old: Any, new: Any, said: str) -> None:
    assert both_ways(STRING | old, STRING | new)[0] == [f"breaking {said}"]
    assert both_ways(open_enum("a") | old, open_enum("a") | new)[0] == [f"breaking {said}"]


def test_bounds_of_models_replace_those_of_the_field() -> None:
    def field(**bounds: Any) -> Json:
        models = {"models": ["m-1", "m-2"], **bounds}
        return NUMBER | {"maximum": 2, "x-bounds": [models]}

    assert both_ways(field(maximum=1), field(maximum=0.5))[0] == [
        "breaking : upper bound for m-1, m-2: <= 1 → <= 0.5"
    ]
    assert both_ways(field(maximum=1), NUMBER | {"maximum": 2})[0] == [
        "additive : upper bound for m-1, m-2: <= 1 → <= 2"
    ]
    assert both_ways(NUMBER, NUMBER | {"x-bounds": [{"models": ["m"], "minimum": 1}]})[0] == [
        "breaking : lower bound for m added: >= 1"
    ]


def test_field_that_never_travels_a_way_is_no_field_there() -> None:
    hidden = obj(f=STRING | {"readOnly": True}), obj(f=STRING | {"writeOnly": True})
    removed, words = "breaking .f: field removed: string", "documentation .f: {}Only added: true"
    assert both_ways(obj(f=STRING), hidden[0]) == ([removed], [words.format("read")])
    assert both_ways(obj(f=STRING), hidden[1]) == ([words.format("write")], [removed])


def test_new_object_is_unfolded() -> None:
    audio = obj(data=STRING, at=INTEGER | {"format": "int64"}, parts=STRINGS)
    (line,) = both_ways(obj(), obj(audio={"type": "array", "items": audio}))[1]
    assert line == (
        "additive .audio: field added: "
        "array of object with data (string), at (integer), parts (array)"
    )
    (line,) = both_ways(obj(), obj(mixed={"enum": ["a", 1]}))[1]
    assert line == 'additive .mixed: field added: integer (1) or string ("a")'


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
        {"allOf": [obj(a=STRING, b=INTEGER)], "required": ["a"]},
    ],
    "order of branches": [
        {"oneOf": [obj(a=STRING), obj(a=INTEGER)]},
        {"oneOf": [obj(a=INTEGER), obj(a=STRING)]},
    ],
    "no limits": [STRINGS, STRINGS | {"minItems": 0, "uniqueItems": False}],
    "open object": [
        obj(),
        obj() | {"additionalProperties": True},
        obj() | {"additionalProperties": {}},
    ],
    "equal numbers": [
        NUMBER | {"maximum": 1, "default": 1},
        NUMBER | {"maximum": 1.0, "default": 1.0},
    ],
}


@pytest.mark.parametrize("name", SAME)
def test_other_spelling_is_no_change(name: str) -> None:
    first, *others = SAME[name]
    for other in others:
        assert both_ways(first, other) == ([], [])
        assert both_ways(other, first) == ([], [])


# --- what is not compared ---


NOT_COMPARED: dict[str, tuple[Any, Any]] = {
    "not": (obj(title=INTEGER), obj(title=STRING)),
    "patternProperties": ({"a": STRING}, {"a": INTEGER}),
    "maxLenght": (1, 2),
}


@pytest.mark.parametrize("keyword", NOT_COMPARED)
def test_keyword_that_is_not_compared_is_said_and_breaks_where_it_differs(keyword: str) -> None:
    value, other = NOT_COMPARED[keyword]
    old, new = spec(STRING | {keyword: value}), spec(STRING)
    same = compare_documents(from_mapping(old), from_mapping(copy.deepcopy(old)))
    assert (same.changes, same.not_compared) == ([], [f"POST /x request: {keyword}"])
    for changed in (new, spec(STRING | {keyword: other})):
        (line,) = [line for line in lines(old, changed) if line.startswith("breaking")]
        assert line.startswith(f"breaking POST /x request: not compared, but different: {keyword}")


def test_keyword_that_is_not_compared_may_refer_to_renamed_schemas() -> None:
    old = spec(STRING | {"not": obj(a=ref("A"))}, schemas={"A": obj(b=ref("A"))})
    new = spec(STRING | {"not": obj(a=ref("B"))}, schemas={"B": obj(b=ref("B"))})
    assert lines(old, new) == []


def test_contradiction_of_two_schemas_that_both_hold_is_not_passed_over() -> None:
    both = {"allOf": [STRING | {"pattern": "a"}, STRING | {"pattern": "b"}]}
    (line,) = both_ways(STRING | {"pattern": "a"}, both)[0]
    assert line == 'breaking : not compared, but different: second pattern added: "b"'


def test_subtype_that_only_a_discriminator_selects_is_not_passed_over() -> None:
    def pets(**field: Any) -> Json:
        pet = obj("kind", kind=STRING) | {"discriminator": {"propertyName": "kind"}}
        return spec(None, ref("Pet"), {"Pet": pet, "Cat": {"allOf": [ref("Pet"), obj(**field)]}})

    (line,) = lines(pets(c=STRING), pets(c=INTEGER))
    assert line.startswith("breaking components.schemas.Cat: not compared, but different: content")


def test_limits_that_only_hold_in_one_of_two_branches_are_not_passed_over() -> None:
    def either(most: int) -> Json:
        return {"anyOf": [STRING | {"maxLength": most}, STRING | {"pattern": "^a"}]}

    (line,), _ = both_ways(either(3), either(2))
    assert line.startswith("breaking : not compared, but different: what goes together")


# --- references ---


def test_component_is_judged_in_each_direction_in_which_it_is_used() -> None:
    old = spec(ref("E"), ref("E"), {"E": enum("a")})
    new = spec(ref("E"), ref("E"), {"E": enum("a", "b")})
    assert lines(old, new) == [
        'breaking POST /x response(200): value added: "b"',
        'additive POST /x request: value added: "b"',
    ]


def test_component_used_twice_is_one_change_at_two_places() -> None:
    old = spec(obj(a=ref("S"), b=ref("S"), c=obj(d=ref("S"))), schemas={"S": obj(t=obj())})
    new = spec(obj(a=ref("S"), b=ref("S"), c=obj(d=ref("S"))), schemas={"S": obj(t=obj(n=STRING))})
    (change,) = compare(from_mapping(old), from_mapping(new))
    assert change.location == "POST /x request.a.t.n"
    assert change.also == ("POST /x request.b.t.n", "POST /x request.c.d.t.n")


def test_whether_a_field_is_required_is_not_told_of_the_twin_of_its_schema() -> None:
    schemas = {"S": obj()}
    old = spec(obj(a=ref("S"), b=ref("S")), schemas=schemas)
    new = spec(obj("a", a=ref("S"), b=ref("S")), schemas=schemas)
    (change,) = compare(from_mapping(old), from_mapping(new))
    assert (change.location, change.also) == ("POST /x request.a", ())


def test_schema_that_contains_itself_is_compared() -> None:
    tree = obj(value=STRING, children={"type": "array", "items": ref("Tree")}, parent=ref("Tree"))
    old = spec(ref("Tree"), schemas={"Tree": tree})
    assert lines(old, old) == []
    new = spec(ref("Tree"), schemas={"Tree": tree | {"required": ["value"]}})
    (change,) = compare(from_mapping(old), from_mapping(new))
    assert (change.location, change.also) == ("POST /x request.value", ())
    assert change.message == "field: optional → required"
    union = {"A": {"anyOf": [ref("B"), STRING]}, "B": {"oneOf": [ref("A")]}}
    assert lines(spec(ref("A"), schemas=union), spec(STRING)) == []
    tangled = {"A": {"anyOf": [obj(n=ref("A")), obj(n=ref("B"))]}, "B": obj(n=ref("A"), x=STRING)}
    assert lines(spec(ref("A"), schemas=tangled), spec(ref("A"), schemas=tangled)) == []
    looped = spec(ref("A"), schemas={"A": {"allOf": [ref("A"), obj(a=ref("A"))]}})
    assert lines(looped, looped) == []


def test_schema_that_contains_itself_in_one_document_alone_is_a_breaking_change() -> None:
    old = spec(ref("T"), schemas={"T": obj(next=ref("T"), x=STRING)})
    new = spec(ref("T"), schemas={"T": obj(next=ref("U"), x=STRING), "U": obj(x=INTEGER)})
    assert (
        lines(old, new)[0] == "breaking POST /x request.next: recursion removed: to POST /x request"
    )


def test_document_that_multiplies_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openapi_diff.flatten._MOST_PLACES", 500)
    schemas = {f"S{n}": obj(a=ref(f"S{n + 1}"), b=ref(f"S{n + 1}")) for n in range(9)}
    document = from_mapping(spec(ref("S0"), schemas=schemas | {"S9": STRING}), "vast.yaml")
    with pytest.raises(SpecError, match=r"vast\.yaml: more than 500 places"):
        compare(document, document)


def test_depth_is_no_limit_and_the_nearest_place_is_told() -> None:
    chain = {f"S{n}": obj(a=ref(f"S{n + 1}"), b=ref("S599")) for n in range(599)}
    old = spec(ref("S0"), schemas=chain | {"S599": obj(x=NUMBER)})
    new = spec(ref("S0"), schemas=chain | {"S599": obj(x=INTEGER)})
    (change,) = compare(from_mapping(old), from_mapping(new))
    assert change.location == "POST /x request.b.x"
    assert change.also[0] == "POST /x request.a.b.x"


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


def around(inner: st.SearchStrategy[list[Json]]) -> st.SearchStrategy[list[Json]]:
    """Two schemas that contain the two given, with small differences of their own."""
    lists = st.tuples(inner, st.permutations([1, 2])).map(
        lambda drawn: [
            {"type": "array", "items": one, "maxItems": most}
            for one, most in zip(*drawn, strict=True)
        ]
    )
    names = st.lists(st.sets(st.sampled_from("fgh")), min_size=2, max_size=2)
    objects = st.tuples(inner, names).map(
        lambda drawn: [
            obj(*sorted(needed), f=one, g=STRING) for one, needed in zip(*drawn, strict=True)
        ]
    )
    unions = st.tuples(inner, st.sampled_from([NULL, {"type": "boolean"}])).map(
        lambda drawn: [{"anyOf": [one, drawn[1]]} for one in drawn[0]]
    )
    return st.one_of(lists, objects, unions)


PAIRS = st.recursive(st.lists(SCALARS, min_size=2, max_size=2), around, max_leaves=3)
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


@pytest.mark.parametrize("way", ["request", "response"])
@settings(max_examples=150, deadline=None)
@given(pair=PAIRS)
def test_receiver_takes_all_that_a_compatible_sender_sends(pair: list[Json], way: str) -> None:
    old, new = pair
    before, after = (from_mapping(spec(**{way: one})) for one in pair)
    changes = compare(before, after)
    if any(
        change.severity == "breaking"
        or (way == "response" and change.what in ("value", "known values"))
        for change in changes
    ):
        return  # new values of an open enum: the reader was told that there are others
    sent, taken = (old, new) if way == "request" else (new, old)
    sender, receiver = (jsonschema.Draft202012Validator(schema) for schema in (sent, taken))
    for value in VALUES:
        if sender.is_valid(value) and known_only(value, sent):
            assert receiver.is_valid(value), (value, changes)


@settings(max_examples=40, deadline=None)
@given(PAIRS, st.randoms())
def test_naming_and_inlining_schemas_is_no_change(pair: list[Json], random: Any) -> None:
    schema, named = pair[0], dict[str, Any]()

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
