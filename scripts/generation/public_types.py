"""Compares the public types of two generated packages, read from their source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

Members = dict[str, str]
"""The members of a class, constant or call: the type or value of each, by name."""

# They change with anything in the spec, even a description, or repeat the keys of a typed dict.
NO_TYPES = ("SPEC_SHA256", "_KEYS", "_PARAMETERS")
OWN_MODULES = ("contract.py", "params.py", "views.py")
# Every generated model has these.
COMMON = {"additional_properties", "additional_keys"}


def public_types(package: Path) -> dict[str, Members]:
    """Every public class, constant and call of `package`, by name."""
    found: dict[str, Members] = {}
    # A package that is about to be replaced may lack some.
    own = [path for name in OWN_MODULES if (path := package / name).exists()]
    for path in [*sorted(package.glob("models/*.py")), *own]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                members = {**_required_keys(node, found), **dict(_class_members(node))}
                found[node.name] = {name: members[name] for name in members if name not in COMMON}
            elif isinstance(node, ast.AnnAssign | ast.Assign):
                found.update(_constant(node))
    for path in sorted(package.glob("api/*/*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name == "_get_kwargs":
                arguments = [*node.args.args, *node.args.kwonlyargs]
                found[f"api.{path.parent.name}.{path.stem}"] = {
                    each.arg: ast.unparse(each.annotation) if each.annotation else "Any"
                    for each in arguments
                }
    return {name: found[name] for name in found if not name.endswith(NO_TYPES) and name[0] != "_"}


def _required_keys(node: ast.ClassDef, found: dict[str, Members]) -> Members:
    """What a typed dict inherits: its required keys are in a private base class."""
    keys: Members = {}
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id.startswith("_"):
            for name, annotation in found.get(base.id, {}).items():
                keys[name] = f"Required[{annotation}]"
    return keys


def _class_members(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            yield each.target.id, ast.unparse(each.annotation)
        elif isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name):
            if not each.targets[0].id.startswith("_"):
                yield each.targets[0].id, ast.unparse(each.value)
        elif isinstance(each, ast.FunctionDef) and any(
            isinstance(decorator, ast.Name) and decorator.id == "property"
            for decorator in each.decorator_list
        ):
            yield each.name, ast.unparse(each.returns) if each.returns else "Any"


def _constant(node: ast.AnnAssign | ast.Assign) -> dict[str, Members]:
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    if not isinstance(target, ast.Name) or node.value is None:
        return {}
    value = node.value
    if isinstance(value, ast.Subscript):  # Name: TypeAlias = Literal["one", "two"]
        values = value.slice.elts if isinstance(value.slice, ast.Tuple) else [value.slice]
        return {target.id: {ast.unparse(each): "" for each in values}}
    if isinstance(value, ast.Call) and value.args:  # frozenset({1, 2})
        value = value.args[0]
    try:
        constant: object = ast.literal_eval(value)
    except ValueError:
        return {}
    read = _bounds if target.id.endswith("_SCHEMA") else _leaves
    return {target.id: dict(read(constant, ""))}


def _bounds(schema: Any, path: str) -> Iterator[tuple[str, str]]:
    """The bounds of a schema, by field; the types of fields are those of the classes."""
    for keyword, value in schema.items():
        if keyword == "properties":
            for field, each in value.items():
                yield from _bounds(each, f"{path}.{field}" if path else field)
        elif keyword == "items":
            yield from _bounds(value, f"{path}[]")
        elif keyword == "anyOf":
            for each in value:
                yield from _bounds(each, path)
        elif keyword != "type":
            yield f"{path}.{keyword}" if path else keyword, repr(value)


def _leaves(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in cast("dict[object, object]", value).items():
            yield from _leaves(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, set):
        for each in sorted(map(repr, cast("set[object]", value))):
            yield each, ""
    else:
        yield path, repr(value)


def compare(old: dict[str, Members], new: dict[str, Members]) -> list[str]:
    """One short line for each public name that was added (`+`), removed (`-`) or changed (`~`)."""
    lines: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before is None:
            members = after or {}
            lines.append(f"+ {name}: {', '.join(members) or members.get('', 'new')}")
        elif after is None:
            lines.append(f"- {name}")
        else:
            lines.extend(_compare_members(name, before, after))
    return lines


def _compare_members(name: str, old: Members, new: Members) -> Iterator[str]:
    for member in [*old, *(each for each in new if each not in old)]:
        before, after = old.get(member), new.get(member)
        if before == after:
            continue
        # A constant that is a single value has no members: it is its own.
        path = f"{name}.{member}" if member else name
        if before is None:
            yield f"+ {path}" + (f": {after}" if after else "")
        elif after is None:
            yield f"- {path}" + (f": {before}" if before else "")
        else:
            yield f"~ {path}: {before} → {after}"
