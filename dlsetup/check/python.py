"""Checks of the interpreter: does it suit the frameworks, and is its environment sound."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, unknown, warn
from dlsetup.check.commands import (
    export,
    quoted,
    system_of,
    unset,
)
from dlsetup.check.installed import (
    distribution_of,
    framework_packages,
    frameworks_in_scope,
    interpreter_architecture,
)
from dlsetup.check.unfinished import cut_short
from dlsetup.check.versions import normal, public
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.values.build import Build, Framework
    from dlsetup.values.environment import Distribution, Environment, Interpreter
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

VERSION = "py.version"
ENV = "py.env"
SHADOW = "py.shadow"
STDLIB = "py.stdlib"

PEP668 = "https://peps.python.org/pep-0668/"


def interpreter_of(situation: Situation) -> Interpreter | None:
    """Return the environment's interpreter, if it answered."""
    environment = situation.environment
    interpreter = environment.interpreter if environment else None
    return interpreter if interpreter is not None and interpreter.version is not None else None


def suits(situation: Situation) -> Finding:
    """Hold the interpreter against the Pythons that builds are published for."""
    if situation.plan is not None and situation.plan.builds:
        return ok(VERSION, f"the plan's builds are made for Python {situation.plan.python}")
    interpreter = interpreter_of(situation)
    if interpreter is None:
        return skip(VERSION, "no interpreter")
    found = _kind(situation, interpreter)
    if found is not None:
        return found
    for framework in frameworks_in_scope(situation):
        found = _fits(situation, framework, interpreter)
        if found is not None:
            return found
    return _any_fits(situation, interpreter) or ok(VERSION, f"Python {interpreter.version}")


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
        VERSION,
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
        VERSION,
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


def sound(situation: Situation) -> Finding:
    """Look for what makes an environment unusable, or another than the user thinks."""
    environment = situation.environment
    halfway = cut_short(situation, ENV)
    if halfway is not None:
        return halfway
    if environment is None:
        return skip(ENV, "no environment" if situation.plan is None else "the environment is yet to be made")
    problem = environment.problem or environment.interpreter.problem
    if problem is not None:
        return _broken(situation, problem)
    found = _managed(situation) or _other_python(situation) or _user_site(situation)
    if found is not None:
        return found
    if environment.listed:
        return _as_told(environment)
    if environment.kind == "system":
        return ok(ENV, f"{environment.interpreter.path}, the system's own Python: dlsetup leaves it alone")
    return ok(ENV, f"Python {environment.interpreter.version} in {environment.path}")


def _as_told(environment: Environment) -> Finding:
    if environment.interpreter.version is None:
        return skip(ENV, "nothing tells which Python the packages are installed in")
    return ok(ENV, f"Python {environment.interpreter.version}, as the recording tells")


def _broken(situation: Situation, problem: str) -> Finding:
    environment = situation.environment
    path = environment.path if environment else ""
    if environment is not None and environment.kind != "venv" and problem != _NOT_KNOWN:
        return _gone(situation, problem) or _silent(situation, problem)
    if environment is None or environment.kind != "venv":
        return unknown(
            ENV,
            "The interpreter could not be asked.",
            evidence=(f"{environment.interpreter.path if environment else 'python'} was started", problem),
            text="Start it yourself and see what it says, or name another one with --python.",
            commands=(f"{quoted(environment.interpreter.path, system_of(situation))} -V",) if environment else (),
        )
    scope = " ".join(each.name for each in frameworks_in_scope(situation))
    again = f"uv venv --clear {quoted(path, system_of(situation))}"
    commands = (again, f"dlsetup install {scope} --env {quoted(path, system_of(situation))}") if scope else (again,)
    return fail(
        ENV,
        "venv-broken-by-python-upgrade",
        "This environment's Python is gone." if problem.endswith("is gone") else "This environment cannot be used.",
        evidence=(f"{path} was made from {environment.home or 'another Python'}", problem),
        remedy=Remedy(
            text="Make the environment anew; what was installed in it has to be installed again.",
            commands=commands,
            links=("https://docs.python.org/3/library/venv.html",),
        ),
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
        ENV,
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
        ENV,
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
        ENV,
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
        ENV,
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
                ENV,
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


def unshadowed(situation: Situation) -> Finding:
    """Look for files that Python would import in place of a framework or of its own library."""
    session = situation.session
    if session is None or session.folder is None:
        return skip(SHADOW, "the working folder is not known")
    hiding = [each for each in session.shadows if _hides(situation, _module(each))]
    if not hiding:
        return ok(SHADOW, "no file in the working folder hides a package")
    first = hiding[0]
    module = _module(first)
    rename = "ren" if system_of(situation) == "windows" else "mv"
    new = re.sub(r"([^/\\]+?)(\.py)?[/\\]?$", r"my_\1\2", first)
    if rename == "ren":
        new = re.split(r"[/\\]", new)[-1]
    words = (rename, quoted(first, system_of(situation)), quoted(new, system_of(situation)))
    return fail(
        SHADOW,
        "module-name-shadowing",
        f"`import {module}` would load a file of yours, not the package.",
        evidence=(*(f"{each} is found first" for each in hiding), f"the working folder is {session.folder}"),
        remedy=Remedy(
            text="Give the file another name.",
            commands=(" ".join(words),),
            links=("https://docs.python.org/3/tutorial/modules.html#the-module-search-path",),
        ),
    )


_NAMES = {
    "PIL": "pillow",
    "cv2": "opencv-python",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "pkg_resources": "setuptools",
}
"""Distributions whose module has another name."""


def _hides(situation: Situation, module: str) -> bool:
    """Tell whether there is something of that name to hide: in the standard library, installed or asked about."""
    if module in sys.stdlib_module_names:
        return True
    if any(module == each.module for each in frameworks_in_scope(situation)):
        return True
    environment = situation.environment
    return environment is not None and environment.distribution(normal(_NAMES.get(module, module))) is not None


def _module(path: str) -> str:
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1].removesuffix(".py")


def complete(situation: Situation) -> Finding:
    """Look for standard modules that this interpreter was built without."""
    interpreter = interpreter_of(situation)
    if interpreter is None:
        return skip(STDLIB, "no interpreter")
    if situation.environment is not None and situation.environment.listed:
        return skip(STDLIB, "which standard modules there are is not in the recording")
    if not interpreter.missing_modules:
        return ok(STDLIB, "the standard library is whole")
    names = ", ".join(interpreter.missing_modules)
    scope = frameworks_in_scope(situation)
    if not scope:
        return ok(STDLIB, f"built without {names}, which matters once a framework is installed")
    python = interpreter.minor or "3.12"
    install = f"dlsetup install {' '.join(each.name for each in scope)} --python {python} --env .venv-dl"
    return fail(
        STDLIB,
        "python-stdlib-modules-missing",
        "This Python was built without parts of its standard library.",
        evidence=(f"{interpreter.path} has no {names}", f"{scope[0].title} imports them"),
        remedy=Remedy(
            text="Use a complete Python, such as one of uv's.",
            commands=(f"uv python install {python}", install),
            links=("https://devguide.python.org/getting-started/setup-building/#install-dependencies",),
        ),
    )
