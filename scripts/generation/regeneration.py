"""Makes the generated package of a project from its openapi.yaml, or compares the two."""

from __future__ import annotations

import ast
import os
import sys
import tempfile
from pathlib import Path

from generation.adaptations import adapt
from generation.contract_module import UnsupportedSchema, contract_module
from generation.package import contents, differences, recover, swap
from generation.public_types import compare, public_types
from generation.tools import (
    check_versions,
    refuse,
    run_generator,
    run_hooks,
    type_check,
)
from generation.typed_dicts import params_module
from generation.views import views_module
from spec.openapi import Finding, InvalidSpec, Spec, parse
from spec.rules import check

PACKAGE = "minimax_chat_api"
SPEC = "openapi.yaml"


def regenerate(root: Path, *, check_only: bool, cache: str = os.devnull) -> int:
    """Regenerate the package of the project at `root`; return the exit status.

    `cache` is a folder for the type checker, for those who call this many times.
    """
    committed = root / "generated" / PACKAGE
    recover(committed)
    check_versions(root)
    spec, source = read_spec(root)
    with tempfile.TemporaryDirectory(prefix="regenerate-") as folder:
        made = build(root, spec, source, Path(folder).resolve())
        changes = differences(contents(committed), contents(made))
        if not changes:
            print(f"generated/{PACKAGE}: up to date")
            return 0
        if check_only:
            print("\n".join(changes))
            print(
                f"generated/{PACKAGE} differs from what {SPEC} gives: "
                "run python scripts/regenerate.py",
                file=sys.stderr,
            )
            return 1
        type_check(made, cache)
        old = public_types(committed) if committed.exists() else {}
        changed_types = compare(old, public_types(made))
        swap(made, committed)
    count = sum(line.startswith("! ") for line in changes)
    print(f"generated/{PACKAGE}: {count} {'file' if count == 1 else 'files'} written")
    print("\n".join(changed_types) or "No public type changed.")
    return 0


def read_spec(root: Path) -> tuple[Spec, bytes]:
    """The spec of the project and its text with LF line ends, if it breaks no rule."""
    # A checkout may have turned the line ends to CRLF; the result must be the same.
    source = (root / SPEC).read_bytes().replace(b"\r\n", b"\n")
    try:
        spec = parse(source.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        finding = Finding(line, "yaml", "#", "not UTF-8 text; save it as UTF-8")
        raise refuse(SPEC, [finding]) from None
    except InvalidSpec as error:
        raise refuse(SPEC, error.findings) from None
    if findings := check(spec):
        raise refuse(SPEC, findings)
    return spec, source


def build(root: Path, spec: Spec, source: bytes, folder: Path) -> Path:
    """Make the package in the empty `folder`."""
    package = folder / PACKAGE
    spec_path = folder / SPEC
    spec_path.write_bytes(source)
    run_generator(root, spec, spec_path, package)
    try:
        contract = contract_module(spec, source)
    except UnsupportedSchema as error:
        raise refuse(SPEC, [spec.finding(error.place, "unsupported", str(error))]) from None
    (package / "contract.py").write_text(contract, encoding="utf-8")
    (package / "params.py").write_text(params_module(spec), encoding="utf-8")
    (package / "views.py").write_text(views_module(spec), encoding="utf-8")
    adapt(package)
    # The generator has run the hooks on its own modules alone.
    run_hooks(root, package)
    # `--meta none` writes no marker, and the spec ships with the code made from it.
    (package / "py.typed").touch()
    (package / SPEC).write_bytes(source)
    for path in package.rglob("*.py"):
        path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))
    refuse_losses(spec, package)
    return package


def refuse_losses(spec: Spec, package: Path) -> None:
    """Refuse a package that lacks a class, field or enum member: the generator may drop them."""
    made = public_types(package)
    findings: list[Finding] = []
    for name, schema in spec.schemas.items():
        members = made.get(name, {})
        wanted: list[str] = []
        got: list[str] = []
        if "enum" in schema:
            wanted = sorted(map(repr, schema["enum"]))
            got = sorted(repr(ast.literal_eval(value)) for value in members.values())
        elif len(members) != len(schema.get("properties", {})):
            # Names may differ (`object` becomes `object_`), their number may not.
            wanted, got = list(schema.get("properties", {})), list(members)
        if wanted != got:
            message = f"the generated class has {got}, where the spec has {wanted}"
            findings.append(spec.finding(("components", "schemas", name), "lost", message))
    if findings:
        raise refuse(SPEC, findings)
