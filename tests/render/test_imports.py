"""Rich costs 20 ms at start-up: it is imported when something is drawn, and never for JSON."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from dlsetup.render import as_json

ROOM = Path(as_json.__file__).parent


def imported(statements: list[ast.stmt]) -> set[str]:
    """Return the packages that statements import, those inside functions and `if TYPE_CHECKING` left out."""
    names: set[str] = set()
    for statement in statements:
        if isinstance(statement, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            names.add((statement.module or "").partition(".")[0])
    return names


@pytest.mark.parametrize("file", sorted(ROOM.glob("*.py")), ids=lambda file: file.stem)
def test_no_module_imports_rich_when_it_is_imported(file):
    assert not imported(ast.parse(file.read_text("utf-8")).body) & {"rich", "packaging", "typing_extensions"}


def test_json_knows_nothing_of_rich():
    assert "rich" not in Path(as_json.__file__).read_text("utf-8")
