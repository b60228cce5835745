"""Documents of two authors, compared by meaning: style is left out, limits in words count."""

from pathlib import Path

import pytest

from openapi_diff.compare import compare, of_different_hands
from openapi_documents import (
    INTEGER,
    NULL,
    NUMBER,
    STRING,
    Json,
    document,
    enum,
    json_body,
    obj,
    operation,
    spec,
)
from spec.document import from_mapping, load
from spec_diff import main

FIXTURES = Path(__file__).parents[1] / "fixtures" / "spec_diff"
OURS = load(str(FIXTURES / "ours.yaml"))


def lines(old: Json, new: Json, by_meaning: bool = True) -> list[str]:
    changes = compare(from_mapping(old), from_mapping(new), by_meaning)
    return [f"{one.severity} {one.location}: {one.message}" for one in changes]


def report(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, list[str]]:
    status = main([str(one) for one in argv])
    return status, capsys.readouterr().out.splitlines()


def test_vendor_document_that_says_the_same_has_notes_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, found = report(capsys, FIXTURES / "ours.yaml", FIXTURES / "vendor-same.json")
    assert status == 0
    assert [line for line in found[1:-1] if not line.startswith("note: ")] == []
    assert found[-1] == "5 note"
    strict = report(capsys, FIXTURES / "ours.yaml", FIXTURES / "vendor-same.json", "--no-vendor")
    assert strict[0] == 5


def test_vendor_page(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FIXTURES)
    status, found = report(capsys, "ours.yaml", "vendor-page.md")
    assert status == 5
    post = "POST /v1/chat"
    assert found == [
        "ours.yaml and vendor-page.md, compared by meaning:",
        f'only in vendor-page.md: {post} request.model value: "m-3"',
        f"only in vendor-page.md: {post} request.messages[].content"
        " alternative: array of object with text (string)",
        f'only in vendor-page.md: {post} response(200).choices[].finish_reason value: "tool_calls"',
        f"only in vendor-page.md: {post} response(200).choices[].message.content"
        " alternative: array of object with text (string)",
        f"only in vendor-page.md: {post} request.user required field: string",
        f"only in vendor-page.md: {post} response(200).usage.cached_tokens field: integer",
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


def test_page_of_fragments() -> None:
    page = load(str(FIXTURES / "vendor-fragments.md"))
    found = compare(OURS, page, by_meaning=True)
    told = {(change.location, change.kind, change.what) for change in found}
    assert ("GET /v1/models", "added", "operation") in told
    assert ("POST /v1/chat request.temperature", "removed", "field") in told
    assert ("POST /v1/chat request.model", "changed", "field") in told
    assert not [one for one in told if "servers" in one[0] or "security" in one[0]]


def test_the_same_endpoint_at_another_address_is_still_compared() -> None:
    old, new = spec(obj(a=STRING)), spec(obj(b=STRING))
    new["paths"] = {"/y": new["paths"]["/x"]}
    assert lines(old, new) == [
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
        (
            "指定生成内容长度的上限（Token 数），上限为 2048。超过上限的内容会被截断",
            None,
            "<= 2048",
        ),
        ("最大 8，最小为 2", ">= 2", "<= 8"),
        ("长度不能超过 64，不得少于 1", ">= 1", "<= 64"),
        ("The maximum is 4; at least 1", ">= 1", "<= 4"),
        ("At most 5. Minimum value: 0.5", ">= 0.5", "<= 5"),
        ("must be between 1 and 10", ">= 1", "<= 10"),
        ("recommended maximum is 4", None, None),
        ("a picture of at most 10 MB, up to 600k tokens", None, None),
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
    assert lines(spec(field), spec(same)) == []


def test_values_in_words() -> None:
    text = "One of: 1 severe; `2` other. 10 is not meant by 1"
    old, new = {"type": "integer", "enum": [1, 2, 3]}, INTEGER | {"description": text}
    assert lines(spec(old), spec(new)) == [
        "breaking POST /x request: value removed: 3",
        "documentation POST /x request: values: closed → in words",
    ]
    assert lines(spec(new), spec(old))[0].endswith("value added: 3")


def test_null_that_only_the_type_or_only_the_enum_names_was_meant() -> None:
    for half in ({"type": ["string", "null"], "enum": ["a"]}, enum("a", None)):
        meant = {"anyOf": [enum("a"), NULL]}
        assert lines(spec(half), spec(meant)) == []
        assert lines(spec(half), spec(meant), by_meaning=False) == [
            "additive POST /x request: null: never null → may be null"
        ]


def test_null_and_requirement_differ_in_requests_only() -> None:
    old, new = obj("a", a=STRING), obj(a=STRING | {"nullable": True})
    assert lines(spec(old), spec(new)) == [
        "additive POST /x request.a: field: required → optional",
        "additive POST /x request.a: null: never null → may be null",
    ]
    assert lines(spec(None, old), spec(None, new)) == []


def test_authors_are_guessed_from_the_documents() -> None:
    ours = OURS
    assert not of_different_hands(ours, ours)
    assert of_different_hands(ours, load(str(FIXTURES / "vendor-page.md")))
    assert of_different_hands(ours, load(str(FIXTURES / "vendor-same.json")))
    mine, other = spec(schemas={"A": STRING}), spec(schemas={"B": STRING})
    assert of_different_hands(from_mapping(mine), from_mapping(other))
    assert not of_different_hands(from_mapping(mine), from_mapping(mine | {"x-a": 1}))
    page = load(str(FIXTURES / "vendor-page.md"))
    assert not of_different_hands(page, page)


def test_field_that_stands_in_an_example_alone_is_a_note() -> None:
    choices = [{"delta": {"content": "Hi", "audio": ""}}]
    ours = obj(choices={"type": "array", "items": obj(delta=obj(content=STRING, audio=STRING))})
    theirs = obj(choices={"type": "array", "items": obj(delta=obj(content=STRING))})
    old, new = spec(None, ours), spec(None, theirs)
    place = "POST /x response(200).choices[].delta.audio"
    assert lines(old, new) == [f"breaking {place}: field removed: string"]
    examples = {"one": {"value": [{"choices": choices}]}}
    answer = new["paths"]["/x"]["post"]["responses"]["200"]
    answer |= json_body(theirs, examples=examples)
    note = f"documentation {place}: field {{}}: string (document has it only in an example)"
    assert lines(old, new) == [note.format("removed")]
    assert lines(new, old) == [note.format("added")]


def test_extensions_of_one_side_are_no_difference() -> None:
    bounds = {"x-bounds": [{"models": ["m"], "maximum": 1}]}
    marked = obj(a=NUMBER | bounds, b=STRING | {"x-merge": "append", "description": "B."})
    assert lines(spec(marked), spec(obj(a=NUMBER, b=STRING))) == []


def test_two_pages_of_a_vendor_are_revisions_of_one_another(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    old, new = FIXTURES / "vendor-page.md", tmp_path / "newer.md"
    text = old.read_text(encoding="utf-8")
    new.write_text(text.replace("Too many requests.", "Slow down."), encoding="utf-8")
    said = "POST /v1/chat response(429) description: Too many requests. → Slow down."
    assert report(capsys, old, new) == (0, [f"documentation: {said}", "1 documentation"])
    assert report(capsys, old, new, "--vendor")[1][-1] == "no change"


def test_closed_object_is_a_note() -> None:
    closed = obj(a=STRING) | {"additionalProperties": False}
    said = "documentation POST /x request: other fields: allowed → forbidden"
    assert lines(spec(obj(a=STRING)), spec(closed)) == [said]
    typed = obj(a=STRING) | {"additionalProperties": STRING}
    said = "documentation POST /x request: other fields: allowed → described"
    assert lines(spec(obj(a=STRING)), spec(typed)) == [said]


def test_null_beside_an_open_enum_is_a_note() -> None:
    nullable = {"anyOf": [enum("a"), STRING, NULL]}
    said = "documentation POST /x request: null: never null → may be null"
    assert lines(spec({"anyOf": [enum("a"), STRING]}), spec(nullable)) == [said]
    assert said in lines(spec({"anyOf": [enum("a"), STRING]}), spec({"anyOf": [enum("a"), NULL]}))


def test_credentials_and_servers_differ_where_both_documents_name_them() -> None:
    silent = document()
    closed = document(operation(security=[{"k": []}]), servers=[{"url": "https://a"}])
    opened = document(operation(security=[]), servers=[{"url": "https://b"}])
    for loud in (closed, opened):
        assert lines(silent, loud) == lines(loud, silent) == []
    assert sorted(lines(opened, closed)) == [
        "additive servers(https://a): server added: undescribed",
        "breaking GET /x security: credentials: none → k",
        "breaking servers(https://b): server removed: undescribed",
    ]
