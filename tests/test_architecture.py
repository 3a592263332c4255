"""The import table of the project, and what belongs together, held by reading the sources."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "dlsetup"

NOUNS = {"values", "errors"}
STAGES = {"catalog", "probe", "plan", "check", "explain", "resolve", "install", "verify"}
ALLOWED = {
    "errors": set(),
    "values": {"errors"},
    "system": {"errors"},
    "uv": {"errors", "values"},
    "catalog": NOUNS,
    "probe": {"system", *NOUNS},
    "plan": {"uv", *NOUNS},
    "check": {"values"},
    "explain": NOUNS,
    "render": {"values"},
    "resolve": {"system", "uv", *NOUNS},
    "install": {"system", "uv", *NOUNS},
    "verify": {"system", *NOUNS},
    "commands": {*STAGES, "system", "uv", *NOUNS},
    "cli": {"commands", "render", "system", *NOUNS, "__init__"},
    "__main__": {"cli"},
    "__init__": set(),
}
"""Which rooms each room may import besides its own files."""

ONLY_IN = {
    "subprocess": "system",
    "platform": "system",
    "psutil": "system",
    "cpuinfo": "system",
    "ctypes": "system",
    "pynvml": "system",
    "rich": "render",
    "typer": "cli",
    "click": "cli",
}
"""Modules that one room alone may import."""


def sources():
    return [path for path in sorted(PACKAGE.rglob("*.py")) if "smoke/" not in path.as_posix()]


def room(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(path: Path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "relative"


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_room_imports_only_what_the_table_allows(path):
    here = room(path)
    for name in imports(path):
        assert name != "relative", f"{path} imports relatively"
        if not name.startswith("dlsetup"):
            continue
        parts = name.split(".")
        there = parts[1] if len(parts) > 1 else "__init__"
        if there not in ALLOWED:
            there = "__init__"
        assert there == here or there in ALLOWED[here], f"{here} may not import {name}"


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_the_machine_the_screen_and_the_command_line_have_one_door_each(path):
    for name in imports(path):
        owner = ONLY_IN.get(name.split(".")[0])
        assert owner is None or owner == room(path), f"{path} imports {name}"


def test_every_room_is_in_the_table():
    assert {room(path) for path in sources()} == set(ALLOWED)


def test_no_module_bears_a_standard_library_name():
    import sys

    names = {path.stem for path in sources()} - {"__init__", "__main__"}
    # packages of our own with these names are never imported as top-level modules
    assert not names & (set(sys.stdlib_module_names) - {"platform"}) - {"resource"}


def test_a_topic_has_its_tests_where_its_code_is():
    for folder in (ROOT / "tests").iterdir():
        if folder.is_dir() and not folder.name.startswith(("_", ".")):
            assert folder.name in {*ALLOWED, "hosts", "properties", "end_to_end"}, folder


def test_every_framework_has_its_smoke_script_and_every_script_its_framework():
    rows = {path.stem for path in (PACKAGE / "catalog" / "frameworks").glob("*.toml")}
    scripts = {path.stem.removeprefix("smoke_") for path in (PACKAGE / "verify" / "smoke").glob("smoke_*.py")}
    assert rows
    assert rows == scripts


def test_error_kinds_and_exit_codes_are_unique():
    from dlsetup import errors

    kinds = [
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.DlsetupError) and each is not errors.DlsetupError
    ]
    assert {each.exit_code for each in kinds} == {2, 3, 4, 5, 6, 7, 130}
    assert max(Counter(each.kind for each in kinds).values()) == 1


def test_every_error_class_ends_a_command():
    from dlsetup import errors

    text = "\n".join(path.read_text(encoding="utf-8") for path in sources())
    for name, each in vars(errors).items():
        if isinstance(each, type) and issubclass(each, errors.DlsetupError) and each is not errors.DlsetupError:
            used = text.count(f"{name}(") + text.count(f"{name}.exit_code")
            assert used > 1, f"no command ends as {name}"
