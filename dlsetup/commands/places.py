"""Where an installation may go: an environment that exists, or one that is made."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dlsetup import uv
from dlsetup.commands.existing import DEFAULT
from dlsetup.commands.named import (
    absolute,
    asked,
    environment_python,
    is_environment,
    is_version,
    itself,
    named_folder,
    named_interpreter,
    suits,
    tag,
)
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

FOREIGN_PYTHONS = ("3.12", "3.13", "3.11", "3.14", "3.10")
"""What is tried on a machine whose interpreters are not known, the most widely served first.

Source: the wheels of the newest torch (3.11 to 3.15), TensorFlow (3.10 to 3.13) and Keras (3.11 and newer), read
2026-11-22 from their index pages.
"""


def likely_folders(system: System, session: Session, request: Request) -> tuple[str, ...]:
    """Return the folders that an installation may be about, whether or not there is an environment in them."""
    if request.environment is not None:
        return (named_folder(system, session.folder, request.environment),)
    active = (session.active,) if session.active else ()
    if active and is_environment(system, active[0]):
        return active
    here = absolute(system, session.folder, DEFAULT)
    return (*active, here, *(f"{here}-{each.framework}" for each in request.wanted))


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
    folder = named_folder(system, session.folder, folder)
    _check_folder(system, folder)
    if is_environment(system, folder):
        _check_company(system, folder, request, catalog)
        yield _existing(system, session, folder, request)
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
    interpreter = asked(system, named_interpreter(system, session.folder, python))
    prefix = interpreter.prefix
    if prefix and (prefix != interpreter.base_prefix or is_environment(system, prefix)):
        _check_company(system, prefix, request, catalog)
        yield Place(environment=prefix, exists=True, interpreter=interpreter)
        return
    name = DEFAULT + own_suffix(request, catalog)
    folder = absolute(system, session.folder, name)
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
    here = absolute(system, session.folder, DEFAULT)
    own = here + own_suffix(request, catalog)
    why = ""
    beside = f"{here}-{request.wanted[0].framework}"
    for folder in dict.fromkeys([*([session.active] if session.active else []), own, here, beside]):
        if not is_environment(system, folder):
            continue
        other = stranger(system, folder, request, catalog)
        if other is None:
            yield _existing(system, session, folder, request)
            why = "no build fits the Python there"
            break
        why = why or f"{folder} holds {other.title}, and a retired framework shares no environment"
    new = beside if is_environment(system, own) else own
    if not is_environment(system, new):
        _check_folder(system, new)
        yield from _new(system, session, request, new, why=f"{why}: {new} is made anew" if why else "")


def _existing(system: System, session: Session, folder: str, request: Request) -> Place:
    interpreter = asked(system, environment_python(system, folder))
    _check_python(system, session, folder, interpreter, request.python)
    if system.value("writable:" + folder) is False:
        raise UsageError(f"{folder} cannot be written", seen="no right to write there", do="name another with --env")
    return Place(environment=folder, exists=True, interpreter=interpreter)


def _check_python(system: System, session: Session, folder: str, interpreter: Interpreter, python: str | None) -> None:
    """Refuse an environment that has another Python than the one that is asked for."""
    if python is None or (is_version(python) and suits(interpreter, python)):
        return
    name = python
    if not is_version(python):
        other = asked(system, named_interpreter(system, session.folder, python))
        if (other.version, other.base_prefix) == (interpreter.version, interpreter.base_prefix):
            return
        name = tag(other)
    raise UsageError(
        f"{folder} has Python {interpreter.version} of {interpreter.base_prefix}, not {python}",
        seen="an environment keeps the interpreter that it was made with",
        do=f"name another environment: --env .venv-{name} --python {python}",
    )


def _new(system: System, session: Session, request: Request, folder: str, why: str) -> Iterator[Place]:
    """Yield a new environment from each interpreter there is, the first on the PATH first, then from uv's own."""
    if request.python is not None and not is_version(request.python):
        interpreter = asked(system, named_interpreter(system, session.folder, request.python))
        yield Place(environment=folder, interpreter=interpreter, why=why)
        return
    first = True
    seen: set[str] = set()
    for path in dict.fromkeys([*([session.python] if session.python else []), *find_interpreters(system)]):
        interpreter = itself(system, ask_interpreter(system, path))
        unfit = interpreter.problem is not None or interpreter.implementation != "cpython"
        if unfit or tag(interpreter) in seen or (request.python and not suits(interpreter, request.python)):
            continue
        seen.add(tag(interpreter))
        told = why if first else f"no build fits the first Python found: {path} (Python {interpreter.version}) is used"
        first = False
        yield Place(environment=folder, interpreter=interpreter, why=told)
    if request.python and not seen:
        _check_threads(request.python)
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
    if names is None and posixpath.basename(folder) in (system.listing(posixpath.dirname(folder)) or ()):
        raise UsageError(
            f"{folder} is a link that leads nowhere",
            seen="what it leads to does not exist",
            do="remove the link, or name another folder with --env",
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


def _check_threads(python: str) -> None:
    """Refuse a free-threaded Python that is not here: uv resolves for one only where it can start it (0.13.9)."""
    if python.endswith("t"):
        raise UsageError(
            f"Python {python} is not on this machine",
            seen="for a free-threaded Python packages can be resolved only where there is one",
            do=f"get it with: uv python install {python}, or leave the t out",
        )


def foreign_places(request: Request) -> Iterator[Place]:
    """Yield the interpreters that a machine may have that is not this one."""
    if request.python and is_version(request.python):
        _check_threads(request.python)
        yield Place(python=request.python)
        return
    interpreter = request.host.interpreter if isinstance(request.host, StatedHost) else None
    why = ""
    if interpreter is not None:
        yield Place(interpreter=interpreter)
        why = f"no build fits Python {interpreter.version}, which that machine has"
    for version in FOREIGN_PYTHONS:
        yield Place(python=version, why=why)
