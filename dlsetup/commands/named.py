"""What the user names with --env and --python: a folder, an interpreter or a version."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.errors import UsageError
from dlsetup.probe import ask_interpreter, paths

if TYPE_CHECKING:
    from dlsetup.system.interface import System
    from dlsetup.values.environment import Interpreter

_VERSION = re.compile(r"[23]\.\d{1,2}(?:\.\d{1,3})?t?")

_INSIDE = {
    False: (("bin", "python"), ("bin", "python3"), ("python",), ("python3",)),
    True: (("Scripts", "python.exe"), ("python.exe",)),
}
"""Where a folder has its interpreter, by whether it is on Windows."""


def is_version(python: str | None) -> bool:
    """Tell whether --python names a version, not a path."""
    return bool(python and _VERSION.fullmatch(python))


def absolute(system: System, folder: str | None, path: str) -> str:
    """Return a path from the root: ~ is the home folder, and a relative path belongs to the working folder."""
    home = paths.home(system)
    if home is not None and (path == "~" or path.startswith(("~/", "~\\"))):
        return home + path[1:]
    if folder is None or path.startswith(("/", "\\")) or path[1:3] in {":\\", ":/"}:
        return path
    return folder.rstrip("/\\") + "/" + path


def named_folder(system: System, folder: str | None, path: str) -> str:
    """Return the folder that --env names, whether or not it exists.

    Raises UsageError where the option is empty.
    """
    if not path.strip():
        raise UsageError("--env names no folder", seen="its value is empty", do="name one, for example: --env .venv")
    return absolute(system, folder, path)


def named_environment(system: System, folder: str | None, path: str) -> str:
    """Return the environment that --env names, to be looked at.

    Raises UsageError where there is none.
    """
    place = named_folder(system, folder, path)
    _check_exists(system, place, f"--env {path}")
    return _with_python(system, place)


def named_interpreter(system: System, folder: str | None, python: str) -> str:
    """Return the interpreter that --python names: by its own path, or by the folder that it lies in.

    Raises UsageError where there is none.
    """
    if not python.strip():
        raise UsageError(
            "--python names no interpreter", seen="its value is empty", do="write a version such as 3.12, or a path"
        )
    place = absolute(system, folder, python)
    _check_exists(system, place, f"--python {python}")
    return _inside(system, _with_python(system, place)) or place


def _check_exists(system: System, path: str, what: str) -> None:
    if system.exists(path) is not False:
        return
    if what.startswith("--python"):
        raise UsageError(
            f"{what} is neither a version nor an interpreter",
            seen=f"{path} does not exist",
            do="write a version such as 3.12, or the path of an interpreter or environment",
        )
    raise UsageError(
        f"{what} is not there",
        seen=f"{path} does not exist",
        do="give the path of an environment, or leave the option out",
    )


def _with_python(system: System, path: str) -> str:
    """Refuse a folder that is no environment; anything else is asked by starting it."""
    if system.listing(path) is not None and not is_environment(system, path) and _inside(system, path) is None:
        raise UsageError(
            f"{path} is not an environment",
            seen="it is a folder without a Python in it",
            do="give the path of an environment or interpreter, or leave the option out",
        )
    return path


def _inside(system: System, folder: str) -> str | None:
    """Return a folder's interpreter, None where it is no folder or has none."""
    if system.listing(folder) is None:
        return None
    found = (paths.join(system, folder, *parts) for parts in _INSIDE[system.platform == "windows"])
    return next((path for path in found if system.exists(path)), None)


def is_environment(system: System, folder: str) -> bool:
    """Tell whether a folder is a virtual or conda environment."""
    return bool(system.exists(folder + "/pyvenv.cfg")) or bool(system.exists(folder + "/conda-meta"))


def environment_python(system: System, folder: str) -> str:
    """Return the path of an environment's interpreter."""
    if system.platform == "windows":
        scripts = folder + "\\Scripts\\python.exe"
        return scripts if system.exists(scripts) else folder + "\\python.exe"
    return folder + "/bin/python"


def asked(system: System, path: str) -> Interpreter:
    """Return what an interpreter says of itself, under its own path.

    Raises UsageError where it does not start.
    """
    interpreter = ask_interpreter(system, path)
    if interpreter.problem is not None:
        raise UsageError(
            f"{path} does not work",
            seen=interpreter.problem,
            do="make the environment anew (remove it first), or name an interpreter that starts with --python",
        )
    return itself(system, interpreter)


def itself(system: System, interpreter: Interpreter) -> Interpreter:
    """Return the interpreter by its own path, where a script that only finds it was started (pyenv, asdf)."""
    own = f"{interpreter.prefix}/bin/python{interpreter.minor}"
    inside = interpreter.path.startswith(f"{interpreter.prefix}/")
    return interpreter if inside or not system.exists(own) else replace(interpreter, path=own)


def tag(interpreter: Interpreter) -> str:
    """Return what wheels are made for: "3.13", or "3.13t" of a free-threaded interpreter."""
    return (interpreter.minor or "") + ("t" if interpreter.free_threaded else "")


def suits(interpreter: Interpreter, version: str) -> bool:
    """Tell whether an interpreter is of a version: "3.12", "3.12.4", "3.13t"."""
    wanted = {interpreter.version, interpreter.minor}
    return version.removesuffix("t") in wanted and version.endswith("t") == bool(interpreter.free_threaded)
