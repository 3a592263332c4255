"""Which environment a command looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.commands.named import (
    absolute,
    environment_python,
    is_environment,
    is_version,
    named_environment,
    named_interpreter,
    suits,
)
from dlsetup.errors import UsageError
from dlsetup.probe import ask_interpreter, find_interpreters

if TYPE_CHECKING:
    from dlsetup.system.interface import System
    from dlsetup.values.environment import Session

DEFAULT = ".venv"


def existing_environment(
    system: System, session: Session, environment: str | None, python: str | None, wanted: tuple[str, ...] = ()
) -> str | None:
    """Return the environment (or interpreter) to look at: the named one, the active one, .venv here, the PATH's python.

    Where one framework is `wanted`, an environment here that bears its name comes before .venv.
    Raises UsageError where a named one is not there.
    """
    if environment is not None:
        return named_environment(system, session.folder, environment)
    if python is not None and not is_version(python):
        return named_interpreter(system, session.folder, python)
    usual = _usual(system, session, wanted)
    return usual if python is None else _of_version(system, usual, python)


def _usual(system: System, session: Session, wanted: tuple[str, ...]) -> str | None:
    here = absolute(system, session.folder, DEFAULT)
    if session.active:
        return session.active
    if len(wanted) == 1 and is_environment(system, f"{here}-{wanted[0]}"):
        return f"{here}-{wanted[0]}"
    return here if is_environment(system, here) else session.python


def _of_version(system: System, usual: str | None, version: str) -> str:
    """Return the environment that is usually looked at if it is of that version, else the machine's interpreter."""
    found = []
    own = [] if usual is None else [usual if system.listing(usual) is None else environment_python(system, usual)]
    for path in dict.fromkeys([*own, *find_interpreters(system)]):
        interpreter = ask_interpreter(system, path)
        if suits(interpreter, version):
            return usual if usual is not None and path in own else path
        found += [interpreter.version] if interpreter.version else []
    raise UsageError(
        f"Python {version} is not on this machine",
        seen="found: " + (", ".join(dict.fromkeys(found)) or "no Python at all"),
        do="name another version, or an environment or interpreter by its path",
    )
