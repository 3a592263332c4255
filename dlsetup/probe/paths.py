"""Paths of the probed machine, which need not be of the kind of the machine that dlsetup runs on."""

from __future__ import annotations

import ntpath
import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlsetup.system.interface import System


def join(system: System, *parts: str) -> str:
    """Join parts with the machine's separator."""
    return ntpath.join(*parts) if system.platform == "windows" else posixpath.join(*parts)


def parent(system: System, path: str) -> str:
    """Return the folder that a path lies in."""
    return ntpath.dirname(path) if system.platform == "windows" else posixpath.dirname(path)


def name(system: System, path: str) -> str:
    """Return a path's last part."""
    return ntpath.basename(path) if system.platform == "windows" else posixpath.basename(path)


def absolute(system: System, path: str) -> str:
    """Return a path without dots, from the root; a relative one is taken from the working folder."""
    folder = system.value("folder")
    start = folder if isinstance(folder, str) else ""
    if system.platform == "windows":
        return ntpath.normpath(ntpath.join(start, path))
    return posixpath.normpath(posixpath.join(start, path))


def is_absolute(system: System, path: str) -> bool:
    """Tell whether a path begins at a root."""
    return ntpath.isabs(path) if system.platform == "windows" else posixpath.isabs(path)


def inside(system: System, path: str, folder: str) -> bool:
    """Tell, by the names alone, whether a path lies in a folder."""
    separator, case = ("\\", str.lower) if system.platform == "windows" else ("/", str)
    outer = case(folder).rstrip("/\\")
    return case(path) == outer or case(path).startswith(outer + separator)


def home(system: System) -> str | None:
    """Return the user's home folder."""
    found = system.value("home") or system.variable("USERPROFILE" if system.platform == "windows" else "HOME")
    return found if isinstance(found, str) and found else None


def folders_of(system: System, variable: str) -> tuple[str, ...]:
    """Split a variable such as PATH or PYTHONPATH into its folders, as they are written."""
    text = system.variable(variable)
    if text is None and system.platform == "windows":
        text = system.variable(variable.capitalize())
    return tuple((text or "").split(";" if system.platform == "windows" else ":")) if text else ()


def first_on_path(system: System, program: str) -> str | None:
    """Return the first program of that name on the PATH.

    Folders that are not absolute are left out: what lies in the working folder is not to be run unasked.
    """
    file = program + ".exe" if system.platform == "windows" else program
    for folder in folders_of(system, "PATH"):
        path = join(system, folder.strip('"'), file)
        if is_absolute(system, path) and system.exists(path):
            return path
    return None


def nearest_existing(system: System, path: str) -> str | None:
    """Return the path itself, or the nearest folder above it that exists; None where that is not known."""
    path = absolute(system, path)
    while True:
        there = system.exists(path)
        if there is None:
            return None
        if there:
            return path
        above = parent(system, path)
        if above == path:
            return None
        path = above


def natural(text: str) -> list[tuple[int, str]]:
    """Return a sorting key by which "3.9" comes before "3.10"."""
    return [(int(part[:18]), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", text)]
