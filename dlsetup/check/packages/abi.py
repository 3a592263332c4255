"""pkg.abi: was everything built against the NumPy, protobuf and setuptools that are installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip
from dlsetup.check.commands import pip_install
from dlsetup.check.packages import numpy_files, retired
from dlsetup.check.packages.floors import below_floor
from dlsetup.check.remedies import change_packages
from dlsetup.check.requirements import needs
from dlsetup.check.versions import normal, older, public, version

if TYPE_CHECKING:
    from dlsetup.values.build import AbiRule
    from dlsetup.values.environment import Environment
    from dlsetup.values.finding import Finding, Remedy
    from dlsetup.values.situation import Situation

NAME = "pkg.abi"

_NEVER = "9999"
"""Where a rule is about the other's absence alone."""


def compatible(situation: Situation) -> Finding:
    """Apply the catalog's rules of incompatible pairs, and the floors that packages were built for."""
    environment = situation.environment
    if environment is None or not environment.distributions:
        return skip(NAME, "nothing is installed")
    found = numpy_files.of_this_python(situation) or _incompatible(situation, environment) or below_floor(situation)
    return found or retired.trouble(situation) or _well(situation)


def _incompatible(situation: Situation, environment: Environment) -> Finding | None:
    broken = [rule for rule in situation.catalog.abi if _breaks(rule, environment)]
    if not broken:
        return None
    first = broken[0]
    package, other = environment.distribution(normal(first.package)), environment.distribution(normal(first.other))
    if package is None:
        return None
    return fail(
        NAME,
        first.mode,
        f"{package.name} {package.version} does not work with this {first.other}."
        if other
        else f"{package.name} {package.version} needs {first.other}, which is not installed.",
        evidence=(
            f"{package.name} before {first.below} needs {first.other}"
            + (f" before {first.from_}" if first.from_ != _NEVER else f" on Python {first.python} and newer"),
            f"{other.name} {other.version} is installed" if other else f"{first.other} is not installed",
        ),
        remedy=_bounded(situation, [rule for rule in broken if rule.other == first.other]),
    )


def _well(situation: Situation) -> Finding:
    """Say that all is well, and name holes that nobody will mend."""
    holes = list(retired.known_holes(situation))
    summary = "no package was built for an older generation of another"
    if not holes:
        return _one_major_older(situation) or ok(NAME, summary)
    summary += "; known and never to be mended: " + ", ".join(hole.identifier for _, hole in holes)
    mode = next((hole.mode for _, hole in holes if hole.mode), None)
    return ok(NAME, summary, evidence=tuple(retired.told(each) for each in holes), mode=mode)


def _one_major_older(situation: Situation) -> Finding | None:
    """Name what makes protobuf warn at every start: code that was generated one major release ago, which it allows.

    Source: https://protobuf.dev/support/cross-version-runtime-guarantee/.
    """
    environment = situation.environment
    tensorflow = environment.distribution("tensorflow") if environment else None
    for need in needs(situation, tensorflow) if tensorflow is not None else ():
        floors = [version(each.version) for each in need.requirement.specifier if each.operator == ">="]
        here = version(need.found)
        if need.name != "protobuf" or here is None or not need.met:
            continue
        # before 5 the runtime did not compare
        if any(floor is not None and floor.major >= 5 and floor.major == here.major - 1 for floor in floors):  # noqa: PLR2004
            return ok(
                NAME,
                "protobuf is one major newer than TensorFlow's generated code: it warns, and works",
                evidence=(str(need),),
                mode="protobuf-gencode-warning",
            )
    return None


def _breaks(rule: AbiRule, environment: Environment) -> bool:
    package, other = environment.distribution(normal(rule.package)), environment.distribution(normal(rule.other))
    # builds with a label of their own (NVIDIA's containers) may be patched
    if package is None or not older(public(package.version), rule.below):
        return False
    if rule.beside and environment.distribution(normal(rule.beside)) is None:
        return False
    if rule.python and (environment.interpreter.minor is None or older(environment.interpreter.minor, rule.python)):
        return False
    if other is None:
        # of a list that is cut short nothing is known to be missing
        return rule.absent and not environment.partial
    here, limit = version(other.version), version(rule.from_)
    return here is not None and limit is not None and here >= limit


def _bounded(situation: Situation, rules: list[AbiRule]) -> Remedy:
    """Put the other package back below the lowest of all limits that its users have."""
    other = rules[0].other
    limits = [rule.from_ for rule in rules if rule.from_ != _NEVER]
    lowest = min(limits, key=lambda text: version(text) or version("0"), default=None)  # type: ignore[arg-type,return-value]
    source = next((rule.source for rule in rules if rule.source.startswith("http")), "")
    links = (source,) if source else ()
    users = " and ".join(dict.fromkeys(rule.package for rule in rules))
    text = f"Install a {other} that {users} can use; a newer {rules[0].package} needs no such bound."
    return change_packages(
        situation, text, pip_install(situation, f"{other}<{lowest}" if lowest else other), links=links
    )
