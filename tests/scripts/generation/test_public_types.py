"""What regeneration prints about the public types."""

from pathlib import Path

from generation.public_types import compare, public_types

BEFORE = {
    "models/role.py": 'class Role(StrEnum):\n    USER = "user"\n    OLD = "old"\n',
    "models/usage.py": (
        "@_attrs_define\nclass Usage:\n    total: int | Unset = UNSET\n    gone: int = 1\n"
        "    additional_properties: dict[str, Any] = field()\n"
    ),
    "models/tool.py": "class Tool:\n    name: str\n",
    "contract.py": (
        "SPEC_SHA256 = 'a'\nX_KEYS: str = 'a'\nX_PARAMETERS: dict[str, str] = {'a': 'int'}\n"
        "RoleLiteral: TypeAlias = Literal['user', 'old']\n"
        "RETRYABLE = frozenset({1, 2})\n"
        "X_SCHEMA: dict[str, Any] = {'properties': {'top_p': {'maximum': 1}}}\n"
        "X_PATH: str = '/v1/x'\n_PRIVATE = 1\n"
    ),
    "views.py": (
        "class UsageView(View):\n    @property\n    def total(self) -> int | None: ...\n"
        "    def helper(self) -> int: ...\n"
    ),
    "params.py": (
        "class _UsageRequired(TypedDict):\n    id: int\n    kind: str\n"
        "class UsageParam(_UsageRequired, total=False):\n    note: str | None\n"
    ),
    "api/chat/create.py": "def _get_kwargs(*, body: Request) -> dict[str, Any]: ...\n",
}
AFTER = {
    "models/role.py": 'class Role(StrEnum):\n    USER = "user"\n    NEW = "new"\n',
    "models/usage.py": "class Usage:\n    total: float | Unset = UNSET\n",
    "models/call.py": "class Call:\n    id: str\n    kind: str\n",
    "contract.py": (
        "SPEC_SHA256 = 'b'\nX_KEYS: str = 'b'\nX_PARAMETERS: dict[str, str] = {'b': 'int'}\n"
        "RoleLiteral: TypeAlias = Literal['user', 'new']\n"
        "RETRYABLE = frozenset({2, 3})\n"
        "X_SCHEMA: dict[str, Any] = {'properties': {'top_p': {'maximum': 2}, "
        "'stop': {'type': 'array', 'items': {'anyOf': [{'maxLength': 9}, {'type': 'null'}]}}}}\n"
        "X_PATH: str = '/v2/x'\nX_METHOD: str = 'get'\n_PRIVATE = 2\n"
    ),
    "views.py": (
        "class UsageView(View):\n    @property\n    def total(self) -> float | None: ...\n"
    ),
    "params.py": (
        "class _UsageRequired(TypedDict):\n    id: str\n    note: str | None\n"
        "class UsageParam(_UsageRequired, total=False):\n    kind: str\n"
    ),
    "api/chat/create.py": "def _get_kwargs(id: str, *, body: Request) -> dict[str, Any]: ...\n",
    "api/chat/list_models.py": "def _get_kwargs() -> dict[str, Any]: ...\n",
}


def package(folder: Path, files: dict[str, str]) -> Path:
    for name, source in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(source, encoding="utf-8")
    return folder


def test_each_added_removed_or_changed_type_is_one_line(tmp_path: Path) -> None:
    old = public_types(package(tmp_path / "old", BEFORE))
    new = public_types(package(tmp_path / "new", AFTER))
    assert compare(old, new) == [
        "+ Call: id, kind",
        "- RETRYABLE.1",
        "+ RETRYABLE.3",
        "- Role.OLD: 'old'",
        "+ Role.NEW: 'new'",
        "- RoleLiteral.'old'",
        "+ RoleLiteral.'new'",
        "- Tool",
        "~ Usage.total: int | Unset → float | Unset",
        "- Usage.gone: int",
        "~ UsageParam.id: Required[int] → Required[str]",
        "~ UsageParam.kind: Required[str] → str",
        "~ UsageParam.note: str | None → Required[str | None]",
        "~ UsageView.total: int | None → float | None",
        "+ X_METHOD: 'get'",
        "~ X_PATH: '/v1/x' → '/v2/x'",
        "~ X_SCHEMA.top_p.maximum: 1 → 2",
        "+ X_SCHEMA.stop[].maxLength: 9",
        "+ api.chat.create.id: str",
        "+ api.chat.list_models: new",
    ]
    assert compare(new, new) == []


def test_package_that_lacks_a_module_can_be_compared(tmp_path: Path) -> None:
    views = {"views.py": BEFORE["views.py"]}
    assert public_types(package(tmp_path, views)) == {"UsageView": {"total": "int | None"}}
