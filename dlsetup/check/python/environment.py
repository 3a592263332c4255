"""py.env: is the environment sound, and the one that its user thinks it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, unknown, warn
from dlsetup.check.commands import export, quoted, system_of, unset
from dlsetup.check.installed import framework_packages
from dlsetup.check.python import habits
from dlsetup.check.python.anew import made_anew
from dlsetup.check.unfinished import cut_short
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.environment import Environment
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "py.env"

PEP668 = "https://peps.python.org/pep-0668/"


def sound(situation: Situation) -> Finding:
    """Look for what makes an environment unusable, or another than the user thinks."""
    environment = situation.environment
    halfway = cut_short(situation, NAME)
    if halfway is not None:
        return halfway
    if environment is None:
        return skip(NAME, "no environment" if situation.plan is None else "the environment is yet to be made")
    problem = environment.problem or environment.interpreter.problem
    if problem is not None:
        return _broken(situation, problem)
    return _other(situation) or _well(situation, environment)


def _other(situation: Situation) -> Finding | None:
    return _managed(situation) or _other_python(situation) or _user_site(situation)


def _well(situation: Situation, environment: Environment) -> Finding:
    if environment.listed:
        return _as_told(environment)
    summary = f"Python {environment.interpreter.version} in {environment.path}"
    if environment.kind == "system":
        summary = f"{environment.interpreter.path}, the system's own Python, which dlsetup leaves alone"
    return habits.worth_knowing(situation, environment, summary) or ok(NAME, summary)


def _as_told(environment: Environment) -> Finding:
    if environment.interpreter.version is None:
        return skip(NAME, "nothing tells which Python the packages are installed in")
    return ok(NAME, f"Python {environment.interpreter.version}, as the recording tells")


def _broken(situation: Situation, problem: str) -> Finding:
    environment = situation.environment
    path = environment.path if environment else ""
    if environment is not None and environment.kind != "venv" and problem != _NOT_KNOWN:
        return _gone(situation, problem) or _silent(situation, problem)
    if environment is None or environment.kind != "venv":
        return unknown(
            NAME,
            "The interpreter could not be asked.",
            evidence=(f"{environment.interpreter.path if environment else 'python'} was started", problem),
            text="Start it yourself and see what it says, or name another one with --python.",
            commands=(f"{quoted(environment.interpreter.path, system_of(situation))} -V",) if environment else (),
        )
    return fail(
        NAME,
        "venv-broken-by-python-upgrade",
        "This environment's Python is gone." if problem.endswith("is gone") else "This environment cannot be used.",
        evidence=(f"{path} was made from {environment.home or 'another Python'}", problem),
        remedy=made_anew(situation, environment),
    )


_NOT_KNOWN = "not known"
"""What the probe says where a recording does not tell."""


def _gone(situation: Situation, problem: str) -> Finding | None:
    """Tell of an active environment that is no longer there."""
    environment, session = situation.environment, situation.session
    if environment is None or session is None or session.active != environment.path or not problem.startswith("there"):
        return None
    name = "CONDA_PREFIX" if session.variable("CONDA_PREFIX") == environment.path else "VIRTUAL_ENV"
    return fail(
        NAME,
        None,
        "The active environment is gone.",
        evidence=(f"{name} is {environment.path}", problem),
        remedy=Remedy(
            text="Leave it, then activate one that is there or make a new one.", commands=(unset(situation, name),)
        ),
    )


def _silent(situation: Situation, problem: str) -> Finding:
    """Tell of an interpreter that does not answer as one."""
    environment = situation.environment
    path = environment.interpreter.path if environment else "python"
    return fail(
        NAME,
        None,
        "This Python cannot be used.",
        evidence=(f"{path} was started", problem),
        remedy=Remedy(
            text="Start it yourself and see what it says, or name another one with --python.",
            commands=(f"{quoted(path, system_of(situation))} -V",),
        ),
    )


def _managed(situation: Situation) -> Finding | None:
    environment, plan = situation.environment, situation.plan
    if environment is None or plan is None or plan.environment != environment.path:
        return None
    if not environment.interpreter.externally_managed or environment.kind == "venv":
        return None
    return fail(
        NAME,
        "pep668-externally-managed",
        "This Python belongs to the system, which forbids installing into it.",
        evidence=(
            f"{environment.interpreter.path} is marked EXTERNALLY-MANAGED",
            f"the plan installs into {environment.path}",
        ),
        remedy=Remedy(
            text="Install into an environment of your own.",
            commands=(f"dlsetup install {' '.join(plan.frameworks)} --env .venv",),
            links=(PEP668,),
        ),
    )


def _inside(path: str, folder: str, system: str | None) -> bool:
    left, right = path.replace("\\", "/"), folder.replace("\\", "/").rstrip("/")
    if system == "windows":
        left, right = left.lower(), right.lower()
    return left == right or left.startswith(right + "/")


def _other_python(situation: Situation) -> Finding | None:
    """Warn where the active environment is not the one that `python` or `pip` work on."""
    environment, session = situation.environment, situation.session
    if environment is None or session is None or session.active != environment.path:
        return None
    system = system_of(situation)
    others = [("python", session.python)]
    if environment.distribution("pip") is not None:
        # environments that uv makes have no pip, and a pip further down the PATH is what their users expect
        others.append(("pip", session.pip_interpreter))
    for word, path in others:
        if path is not None and not _inside(path, environment.path, system):
            return _mismatch(situation, word, path)
    return None


def _mismatch(situation: Situation, word: str, path: str) -> Finding:
    environment = situation.environment
    folder = environment.path if environment else ""
    python = environment.interpreter.path if environment else "python"
    return warn(
        NAME,
        "pip-python-mismatch",
        f"`{word}` in this shell is not the one of the active environment.",
        evidence=(f"{folder} is active", f"the first {word} on the PATH belongs to {path}"),
        remedy=Remedy(
            text="Name the environment's own interpreter, or activate the environment again.",
            commands=(f"{quoted(python, system_of(situation))} -m pip list",)
            if word == "pip"
            else (f"{quoted(python, system_of(situation))} -V",),
            links=("https://docs.python.org/3/library/venv.html#how-venvs-work",),
        ),
    )


def _user_site(situation: Situation) -> Finding | None:
    environment = situation.environment
    if environment is None or environment.interpreter.user_site is None:
        return None
    packages = framework_packages(situation) | {"numpy"}
    for mine in environment.user_distributions:
        own = environment.distribution(mine.name)
        if mine.name in packages and own is not None and own.version != mine.version:
            return warn(
                NAME,
                "user-site-shadowing",
                f"Another {mine.name} in your home folder comes before this environment's.",
                evidence=(
                    f"{environment.interpreter.user_site} has {mine.name} {mine.version}",
                    f"{environment.path} has {mine.name} {own.version}",
                ),
                remedy=Remedy(
                    text="Keep Python from looking there.",
                    commands=(export(situation, "PYTHONNOUSERSITE", "1"),),
                    links=("https://docs.python.org/3/library/site.html#site.ENABLE_USER_SITE",),
                ),
            )
    return None
