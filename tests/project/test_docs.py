"""Documentation and examples run, print the output shown, and link to existing pages."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from minimax_chat.ext.emulator import Emulator

ROOT = Path(__file__).parents[2]
# The pages show an emulator at this address.
BASE_URL = "http://127.0.0.1:8000"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/**/*.md")])
# tests/ray runs it: Ray is missing here.
RAY = ROOT / "docs" / "ray.md"
OWN = ("MINIMAX_", "OPENAI_")
EXAMPLES = sorted(ROOT.glob("examples/*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """The environment of a reader who has started the emulator."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    with Emulator() as emulator:
        yield {
            **kept,
            "MINIMAX_BASE_URL": emulator.base_url,
            "MINIMAX_API_KEY": "any",
            # Of programs that have not been migrated.
            "OPENAI_BASE_URL": f"{emulator.base_url}/v1",
            "OPENAI_API_KEY": "any",
        }


def run(arguments: list[str], environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**environment, "PYTHONUTF8": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("page", [page for page in PAGES if page != RAY], ids=name)
def test_page_shows_the_output_of_its_code(
    page: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """A `text` block is the output of the Python block above it."""
    runner = Path(__file__).with_name("run_page.py")
    printed = None
    blocks = run([str(runner), str(page)], environment, tmp_path)
    for line, language, text, output in json.loads(
        blocks.replace(environment["MINIMAX_BASE_URL"], BASE_URL)
    ):
        where = f"{name(page)}, line {line}"
        if language == "text":
            assert printed == text, where
            printed = None
            continue
        assert not printed, f"{where}: the output of the block above is not shown"
        assert language in {"python", "console", "json", "yaml", "toml"}, where
        printed = output if language == "python" else None
    assert not printed, f"{name(page)}: the output of the last block is not shown"


def test_pages_and_examples_pass_mypy_strict(tmp_path: Path) -> None:
    """As users run it: on the installed package, without this project's settings."""
    modules = {path: path.read_text("utf-8") for path in EXAMPLES}
    for page in PAGES:
        source = page.read_text("utf-8")
        for block in re.finditer(r"^```python\n(.*?)^```$", source, re.MULTILINE | re.DOTALL):
            shown = modules.get(page, "")
            # Each block stays on its line of the page, so that errors name it.
            above = source.count("\n", 0, block.start(1)) - shown.count("\n")
            modules[page] = shown + "\n" * above + block[1]
    for path, source in modules.items():
        module = re.sub(r"\W", "_", path.relative_to(ROOT).with_suffix("").as_posix())
        (tmp_path / f"{module}.py").write_text(source, "utf-8")
    options = ["--strict", "--config-file=", "--python-executable", sys.executable]
    # Ray is missing here; what its types would say of docs/ray.md is not checked.
    options += ["--disable-error-code=import-not-found"]
    # In notebooks: `await` at the top level, and IPython's display(), which has no types.
    options += ["--disable-error-code=top-level-await", "--untyped-calls-exclude=IPython"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "."], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"no issues found in {len(modules)} source files" in done.stdout


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_page_links_exist(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", page.read_text("utf-8")):
        linked = page.parent / target if target else page
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked), f"{target}#{anchor}"


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of the headings."""
    prose = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("example", EXAMPLES, ids=name)
def test_example_runs(example: Path, environment: dict[str, str], tmp_path: Path) -> None:
    assert run([str(example)], environment, tmp_path)


def test_async_conversation_prints_the_same_as_the_sync_one(
    environment: dict[str, str], tmp_path: Path
) -> None:
    output = run([str(ROOT / "examples/conversation.py")], environment, tmp_path)
    assert output == run([str(ROOT / "examples/conversation_async.py")], environment, tmp_path)
    # The emulator reports how many of its earlier answers were sent back unchanged.
    assert "Of my 2 earlier answers, 2 came back with their thinking." in output


def test_async_tool_calls_print_the_same_as_the_sync_ones(
    environment: dict[str, str], tmp_path: Path
) -> None:
    outputs = [
        re.sub(r"\d\d:\d\d", "NOW", run([str(ROOT / example)], environment, tmp_path))
        for example in ("examples/tools.py", "examples/tools_async.py")
    ]
    assert outputs[0] == outputs[1]
    assert 'get_forecast({"city": "Bergen"}): {"rain_mm": 14}' in outputs[0]
    assert 'get_time({"city": "Lima"}): {"time": "NOW"}' in outputs[0]
    # Two answers and two messages with tool calls were sent back unchanged.
    assert "Of my 4 earlier answers, 4 came back with their thinking." in outputs[0]


def test_demo_separates_thinking_from_the_answer(
    environment: dict[str, str], tmp_path: Path
) -> None:
    output = run([str(ROOT / "examples/demo.py")], environment, tmp_path)
    whole, streamed = (part.splitlines()[1:] for part in output.split("\n--- ")[1:])
    assert [line.split()[0] for line in whole if line] == ["thinking", "answer", "usage", "trace"]
    assert "我应该用中文回应" in whole[0]
    assert "有什么我可以帮助你的吗" in whole[1]
    assert "<think>" not in output
    assert "</think>" not in output
    # The trace id differs in each call.
    assert streamed[:3] == whole[:3]
