"""The commands of remedies, written for one platform and one environment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlsetup.values.situation import Situation

_PLAIN = re.compile(r"[\w@%+=:,./\\-]+")

DEEP = "dlsetup doctor --deep"


def quoted(word: str, system: str | None) -> str:
    """Quote a path or requirement for the shells of a system, only where it needs it."""
    if _PLAIN.fullmatch(word) and ("\\" not in word or system == "windows"):
        return word
    if system == "windows" or not re.search(r'[$`"\\!]', word):
        return f'"{word}"'
    return "'" + word.replace("'", "'\"'\"'") + "'"


def system_of(situation: Situation) -> str | None:
    """Return linux, macos or windows."""
    return situation.host.os.system


def untouchable(situation: Situation) -> bool:
    """Tell whether the environment is one that dlsetup never changes: the system's, or externally managed."""
    environment = situation.environment
    if environment is None:
        return False
    return environment.kind == "system" or bool(
        environment.interpreter.externally_managed and environment.kind != "venv"
    )


def dlsetup_install(situation: Situation, frameworks: str, *options: str) -> str:
    """Return the dlsetup command that installs frameworks: here, or beside an environment that is left alone."""
    words = ["dlsetup", "install", *frameworks.split(), *options]
    environment, session = situation.environment, situation.session
    if untouchable(situation):
        words += ["--env", ".venv"]
    elif environment is not None and session is not None and session.active != environment.path:
        words += ["--env", environment.path]
    return " ".join(quoted(word, system_of(situation)) for word in words)


def _installer(situation: Situation, verb: str) -> list[str]:
    environment = situation.environment
    if environment is None:
        return ["uv", "pip", verb]
    python = environment.interpreter.path
    # a path in quotes is no command in PowerShell, so uv is named there where a path needs them
    callable_path = system_of(situation) != "windows" or quoted(python, "windows") == python
    if environment.distribution("pip") is not None and callable_path:
        return [python, "-m", "pip", verb]
    return ["uv", "pip", verb, "--python", python]


def pip_install(situation: Situation, *requirements: str) -> str:
    """Return the command that installs requirements into the environment."""
    words = [*_installer(situation, "install"), *requirements]
    return " ".join(quoted(word, system_of(situation)) for word in words)


def pip_uninstall(situation: Situation, *names: str) -> str:
    """Return the command that removes distributions from the environment."""
    words = _installer(situation, "uninstall")
    if words[0] != "uv":
        words.append("-y")
    return " ".join(quoted(word, system_of(situation)) for word in (*words, *names))


def remove(situation: Situation, path: str) -> str:
    """Return the command that removes a file or folder, if it is there."""
    program = "Remove-Item -Recurse -Force" if system_of(situation) == "windows" else "rm -rf"
    return f"{program} {quoted(path, system_of(situation))}"


def unset(situation: Situation, *names: str) -> str:
    """Return the command that removes variables from this shell."""
    if system_of(situation) == "windows":
        return "; ".join(f"Remove-Item Env:{name}" for name in names)
    return "unset " + " ".join(names)


def export(situation: Situation, name: str, value: str) -> str:
    """Return the command that sets a variable in this shell."""
    if system_of(situation) == "windows":
        return f'$env:{name} = "{value}"'
    return f"export {name}={quoted(value, 'linux')}"
