"""Shared libraries that old frameworks want from elsewhere, and whether the loader would find them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe import paths
from dlsetup.probe.answers import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.system.interface import System
    from dlsetup.values.environment import Distribution

FOLDERS = {"cntk": "cntk/libs", "cntk-gpu": "cntk/libs"}
"""Where a framework's wheel keeps its libraries, below site-packages. Source: the RECORD of PyPI's cntk 2.7.post2."""

_SECONDS = 5.0
_CACHED = re.compile(r"^\s+(libmpi\S*\.so\S*) \(", re.MULTILINE)
_MPI = re.compile(r"libmpi\w*\.so[.\d]*")


def probe_libraries(
    system: System, sites: Iterable[str], distributions: Iterable[Distribution]
) -> tuple[str, ...] | None:
    """Return the libraries beside those of an installed old framework, and those of MPI that are found elsewhere.

    None where there is no such framework, or its folder cannot be looked into.
    """
    folder = next((FOLDERS[each.name] for each in distributions if each.name in FOLDERS), None)
    if folder is None:
        return None
    beside = [names for site in sites if (names := system.listing(paths.join(system, site, *folder.split("/"))))]
    if not beside:
        return None
    own = {name for names in beside for name in names}
    if any(_MPI.fullmatch(name) for name in own):
        return tuple(sorted(own))
    return tuple(sorted(own | _elsewhere(system)))


def _elsewhere(system: System) -> set[str]:
    """Return the names of MPI's libraries on LD_LIBRARY_PATH and in the loader's cache."""
    names: set[str] = set()
    for folder in paths.folders_of(system, "LD_LIBRARY_PATH"):
        names.update(name for name in system.listing(folder) or () if _MPI.fullmatch(name))
    return names | set(parse_cache(system.run(("ldconfig", "-p"), timeout=_SECONDS).stdout))


def parse_cache(text: str) -> tuple[str, ...]:
    """Read the names of MPI's libraries from what `ldconfig -p` prints."""
    return tuple(_CACHED.findall(clean(text)))
