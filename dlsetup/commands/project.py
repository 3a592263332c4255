"""Reads dlsetup.toml, or [tool.dlsetup] in pyproject.toml, of the folder in which dlsetup runs."""

from __future__ import annotations

import sys
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from dlsetup.errors import UnreadableError, UsageError
from dlsetup.probe import paths
from dlsetup.values.project import Project

if TYPE_CHECKING:
    from dlsetup.system.interface import System

KEYS = tuple(each.name.replace("_", "-") for each in fields(Project) if each.name != "source")
"""What the file may say: the options of the command line, by their names."""

_ELSEWHERE = frozenset({"policy"})
"""Tables that stand in the same file for other commands."""


def read_project(system: System) -> Project:
    """Return what the file in the working folder says; dlsetup.toml alone counts where both are there.

    Raises UnreadableError for a file that is no TOML, and UsageError for a key or a value that cannot be.
    """
    folder = str(system.value("folder") or ".")
    for name, table in (("dlsetup.toml", ()), ("pyproject.toml", ("tool", "dlsetup"))):
        path = paths.join(system, folder, name)
        text = system.read(path).text
        found = None if text is None else parse_project(text, path, table)
        if found is not None:
            return found
    return Project()


def parse_project(text: str, path: str, table: tuple[str, ...] = ()) -> Project | None:
    """Return what a file says below a table; None where it has no such table."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        said: Any = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise UnreadableError(f"{path} cannot be read", seen=str(problem), do="write it as TOML") from None
    for key in table:
        said = said.get(key) if isinstance(said, dict) else None
    if said is None:
        return None
    if not isinstance(said, dict):
        raise _wrong(path, ".".join(table), said, "a table")
    return Project(
        **{key.replace("-", "_"): _value(path, key, value) for key, value in _known(path, said)}, source=path
    )


def _known(path: str, said: dict[str, Any]) -> list[tuple[str, Any]]:
    for key in said:
        if key not in KEYS and key not in _ELSEWHERE:
            import difflib

            near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.5)
            do = f"did you mean {near[0]}?" if near else f"it may have: {', '.join(KEYS)}"
            raise UsageError(f"{path} has a key that dlsetup does not know", seen=key, do=do)
    return [(key, value) for key, value in said.items() if key in KEYS]


def _value(path: str, key: str, value: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
    if key == "offline":
        if not isinstance(value, bool):
            raise _wrong(path, key, value, "true or false")
        return value
    if key == "frameworks":
        names = [value] if isinstance(value, str) else value
        if not (isinstance(names, list) and names and all(isinstance(each, str) for each in names)):
            raise _wrong(path, key, value, 'a list of names, such as ["pytorch", "keras==3.15.1"]')
        return tuple(names)
    if not (isinstance(value, str) and value):
        raise _wrong(path, key, value, "a text in quotes")
    return value


def _wrong(path: str, key: str, value: object, wanted: str) -> UsageError:
    return UsageError(f"{path}: {key} has to be {wanted}", seen=f"{key} = {value!r}", do="mend that line")
