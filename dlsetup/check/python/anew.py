"""The remedy for an environment whose Python is gone: the same one, made anew, with what was installed in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.commands import quoted, system_of
from dlsetup.check.installed import framework_packages, frameworks_in_scope
from dlsetup.check.requirements import required_names
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.environment import Environment
    from dlsetup.values.situation import Situation

_SEEDS = frozenset({"pip", "setuptools", "wheel"})
"""What environments are made with."""


def made_anew(situation: Situation, environment: Environment) -> Remedy:
    """Return the commands that make an environment anew: frameworks by dlsetup, the rest in the same versions.

    What another package requires comes with it. Nothing is done unasked where something came from elsewhere than an
    index.
    """
    path = quoted(environment.path, system_of(situation))
    # the same minor version: the packages were chosen for it; uv finds it, or fetches it
    minor = re.search(r"[/\\]python(3\.\d+t?)[/\\]", environment.interpreter.purelib or "")
    python = f" --python {minor[1]}" if minor else ""
    seed = " --seed" if environment.distribution("pip") is not None else ""
    commands = [f"uv venv --clear{seed}{python} {path}"]
    frameworks = [each.name for each in frameworks_in_scope(situation)]
    if frameworks:
        commands.append(f"dlsetup install {' '.join(frameworks)} --env {path}")
    rest = _rest(situation, environment)
    if rest:
        pins = " ".join(quoted(pin, system_of(situation)) for pin in rest)
        interpreter = quoted(environment.interpreter.path, system_of(situation))
        commands.append(f"uv pip install --python {interpreter} {pins}")
    return Remedy(
        text="Make the environment anew, with what was installed in it.",
        commands=tuple(commands),
        automatic=not any(each.editable or each.version is None for each in environment.distributions),
        links=("https://docs.python.org/3/library/venv.html",),
    )


def _rest(situation: Situation, environment: Environment) -> tuple[str, ...]:
    """Return the pins of what no other package requires and no framework is."""
    known = required_names(environment) | framework_packages(situation) | _SEEDS
    return tuple(
        f"{each.name}=={each.version}"
        for each in environment.distributions
        if each.name not in known and each.version is not None and not (each.editable or each.inherited)
    )
