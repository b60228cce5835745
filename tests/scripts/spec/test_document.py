"""scripts/spec/document.py: documents from files, pages and git revisions."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from openapi_documents import STRING, Json, obj, spec
from spec.document import DuplicateKey, SpecError, YamlError, load, read_yaml
from spec_diff import main


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
    "deep.json": (
        "[" * 100_000,
        "deep.json: not YAML: while increasing flow level, exceeded maximum",
    ),
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
def test_unusable_document_is_refused_with_file_and_place(
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


def test_reference_in_an_example_is_data(write: Callable[..., str]) -> None:
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
    assert load(write("a.json", "\ufeff" + as_json)).root == document.root


def test_revision_outside_of_any_repository_is_one_of_the_project(
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


# --- read_yaml ---


def test_yaml_is_read_with_its_node_tree() -> None:
    data, root = read_yaml("a:\n  b: [1, no]\n")
    assert data == {"a": {"b": [1, "no"]}}
    assert isinstance(root, yaml.MappingNode)
    assert root.value[0][1].start_mark.line == 1
    assert read_yaml("") == (None, None)


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        ("a:\n  - b\n c: 1", "block mapping", 3),
        ("a: 1\nb: &x [*x]", "the anchor 'x' contains itself", 2),
        ("[" * 300, "nested too deeply", 1),
        ("a: *nope", "undefined alias", 1),
        ("? [a]\n: b", "unhashable key", 1),
    ],
)
def test_malformed_yaml_is_refused_with_its_line(text: str, problem: str, line: int) -> None:
    with pytest.raises(YamlError, match=problem) as caught:
        read_yaml(text)
    assert caught.value.line == line


def test_every_duplicate_key_is_found() -> None:
    with pytest.raises(YamlError, match="duplicate key 'c'") as caught:
        read_yaml("a: 1\nb: [{c: 1, c: 2}]\na: 3\n")
    assert caught.value.duplicates == [
        DuplicateKey("c", ("b", 0), line=2, first_line=2),
        DuplicateKey("a", (), line=3, first_line=1),
    ]
