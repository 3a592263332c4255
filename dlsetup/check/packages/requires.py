"""pkg.requires: does what frameworks require hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip
from dlsetup.check.commands import pip_install
from dlsetup.check.installed import framework_distributions
from dlsetup.check.packages.floors import has_floor
from dlsetup.check.remedies import change_packages
from dlsetup.check.requirements import Need, closure

if TYPE_CHECKING:
    from dlsetup.values.environment import Environment
    from dlsetup.values.finding import Finding, Remedy
    from dlsetup.values.situation import Situation

NAME = "pkg.requires"
SPECIFICATION = "https://packaging.python.org/en/latest/specifications/dependency-specifiers/"


def hold(situation: Situation) -> Finding:
    """Evaluate what frameworks, and what they need in turn, require of what is installed."""
    roots = framework_distributions(situation)
    if not roots:
        return skip(NAME, "no framework is installed")
    if situation.environment is None or situation.environment.interpreter.version is None:
        return skip(NAME, "the interpreter that requirements depend on is not known")
    broken = [need for need in closure(situation, roots) if not need.met and not judged_elsewhere(situation, need)]
    if not broken:
        return _sound(situation.environment)
    mode = "mlx-library-mismatch" if broken[0].by.name == "mlx" else "dependency-violation-after-install"
    first = broken[0]
    return fail(
        NAME,
        mode,
        f"{first.by.name} does not have the {first.name} that it requires.",
        evidence=tuple(str(need) for need in broken[:5]),
        remedy=_mend(situation, broken),
    )


def _sound(environment: Environment) -> Finding:
    if not environment.listed:
        return ok(NAME, "everything that the frameworks require is there")
    if environment.consistent:
        return ok(NAME, "pip check found nothing amiss")
    return skip(NAME, "what the packages require is not in the recording")


def judged_elsewhere(situation: Situation, need: Need) -> bool:
    """Tell whether a check of its own judges this requirement."""
    return (
        need.name.startswith(("nvidia-", "cuda-"))
        or "triton" in need.name
        or (need.by.name.startswith("tensorflow") and need.name in {"keras", "keras-nightly", "tf-keras"})
        or (need.by.name == "jax" and (need.name == "jaxlib" or need.name.startswith("jax-")))
        or (need.name == "torch" and need.by.name.startswith("torch"))
        # it comes from the platform, not from the index
        or need.name in {"tensorflow-intel", "tensorflow-macos"}
        or has_floor(situation, need)
    )


def _mend(situation: Situation, broken: list[Need]) -> Remedy:
    specifiers: dict[str, str] = {}
    for need in broken:
        known = specifiers.get(need.name)
        own = str(need.requirement.specifier)
        specifiers[need.name] = ",".join(part for part in (known, own) if part)
    wanted = [name + specifier for name, specifier in specifiers.items()]
    text = "Install what is required, in one command."
    return change_packages(situation, text, pip_install(situation, *wanted), links=(SPECIFICATION,))
