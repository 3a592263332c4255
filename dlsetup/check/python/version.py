"""py.version: are frameworks published for this Python."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip
from dlsetup.check.installed import distribution_of, frameworks_in_scope, interpreter_architecture
from dlsetup.check.requested import unfitting_wheel
from dlsetup.check.versions import public
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.values.build import Build, Framework
    from dlsetup.values.environment import Distribution, Interpreter
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "py.version"


def interpreter_of(situation: Situation) -> Interpreter | None:
    """Return the environment's interpreter, if it answered."""
    environment = situation.environment
    interpreter = environment.interpreter if environment else None
    return interpreter if interpreter is not None and interpreter.version is not None else None


def suits(situation: Situation) -> Finding:
    """Hold the interpreter against the Pythons that builds are published for."""
    if situation.plan is not None and situation.plan.builds:
        return ok(NAME, f"the plan's builds are made for Python {situation.plan.python}")
    interpreter = interpreter_of(situation)
    if interpreter is None:
        return skip(NAME, "no interpreter")
    found = _kind(situation, interpreter)
    if found is not None:
        return found
    for framework in frameworks_in_scope(situation):
        found = _fits(situation, framework, interpreter)
        if found is not None:
            return found
    found = _any_fits(situation, interpreter) or unfitting_wheel(situation, interpreter)
    return found or ok(NAME, f"Python {interpreter.version}")


def _kind(situation: Situation, interpreter: Interpreter) -> Finding | None:
    if (interpreter.implementation or "cpython").lower() != "cpython":
        return _unsuited(
            situation,
            "python-wrong-implementation",
            "This Python is not CPython, the only one that frameworks are published for.",
            (f"{interpreter.path} is {interpreter.implementation}", "wheels are tagged cp3XX, for CPython"),
        )
    if interpreter.bits == 32:  # noqa: PLR2004
        return _unsuited(
            situation,
            "python-32bit",
            "This Python is a 32-bit one, and frameworks are published for 64 bits only.",
            (f"{interpreter.path} is 32-bit", f"the machine is {situation.host.cpu.architecture or '64-bit'}"),
        )
    return None


def _unsuited(
    situation: Situation, mode: str, summary: str, evidence: tuple[str, ...], python: str | None = None
) -> Finding:
    scope = frameworks_in_scope(situation)
    version = python or _common_python(situation, scope)
    words = ["dlsetup", "install", *(each.name for each in scope)] if scope else ["uv", "venv"]
    words += ["--python", version, "--env", ".venv-dl"] if scope else ["--python", version, ".venv-dl"]
    return fail(
        NAME,
        mode,
        summary,
        evidence=evidence,
        remedy=Remedy(
            text=f"Make an environment with Python {version}; this one stays as it is.", commands=(" ".join(words),)
        ),
    )


def _common_python(situation: Situation, scope: Iterable[Framework]) -> str:
    """Return the newest Python that every framework in question, or else most of all, has builds for."""
    sets = [set(_pythons(_builds_here(situation, each))) for each in scope] or [
        set(_pythons(_builds_here(situation, each))) for each in situation.catalog.frameworks if each.state == "active"
    ]
    sets = [each for each in sets if each]
    counts = {
        python: sum(python in each for each in sets) for each in sets for python in each if not python.endswith("t")
    }
    return max(counts, key=lambda python: (counts[python], _key(python)), default="3.12")


def _key(python: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", python))


def _builds_here(situation: Situation, framework: Framework) -> tuple[Build, ...]:
    system, architecture = situation.host.os.system, interpreter_architecture(situation)
    builds = situation.catalog.builds_of(framework.name)
    return tuple(each for each in builds if (each.system, each.architecture) == (system, architecture))


def _pythons(builds: Iterable[Build]) -> tuple[str, ...]:
    return tuple(sorted({python for build in builds for python in build.pythons}, key=_key))


def _tag(interpreter: Interpreter) -> str:
    return (interpreter.minor or "") + ("t" if interpreter.free_threaded else "")


def _fits(situation: Situation, framework: Framework, interpreter: Interpreter) -> Finding | None:
    distribution = distribution_of(situation, framework)
    builds = _builds_here(situation, framework)
    if distribution is not None:
        return _installed_fits(situation, framework, distribution, interpreter)
    if not situation.catalog.builds_of(framework.name):
        return None
    if not builds:
        return _no_platform(situation, framework)
    pythons = _pythons(builds)
    if not pythons or _tag(interpreter) in pythons:
        return None
    here = interpreter.minor or ""
    if interpreter.free_threaded and here in pythons:
        return _free_threaded(situation, interpreter, framework.title, here)
    return _unsuited(
        situation,
        _mode(here, pythons, situation),
        f"{framework.title} is not published for Python {here}.",
        (f"{interpreter.path} is Python {interpreter.version}", f"{framework.title} has builds for {_listed(pythons)}"),
    )


def _mode(here: str, pythons: tuple[str, ...], situation: Situation) -> str:
    newest = max((_key(python) for build in situation.catalog.builds for python in build.pythons), default=())
    newer = _key(here) > max(_key(python) for python in pythons)
    return "python-too-new-prerelease" if newer and _key(here) > newest else "no-matching-wheel-for-python"


def _listed(pythons: tuple[str, ...]) -> str:
    plain = [each for each in pythons if not each.endswith("t")]
    return f"Python {plain[0]} to {plain[-1]}" if len(plain) > 1 else f"Python {', '.join(plain or pythons)}"


def _free_threaded(situation: Situation, interpreter: Interpreter, title: str, python: str) -> Finding:
    return _unsuited(
        situation,
        "python-free-threaded",
        f"This Python is a free-threaded one, and {title} is not published for that.",
        (
            f"{interpreter.path} is Python {interpreter.version}, free-threaded",
            f"{title} has builds for Python {python}",
        ),
        python,
    )


def _installed_fits(
    situation: Situation, framework: Framework, distribution: Distribution, interpreter: Interpreter
) -> Finding | None:
    """Judge an installed framework by its own wheel's tags, and one that is tagged for any Python by its builds."""
    tags = [tag.split("-")[:2] for tag in distribution.tags]
    exact = {python for python, abi in (tag for tag in tags if len(tag) == 2) if re.fullmatch(r"cp\d+t?", abi)}  # noqa: PLR2004
    here = "cp" + (interpreter.minor or "").replace(".", "")
    if exact:
        if here in exact:
            return None
        pythons = ", ".join(sorted(exact))
    else:
        same = [
            each for each in _builds_here(situation, framework) if str(each.version) == public(distribution.version)
        ]
        if not same or _tag(interpreter) in _pythons(same) or not _pythons(same):
            return None
        pythons = _listed(_pythons(same))
    return _unsuited(
        situation,
        "no-matching-wheel-for-python",
        f"The installed {distribution.name} is not made for this Python.",
        (
            f"{distribution.name} {distribution.version} is made for {pythons}",
            f"the interpreter is Python {interpreter.version}",
        ),
    )


def _no_platform(situation: Situation, framework: Framework) -> Finding:
    host, architecture = situation.host, interpreter_architecture(situation)
    intel_mac = host.os.system == "macos" and architecture == "x86_64"
    mode = "macos-x86-64-wheels-dropped" if intel_mac else "cpu-arch-no-wheel"
    if framework.name == "mlx":
        mode = "mlx-needs-apple-silicon"
    places = sorted({f"{each.system} on {each.architecture}" for each in situation.catalog.builds_of(framework.name)})
    return fail(
        NAME,
        mode,
        f"{framework.title} is not published for this machine.",
        evidence=(
            f"this is {host.os.system} on {architecture}",
            f"{framework.title} has builds for {', '.join(places)}",
        ),
        remedy=Remedy(text="See what is published for this machine.", commands=("dlsetup frameworks",)),
    )


def _any_fits(situation: Situation, interpreter: Interpreter) -> Finding | None:
    """Where nothing is asked for, complain only of a Python that no framework at all is published for."""
    if frameworks_in_scope(situation):
        return None
    pythons = _pythons(each for one in situation.catalog.frameworks for each in _builds_here(situation, one))
    if not pythons or _tag(interpreter) in pythons:
        return None
    here = interpreter.minor or ""
    if interpreter.free_threaded and here in pythons:
        return _free_threaded(situation, interpreter, "no framework here", here)
    return _unsuited(
        situation,
        _mode(here, pythons, situation),
        f"No framework is published for Python {here}.",
        (f"{interpreter.path} is Python {interpreter.version}", f"there are builds for {_listed(pythons)}"),
    )
