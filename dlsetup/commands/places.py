"""Which environment a command is about."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup import uv
from dlsetup.commands.sharing import own_suffix, stranger
from dlsetup.errors import UsageError
from dlsetup.probe import ask_interpreter, find_interpreters
from dlsetup.values.plan import Place
from dlsetup.values.request import StatedHost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.system.interface import System
    from dlsetup.values.build import Catalog
    from dlsetup.values.environment import Interpreter, Session
    from dlsetup.values.request import Request

DEFAULT = ".venv"

FOREIGN_PYTHONS = ("3.12", "3.13", "3.11", "3.14", "3.10")
"""What is tried on a machine whose interpreters are not known, the most widely served first.

Source: the wheels of the newest torch (3.11 to 3.15), TensorFlow (3.10 to 3.13) and Keras (3.11 and newer), read
2026-11-22 from their index pages.
"""

_VERSION = re.compile(r"3\.\d{1,2}(?:\.\d{1,3})?t?")


def is_version(python: str | None) -> bool:
    """Tell whether --python names a version, not a path."""
    return bool(python and _VERSION.fullmatch(python))


def existing_environment(
    system: System, session: Session, environment: str | None, python: str | None, wanted: tuple[str, ...] = ()
) -> str | None:
    """Return the environment (or interpreter) to look at: the named one, the active one, .venv here, the PATH's python.

    Where one framework is `wanted`, an environment here that bears its name comes before .venv.
    Raises UsageError where a named one is not there.
    """
    if environment is not None:
        _check_exists(system, environment, "--env")
        return environment
    if python is not None and not is_version(python):
        _check_exists(system, python, "--python")
        return python
    here = _join(session.folder, DEFAULT)
    if session.active:
        return session.active
    if len(wanted) == 1 and is_environment(system, f"{here}-{wanted[0]}"):
        return f"{here}-{wanted[0]}"
    return here if system.exists(here + "/pyvenv.cfg") else session.python


def _check_exists(system: System, path: str, option: str) -> None:
    if system.exists(path) is False:
        raise UsageError(
            f"{option} {path} is not there",
            seen="no such file or folder",
            do="give the path of an environment or interpreter, or leave the option out",
        )


def places_to_install(
    system: System, session: Session, request: Request, catalog: Catalog | None = None
) -> Iterator[Place]:
    """Yield where the plan may install, the best first. Interpreters are asked only as far as the planner goes on.

    With a catalog no retired framework comes to share an environment with another.
    Raises UsageError where what the user named cannot be used.
    """
    if request.environment is not None:
        yield from _named(system, session, request, request.environment, catalog)
    elif request.python is not None and not is_version(request.python):
        yield from _by_interpreter(system, session, request, request.python, catalog)
    else:
        yield from _unnamed(system, session, request, catalog)


def _named(system: System, session: Session, request: Request, folder: str, catalog: Catalog | None) -> Iterator[Place]:
    folder = _join(session.folder, folder)
    _check_folder(system, folder)
    if is_environment(system, folder):
        _check_company(system, folder, request, catalog)
        yield _existing(system, folder, request)
        return
    yield from _new(system, session, request, folder, why="")


def _check_company(system: System, folder: str, request: Request, catalog: Catalog | None) -> None:
    other = stranger(system, folder, request, catalog)
    if other is not None:
        raise UsageError(
            f"{folder} holds {other.title}, and a retired framework shares no environment",
            seen=f"what {_names(request)} needs and what {other.title} needs hold each other back",
            do=f"give it one of its own: --env {DEFAULT}-{request.wanted[0].framework}",
        )


def _names(request: Request) -> str:
    return " and ".join(each.framework for each in request.wanted)


def _by_interpreter(
    system: System, session: Session, request: Request, python: str, catalog: Catalog | None
) -> Iterator[Place]:
    _check_exists(system, python, "--python")
    interpreter = _asked(system, _join(session.folder, python))
    if interpreter.prefix and interpreter.prefix != interpreter.base_prefix:
        _check_company(system, interpreter.prefix, request, catalog)
        yield Place(environment=interpreter.prefix, exists=True, interpreter=interpreter)
        return
    name = DEFAULT + own_suffix(request, catalog)
    folder = _join(session.folder, name)
    if is_environment(system, folder):
        raise UsageError(
            f"{python} is not in an environment, and {name} here exists already",
            seen="dlsetup never changes an interpreter that is not in an environment of its own",
            do=f"use the existing one with --env {name}, or make a new one with --env ANOTHER --python {python}",
        )
    why = f"{python} is not in an environment and is never changed: the packages go to a new {name} made from it"
    yield Place(environment=folder, interpreter=interpreter, why=why)


def _unnamed(system: System, session: Session, request: Request, catalog: Catalog | None) -> Iterator[Place]:
    """Yield the active environment or the folder's own, where what is wanted may live there, else a new one."""
    here = _join(session.folder, DEFAULT)
    own = here + own_suffix(request, catalog)
    why = ""
    beside = f"{here}-{request.wanted[0].framework}"
    for folder in dict.fromkeys([*([session.active] if session.active else []), own, here, beside]):
        if not is_environment(system, folder):
            continue
        other = stranger(system, folder, request, catalog)
        if other is None:
            yield _existing(system, folder, request)
            why = "no build fits the Python there"
            break
        why = why or f"{folder} holds {other.title}, and a retired framework shares no environment"
    new = beside if is_environment(system, own) else own
    if not is_environment(system, new):
        _check_folder(system, new)
        yield from _new(system, session, request, new, why=f"{why}: {new} is made anew" if why else "")


def _existing(system: System, folder: str, request: Request) -> Place:
    interpreter = _asked(system, environment_python(system, folder))
    if request.python is not None and not _suits(interpreter, request.python):
        raise UsageError(
            f"{folder} has Python {interpreter.version}, not {request.python}",
            seen="an environment keeps the interpreter that it was made with",
            do=f"name another environment: --env .venv-{request.python} --python {request.python}",
        )
    if system.value("writable:" + folder) is False:
        raise UsageError(f"{folder} cannot be written", seen="no right to write there", do="name another with --env")
    return Place(environment=folder, exists=True, interpreter=interpreter)


def _suits(interpreter: Interpreter, python: str) -> bool:
    if not is_version(python):
        return interpreter.path == python
    wanted = python.rstrip("t")
    return wanted in {interpreter.version, interpreter.minor}


def _new(system: System, session: Session, request: Request, folder: str, why: str) -> Iterator[Place]:
    """Yield a new environment from each interpreter there is, the first on the PATH first, then from uv's own."""
    if request.python is not None and not is_version(request.python):
        yield Place(environment=folder, interpreter=_asked(system, request.python), why=why)
        return
    first = True
    seen: set[str | None] = set()
    for path in dict.fromkeys([*([session.python] if session.python else []), *find_interpreters(system)]):
        interpreter = _itself(system, ask_interpreter(system, path))
        unfit = interpreter.problem is not None or interpreter.implementation != "cpython"
        if unfit or interpreter.minor in seen or (request.python and not _suits(interpreter, request.python)):
            continue
        seen.add(interpreter.minor)
        told = why if first else f"no build fits the first Python found: {path} (Python {interpreter.version}) is used"
        first = False
        yield Place(environment=folder, interpreter=interpreter, why=told)
    if request.python and not seen and not uv.fetches(request.python):
        raise UsageError(
            f"Python {request.python} is not on this machine",
            seen=f"uv, which fetches interpreters, has none older than {uv.OLDEST_FETCHED}",
            do=f"install it (pyenv install {request.python}, or conda create -p FOLDER python={request.python}) "
            "and run this again",
        )
    for version in [request.python] if request.python else FOREIGN_PYTHONS:
        if version not in seen and uv.fetches(version):
            told = f"no interpreter on this machine fits: uv fetches Python {version}"
            yield Place(environment=folder, python=version, why=told)


def _itself(system: System, interpreter: Interpreter) -> Interpreter:
    """Return the interpreter by its own path, where a script that only finds it was started (pyenv, asdf)."""
    own = f"{interpreter.prefix}/bin/python{interpreter.minor}"
    inside = interpreter.path.startswith(f"{interpreter.prefix}/")
    return interpreter if inside or not system.exists(own) else replace(interpreter, path=own)


def _asked(system: System, path: str) -> Interpreter:
    interpreter = ask_interpreter(system, path)
    if interpreter.problem is not None:
        raise UsageError(
            f"{path} does not work",
            seen=interpreter.problem,
            do="make the environment anew (remove it first), or name an interpreter that starts with --python",
        )
    return interpreter


def is_environment(system: System, folder: str) -> bool:
    """Tell whether a folder is a virtual or conda environment."""
    return bool(system.exists(folder + "/pyvenv.cfg")) or bool(system.exists(folder + "/conda-meta"))


def environment_python(system: System, folder: str) -> str:
    """Return the path of an environment's interpreter."""
    if system.platform == "windows":
        scripts = folder + "\\Scripts\\python.exe"
        return scripts if system.exists(scripts) else folder + "\\python.exe"
    return folder + "/bin/python"


def _check_folder(system: System, folder: str) -> None:
    """Refuse a target that is a file, that holds something else, or that cannot be written."""
    names = system.listing(folder)
    if names is None and system.exists(folder):
        raise UsageError(
            f"{folder} is not a folder",
            seen="a file has that name, or it cannot be read",
            do="name a folder that does not exist yet, or an existing environment, with --env",
        )
    if names and not is_environment(system, folder):
        raise UsageError(
            f"{folder} is not an environment and not empty",
            seen="it holds: " + ", ".join(names[:5]) + (", …" if len(names) > 5 else ""),  # noqa: PLR2004
            do="name a folder that does not exist yet, or an existing environment, with --env",
        )
    parent = folder
    while system.exists(parent) is False and parent not in {"/", ""}:
        parent = posixpath.dirname(parent) or "/"
    if system.listing(parent) is None:
        raise UsageError(f"{folder} cannot be made", seen=f"{parent} is not a folder", do="name another with --env")
    if system.value("writable:" + parent) is False:
        raise UsageError(
            f"{folder} cannot be made",
            seen=f"no right to write in {parent}",
            do="name a folder of your own with --env",
        )


def foreign_places(request: Request) -> Iterator[Place]:
    """Yield the interpreters that a machine may have that is not this one."""
    if request.python and is_version(request.python):
        yield Place(python=request.python)
        return
    interpreter = request.host.interpreter if isinstance(request.host, StatedHost) else None
    why = ""
    if interpreter is not None:
        yield Place(interpreter=interpreter)
        why = f"no build fits Python {interpreter.version}, which that machine has"
    for version in FOREIGN_PYTHONS:
        yield Place(python=version, why=why)


def _join(folder: str | None, path: str) -> str:
    if folder is None or path.startswith(("/", "\\", "~")) or path[1:3] in {":\\", ":/"}:
        return path
    return folder.rstrip("/\\") + "/" + path
