"""Which Python interpreters the machine has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe import paths
from dlsetup.probe.pyvenv import parse_pyvenv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.system.interface import System

IS_PYTHON = re.compile(r"python(?:(\d)(?:\.(\d+)(t?))?)?(?:\.exe)?", re.IGNORECASE)
_VERSION_FOLDER = re.compile(
    r"(?:^|[/\\])(?:python(?=\d\d+[-/\\])|(?:cpython-|python-?|PythonSoftwareFoundation\.Python\.)?(?=\d\.))"
    r"(\d)\.?(\d+)(?:\.(\d+))?(?:(?:a|b|rc)\d+|-dev)?(?:\+freethreaded|t)?(?=[-/\\_])",
    re.IGNORECASE,
)
"""Folders that tell a version: cpython-3.12.4-linux-x86_64-gnu, 3.12.4, Python312, ...Foundation.Python.3.11_xyz."""

_OTHER_IMPLEMENTATION = re.compile(
    r"[/\\](?:pypy|graalpy|jython|ironpython|micropython|stackless|rustpython|pyston)", re.IGNORECASE
)
_SCRIPT_BYTES = 64 * 1024
"""No interpreter of which a file this small begins with "#!" is anything but a shim."""

_CONDA_NAMES = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba", "miniconda", "anaconda")


def find_interpreters(system: System) -> tuple[str, ...]:
    """Return the CPython interpreters of the machine, the newest version first; nothing is run for it.

    Virtual environments are not among them (their base is), nor the shims of pyenv and asdf, which are scripts.
    """
    seen: set[str] = set()
    found: list[tuple[tuple[int, ...], str]] = []
    for path in _candidates(system):
        real = system.link(path) or (path if system.exists(path) else None)
        if real is None or _key(system, real) in seen:
            continue
        seen.add(_key(system, real))
        if not _OTHER_IMPLEMENTATION.search(real) and not _is_script(system, path):
            found.append((_sort_key(path, real), path))
    return tuple(path for _, path in sorted(found, key=lambda each: each[0], reverse=True))


def _key(system: System, path: str) -> str:
    return path.lower() if system.platform == "windows" else path


def _candidates(system: System) -> Iterator[str]:
    """Yield paths that may be interpreters, those that are first on the PATH first."""
    looked: set[str] = set()
    for folder in _folders(system):
        real = system.link(folder) or folder
        if real not in looked:
            looked.add(real)
            yield from _interpreters_in(system, folder)


def _interpreters_in(system: System, folder: str) -> Iterator[str]:
    names = [each for each in system.listing(folder) or () if IS_PYTHON.fullmatch(each)]
    for each in sorted(names, key=lambda text: (-len(text), text)):
        yield paths.join(system, folder, each)


def _folders(system: System) -> Iterator[str]:
    """Yield the folders that may hold interpreters."""
    for folder in paths.folders_of(system, "PATH"):
        folder = folder.strip('"')  # noqa: PLW2901 - Windows allows quotes here
        if paths.is_absolute(system, folder) and not _is_stub_folder(system, folder):
            yield from _base_of(system, folder)
    if system.platform == "windows":
        yield from _windows_folders(system)
        return
    yield from (each for each in _POSIX_FOLDERS if not _is_stub_folder(system, each))
    yield from _versions(system, "/Library/Frameworks/Python.framework/Versions", "bin")
    home = paths.home(system)
    pyenv = system.variable("PYENV_ROOT") or (home and paths.join(system, home, ".pyenv"))
    for root in (pyenv and paths.join(system, pyenv, "versions"), *_home_roots(system, home), *_uv_roots(system)):
        if root:
            yield from _versions(system, root, "bin")
    for base in conda_bases(system, home):
        yield paths.join(system, base, "bin")


_POSIX_FOLDERS = (
    "/usr/local/bin",
    "/usr/bin",
    "/opt/homebrew/bin",
    "/Library/Developer/CommandLineTools/usr/bin",
)


def _is_stub_folder(system: System, folder: str) -> bool:
    """Tell whether the Pythons of a folder are stand-ins that only offer to install something.

    /usr/bin/python3 of macOS opens a dialogue where the command line tools are not installed, and the aliases in
    Windows' WindowsApps lead to the Store.
    """
    if system.platform == "macos":
        return folder.rstrip("/") == "/usr/bin"
    return system.platform == "windows" and folder.rstrip("\\").lower().endswith("\\windowsapps")


def _base_of(system: System, folder: str) -> Iterator[str]:
    """Yield the folder, or for the programs of a virtual environment the folder of its base interpreter."""
    text = system.read(paths.join(system, paths.parent(system, folder.rstrip("/\\")), "pyvenv.cfg")).text
    if text is None:
        yield folder
        return
    base = parse_pyvenv(text).get("home")
    if base:
        yield base


def _versions(system: System, root: str, *inner: str) -> Iterator[str]:
    for each in sorted(system.listing(root) or (), key=paths.natural, reverse=True):
        if not each.startswith("."):
            yield paths.join(system, root, each, *inner)


def _home_roots(system: System, home: str | None) -> Iterator[str]:
    if home:
        yield paths.join(system, home, ".asdf", "installs", "python")
        yield paths.join(system, home, ".local", "share", "mise", "installs", "python")


def _uv_roots(system: System) -> Iterator[str]:
    """Yield the folders of uv's managed interpreters (https://docs.astral.sh/uv/reference/storage/)."""
    chosen = system.variable("UV_PYTHON_INSTALL_DIR")
    if chosen:
        yield chosen
    home = paths.home(system)
    if system.platform == "windows":
        data = system.variable("APPDATA")
        ends: tuple[tuple[str, ...], ...] = (("uv", "python"), ("uv", "data", "python"))
    else:
        data = system.variable("XDG_DATA_HOME") or (home and paths.join(system, home, ".local", "share"))
        ends = (("uv", "python"),)
    if data:
        yield from (paths.join(system, data, *end) for end in ends)


def conda_bases(system: System, home: str | None) -> Iterator[str]:
    """Yield the folders that conda may be installed in."""
    executable = system.variable("CONDA_EXE")
    if executable:
        yield paths.parent(system, paths.parent(system, executable))
    if home:
        yield from (paths.join(system, home, each) for each in _CONDA_NAMES)
    if system.platform == "windows":
        shared = system.variable("PROGRAMDATA")
        if shared:
            yield from (paths.join(system, shared, each) for each in _CONDA_NAMES)
    else:
        yield from (f"/opt/{each}" for each in ("conda", *_CONDA_NAMES))


def _windows_folders(system: System) -> Iterator[str]:
    home, local = paths.home(system), system.variable("LOCALAPPDATA")
    if local:
        yield from _versions(system, paths.join(system, local, "Programs", "Python"))
        store = paths.join(system, local, "Microsoft", "WindowsApps")
        for each in system.listing(store) or ():
            if each.startswith("PythonSoftwareFoundation.Python."):
                yield paths.join(system, store, each)
    programs = system.variable("PROGRAMFILES")
    if programs:
        yield from (each for each in _versions(system, programs) if "python" in each.lower())
    if home:
        yield from _versions(system, paths.join(system, home, ".pyenv", "pyenv-win", "versions"))
    for root in _uv_roots(system):
        yield from _versions(system, root)
    yield from conda_bases(system, home)


def _is_script(system: System, path: str) -> bool:
    size = system.size(path)
    if size is not None and size > _SCRIPT_BYTES:
        return False
    return (system.read(path).text or "").startswith("#!")


def _sort_key(path: str, real: str) -> tuple[int, ...]:
    """Return (major, minor, patch, ordinary build) as far as names tell it; what is unknown comes last."""
    name = max(_named(path), _named(real))
    for each in (real, path):
        for match in reversed(list(_VERSION_FOLDER.finditer(each))):
            numbers = tuple(int(part) if part else -1 for part in match.groups())
            if name == (-1, -1) or numbers[:2] == name:
                return (*numbers, int(not _is_free_threaded(each)))
    return (*name, -1, int(not _is_free_threaded(real)))


def _named(path: str) -> tuple[int, int]:
    match = IS_PYTHON.fullmatch(re.split(r"[/\\]", path)[-1])
    if match is None or match[2] is None:
        return (-1, -1)
    return (int(match[1]), int(match[2]))


def _is_free_threaded(path: str) -> bool:
    return bool(re.search(r"freethreaded|\d\.\d+(?:\.\d+)?t(?:[/\\.]|$)", path))
