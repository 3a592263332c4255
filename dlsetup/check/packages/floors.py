"""Distributions that are older than those that were built on them require, where that breaks at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail
from dlsetup.check.commands import pip_install
from dlsetup.check.installed import framework_distributions
from dlsetup.check.remedies import change_packages
from dlsetup.check.requirements import Need, closure, needs
from dlsetup.check.versions import version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.values.build import Floor
    from dlsetup.values.environment import Distribution
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "pkg.abi"


def has_floor(situation: Situation, need: Need) -> bool:
    """Tell whether it is a matter of a floor: the release that is there is older than required."""
    return is_below(need) and any(
        floor.other == need.name and (not floor.alone or need.by.name in floor.packages)
        for floor in situation.catalog.floors
    )


def is_below(need: Need) -> bool:
    """Tell whether what is installed is older than a requirement's lower bound."""
    here = version(need.found)
    if not need.there or here is None or need.met:
        return False
    bounds = [
        version(each.version.removesuffix(".*"))
        for each in need.requirement.specifier
        if each.operator in {">=", ">", "~=", "==", "==="}
    ]
    return any(bound is not None and here < bound for bound in bounds)


def below_floor(situation: Situation) -> Finding | None:
    """Look for a distribution below the floor that its users were built for."""
    of_frameworks = closure(situation, framework_distributions(situation))
    for floor in situation.catalog.floors:
        wanted = tuple(_needs(situation, floor, of_frameworks))
        below = [need for need in wanted if is_below(need)]
        if below:
            return _found(situation, floor, below)
        found = _shadowed(situation, floor, wanted)
        if found is not None:
            return found
    return None


def _needs(situation: Situation, floor: Floor, of_frameworks: tuple[Need, ...]) -> Iterator[Need]:
    environment = situation.environment
    for need in () if floor.alone else of_frameworks:
        if need.name == floor.other:
            yield need
    for name in floor.packages:
        found = environment.distribution(name) if environment else None
        if found is not None:
            yield from (need for need in needs(situation, found) if need.name == floor.other)


def _found(situation: Situation, floor: Floor, below: list[Need]) -> Finding:
    first = below[0]
    bounds = dict.fromkeys(str(need.requirement.specifier) for need in below)
    wanted = first.name + ",".join(bounds)
    return fail(
        NAME,
        floor.mode,
        f"{first.name} {first.found} is too old for {first.by.name}: {floor.summary}.",
        evidence=tuple(dict.fromkeys(str(need) for need in below))[:4],
        remedy=change_packages(
            situation,
            f"Install a newer {first.name}.",
            pip_install(situation, "--upgrade", wanted),
            links=(floor.source,) if floor.source.startswith("http") else (),
        ),
    )


def _shadowed(situation: Situation, floor: Floor, wanted: tuple[Need, ...]) -> Finding | None:
    """See an older copy in the user's own site folder, which comes before the environment's that is new enough."""
    environment = situation.environment
    copies = environment.user_distributions if environment else ()
    mine = next((each for each in copies if each.name == floor.other), None)
    if mine is None:
        return None
    need = next((each for each in wanted if each.met and _too_old(each, mine)), None)
    return _in_user_site(situation, floor, need, mine) if need is not None else None


def _too_old(need: Need, mine: Distribution) -> bool:
    return is_below(Need(by=need.by, requirement=need.requirement, found=mine.version, there=True))


def _in_user_site(situation: Situation, floor: Floor, need: Need, mine: Distribution) -> Finding:
    environment = situation.environment
    site = environment.interpreter.user_site if environment else None
    return fail(
        NAME,
        floor.mode,
        f"A {mine.name} in your home folder is too old for {need.by.name}, and comes before the environment's.",
        evidence=(
            f"{site or 'the folder of your own packages'} has {mine.name} {mine.version}",
            f"{need.by.name} {need.by.version} requires {mine.name} {need.requirement.specifier}",
        ),
        remedy=change_packages(
            situation,
            "Keep Python from looking there, or upgrade that copy.",
            pip_install(situation, "--user", "--upgrade", mine.name),
            automatic=False,
            links=("https://docs.python.org/3/library/site.html#site.ENABLE_USER_SITE",),
        ),
    )
