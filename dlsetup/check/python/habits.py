"""What is worth knowing of an environment that works: where it came from, and as whom it is used. Never an alarm."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.answers import ok
from dlsetup.check.installed import framework_distributions

if TYPE_CHECKING:
    from dlsetup.values.environment import Environment
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "py.env"

_BASE = r"(?i)(?:mini|ana)?(?:conda|forge|mamba)(?:forge)?\d?"
"""Folders that installers of conda make: miniconda3, anaconda3, miniforge3, mambaforge, conda."""


def worth_knowing(situation: Situation, environment: Environment, summary: str) -> Finding | None:
    """Return the summary with the one thing that is worth knowing, None where there is none."""
    for question in (_under_sudo, _in_base, _by_root, _without_ensurepip):
        told = question(situation, environment)
        if told is not None:
            mode, note, evidence = told
            return ok(NAME, f"{summary}: {note}", mode=mode, evidence=evidence)
    return None


Told = tuple[str, str, tuple[str, ...]]
"""The mode, what to know, and what tells it."""


def _under_sudo(situation: Situation, environment: Environment) -> Told | None:
    user = situation.session.variable("SUDO_USER") if situation.session else None
    if not user or environment.kind != "system":
        return None
    note = "under sudo the environment that was active before is left; name its own Python there, or do without sudo"
    return "sudo-or-cron-environment", note, ("SUDO_USER is set", f"{environment.interpreter.path} is in use")


def _in_base(situation: Situation, environment: Environment) -> Told | None:
    if environment.kind != "conda" or not framework_distributions(situation):
        return None
    name = situation.session.variable("CONDA_DEFAULT_ENV") if situation.session else None
    active = situation.session is not None and situation.session.active == environment.path
    folder = re.split(r"[/\\]", environment.path.rstrip("/\\"))[-1]
    if not (name == "base" and active) and re.fullmatch(_BASE, folder) is None:
        return None
    note = "this is conda's base, which conda itself runs on; frameworks are better off in an environment of their own"
    return "conda-base-polluted", note, (f"{environment.path} is the base environment",)


def _by_root(situation: Situation, environment: Environment) -> Told | None:
    """See packages that root put into the system's own Python with pip, outside of containers."""
    host = situation.host.os
    if environment.kind != "system" or host.system != "linux" or host.container or host.service:
        return None
    mine = [each for each in framework_distributions(situation) if each.installer in {"pip", "uv"}]
    if not mine or environment.writable is not True or not environment.path.startswith("/usr"):
        return None
    note = "root installed packages into the system's own Python, whose tools may need other ones"
    return "running-as-root-pip", note, (f"{mine[0].installer} installed {mine[0].name} into {environment.path}",)


def _without_ensurepip(situation: Situation, environment: Environment) -> Told | None:
    """See a Python, as Debian splits it, that makes no environments by itself; uv does without."""
    interpreter = environment.interpreter
    if environment.kind != "system" or "ensurepip" not in interpreter.missing_modules:
        return None
    if situation.host.os.system != "linux":
        return None
    note = "`python3 -m venv` does not work with it; dlsetup and uv make environments all the same"
    return "venv-module-missing", note, (f"{interpreter.path} has no ensurepip",)
