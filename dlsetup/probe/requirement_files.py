"""Requirement files of the working folder: what they ask for, and which indexes they name.

Their format is that of https://pip.pypa.io/en/stable/reference/requirements-file-format/, and for pyproject.toml that
of https://docs.astral.sh/uv/concepts/projects/dependencies/#index.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from dlsetup.probe import paths
from dlsetup.values.environment import RequirementFile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from dlsetup.system.interface import System

_NAME = r"requirements(?:[-_.][\w-]+)?\.txt"
_FILES = 4
"""Files that are read; a folder with more is a collection, not somebody's project."""
_LONGEST = 200_000
"""Characters of a file that are read; locks of large projects have that many and need no judging."""

_COMMENT = r"(?:^|\s)#.*$"
_INDEX = r"(?:-i|-f|--index-url|--extra-index-url|--find-links)(?:\s*=\s*|\s+)(\S+)"
_OPTION = r"\s--(?:hash|config-settings|global-option)\b.*$"


def read_requirement_files(system: System, folder: str | None) -> tuple[RequirementFile, ...]:
    """Return the requirement files of a folder."""
    names = [
        name
        for name in (system.listing(folder) or () if folder else ())
        if name.startswith("requirements") and re.fullmatch(_NAME, name)
    ]
    found = []
    for name in names[:_FILES]:
        path = paths.join(system, folder or "", name)
        text = system.read(path).text
        if text is not None and len(text) <= _LONGEST:
            requirements, indexes = parse_requirements(text)
            found.append(RequirementFile(path=path, requirements=requirements, indexes=indexes))
    project = paths.join(system, folder or "", "pyproject.toml")
    text = system.read(project).text if folder else None
    everywhere = parse_uv_sources(text) if text is not None and "[tool.uv" in text else ()
    if everywhere:
        found.append(RequirementFile(path=project, everywhere=everywhere))
    return tuple(found)


def parse_uv_sources(text: str) -> tuple[tuple[str, str], ...]:
    """Read which packages a project takes from one index of its own on every platform, with the index's address."""
    try:
        uv = tomllib.loads(text)["tool"]["uv"]
        addresses = {each["name"]: each["url"] for each in uv["index"]}
        sources = {name: source for name, source in uv["sources"].items() if isinstance(source, dict)}
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError, RecursionError):
        return ()
    return tuple(
        (name, str(addresses[source["index"]]))
        for name, source in sources.items()
        if isinstance(source.get("index"), str) and source["index"] in addresses and "marker" not in source
    )


def parse_requirements(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read the requirements of a file, as written, and the addresses of the indexes that it names."""
    requirements: list[str] = []
    indexes: list[str] = []
    for raw in text.replace("\\\r\n", " ").replace("\\\n", " ").splitlines():
        line = re.sub(_COMMENT, "", raw).strip()
        if line.startswith("-"):
            indexes.extend(re.findall(_INDEX, line))
        elif line:
            requirements.append(re.sub(_OPTION, "", line).strip())
    return tuple(requirements), tuple(indexes)
