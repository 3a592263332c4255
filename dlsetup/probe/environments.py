"""Where a machine keeps its environments: in projects, in tools' collections, in conda's list, and the interpreters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.probe import paths
from dlsetup.probe.interpreters import conda_bases, find_interpreters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.system.interface import System

USUAL = (".venv", "venv", "env", ".env")
"""What people call the environment of a project."""

_MOST = 400
"""Folders that are looked into: a working folder with more of them is no folder of projects."""


def find_environments(system: System, folder: str | None) -> tuple[str, ...]:
    """Return the environments of a machine, those in and around a working folder first; nothing is run for it.

    Each is a folder or, where Python is installed outside of an environment, an interpreter.
    """
    found: dict[str, str] = {}
    for path in _folders(system, folder):
        real = system.link(path)
        if real is not None and (real not in found or path == real) and _is_environment(system, path):
            # its own path rather than a link to it
            found[real] = path
    interpreters = (each for each in find_interpreters(system) if not _inside_any(system, each, found))
    return (*found.values(), *interpreters)


def _is_environment(system: System, folder: str) -> bool:
    marks = (paths.join(system, folder, "pyvenv.cfg"), paths.join(system, folder, "conda-meta"))
    return any(system.exists(each) for each in marks)


def _inside_any(system: System, interpreter: str, found: dict[str, str]) -> bool:
    """Tell whether an interpreter is that of an environment: conda's lie in theirs."""
    real = system.link(interpreter) or interpreter
    return any(paths.inside(system, real, folder) for folder in found)


def _folders(system: System, folder: str | None) -> Iterator[str]:
    """Yield folders that may be environments, the nearest first."""
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        active = system.variable(variable)
        if active:
            yield active
    home = paths.home(system)
    if folder is not None:
        yield from _around(system, folder, home)
    yield from _of_conda(system, home)
    for root in _collections(system, home):
        yield from _inner(system, root)
    pyenv = system.variable("PYENV_ROOT") or (home and paths.join(system, home, ".pyenv"))
    for version in _inner(system, paths.join(system, pyenv, "versions")) if pyenv else ():
        yield version
        yield from _inner(system, paths.join(system, version, "envs"))


def _around(system: System, folder: str, home: str | None) -> Iterator[str]:
    """Yield what lies in the working folder, in its projects, and in the folders above it that are the user's."""
    yield folder
    for name in USUAL:
        yield paths.join(system, folder, name)
    inner = tuple(_inner(system, folder))
    yield from inner
    for project in inner:
        yield from (paths.join(system, project, name) for name in USUAL)
    above = folder
    # outside of the home folder somebody else may have put an environment there (/tmp/.venv), and it is to be started
    while home is not None and above != home and paths.inside(system, above, home):
        above = paths.parent(system, above)
        yield from (paths.join(system, above, name) for name in USUAL)


def _inner(system: System, folder: str) -> Iterator[str]:
    for name in (system.listing(folder) or ())[:_MOST]:
        yield paths.join(system, folder, name)


def _of_conda(system: System, home: str | None) -> Iterator[str]:
    """Yield the environments that conda lists, its bases and what lies in their folders.

    Source: https://docs.conda.io/projects/conda/en/stable/user-guide/configuration/custom-env-and-pkg-locations.html
    """
    listed = system.read(paths.join(system, home, ".conda", "environments.txt")).text if home else None
    yield from (line.strip() for line in (listed or "").splitlines() if line.strip())
    for base in conda_bases(system, home):
        yield base
        yield from _inner(system, paths.join(system, base, "envs"))
    for variable in ("CONDA_ENVS_PATH", "CONDA_ENVS_DIRS"):
        for root in paths.folders_of(system, variable):
            yield from _inner(system, root)


def _collections(system: System, home: str | None) -> Iterator[str]:
    """Yield the folders in which tools keep environments: uv tool, pipx, virtualenvwrapper, pipenv and poetry.

    Sources: https://docs.astral.sh/uv/reference/storage/, https://pipx.pypa.io/stable/installation/,
    https://virtualenvwrapper.readthedocs.io/en/latest/install.html, https://pipenv.pypa.io/en/latest/virtualenv.html,
    https://python-poetry.org/docs/configuration/
    """
    tools, pipx = system.variable("UV_TOOL_DIR"), system.variable("PIPX_HOME")
    if tools:
        yield tools
    if pipx:
        yield paths.join(system, pipx, "venvs")
    shelf = system.variable("WORKON_HOME")
    if shelf:
        yield shelf
    if home is None:
        return
    data = system.variable("XDG_DATA_HOME") or paths.join(system, home, ".local", "share")
    if system.platform == "windows":
        roaming, local = system.variable("APPDATA"), system.variable("LOCALAPPDATA")
        yield from (paths.join(system, each, *end) for each, end in ((roaming, _UV), (local, _POETRY)) if each)
    elif system.platform == "macos":
        yield paths.join(system, home, "Library", "Caches", "pypoetry", "virtualenvs")
        yield paths.join(system, home, "Library", "Application Support", "pipx", "venvs")
    yield from (paths.join(system, data, *end) for end in (("uv", "tools"), ("pipx", "venvs"), ("virtualenvs",)))
    yield from (paths.join(system, home, *end) for end in _IN_HOME)


_UV = ("uv", "tools")
_POETRY = ("pypoetry", "Cache", "virtualenvs")
_IN_HOME = (
    (".local", "pipx", "venvs"),
    ("pipx", "venvs"),
    (".virtualenvs",),
    (".cache", "pypoetry", "virtualenvs"),
    (".venvs",),
)
