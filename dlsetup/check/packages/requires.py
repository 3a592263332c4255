"""pkg.requires: does what frameworks require hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip
from dlsetup.check.commands import pip_install
from dlsetup.check.installed import distribution_of, framework_distributions
from dlsetup.check.packages.floors import has_floor
from dlsetup.check.remedies import change_packages
from dlsetup.check.requirements import Need, closure, needs
from dlsetup.check.versions import normal, version
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.environment import Environment
    from dlsetup.values.finding import Finding
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
    contradiction = next(filter(None, (contradicted(situation, need) for need in broken)), None)
    if contradiction is not None:
        return _contradictory(situation, *contradiction)
    first = broken[0]
    mode = "mlx-library-mismatch" if first.by.name == "mlx" else "dependency-violation-after-install"
    if situation.host.os.service in {"colab", "kaggle"} and situation.environment.kind == "system":
        mode = "colab-preinstalled-conflict"
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


def contradicted(situation: Situation, broken: Need) -> tuple[Need, Need] | None:
    """Return a broken requirement with another installed package's that no release satisfies together with it."""
    environment = situation.environment
    for each in environment.distributions if environment is not None and broken.there else ():
        if not any(normal(line.split(";", 1)[0]).startswith(broken.name) for line in each.requires):
            continue
        for other in needs(situation, each):
            if other.name == broken.name and other.by is not broken.by and other.met and _exclude(broken, other):
                return broken, other
    return None


def _exclude(left: Need, right: Need) -> bool:
    """Tell whether no version at all satisfies two requirements: neither a bound of theirs, nor one just beyond it."""
    both = left.requirement.specifier & right.requirement.specifier
    bounds = [each.version.removesuffix(".*") for each in both]
    if not bounds:
        return False
    candidates = {
        text for bound in bounds for text in (bound, f"{bound}.0.1", f"{bound}.post1", _before(bound)) if text
    }
    return not any(both.contains(each, prereleases=True) for each in candidates if version(each) is not None)


def _before(bound: str) -> str | None:
    """Return a version just below a bound: "1.25.999" for "1.26"."""
    found = version(bound)
    if found is None:
        return None
    numbers = list(found.release)
    while numbers and numbers[-1] == 0:
        numbers.pop()
    if not numbers:
        return None
    return ".".join(map(str, [*numbers[:-1], numbers[-1] - 1, 999999]))


def _contradictory(situation: Situation, broken: Need, other: Need) -> Finding:
    roots = [each.name for each in situation.catalog.frameworks if distribution_of(situation, each) is not None]
    return fail(
        NAME,
        "resolver-conflict",
        f"{broken.by.name} and {other.by.name} require two {broken.name} that exclude each other.",
        evidence=(
            str(broken),
            f"{other.by.name} {other.by.version} requires {other.name} {other.requirement.specifier}",
        ),
        remedy=Remedy(
            text=f"Give each an environment of its own, or find releases of both that go with one {broken.name}.",
            commands=(f"dlsetup install {' '.join(roots)} --env .venv-dl",),
            links=(SPECIFICATION,),
        ),
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
