"""The builds of one framework, held against a machine: those that fit, best first, and why the others do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlsetup.plan.compatibility import obstacles
from dlsetup.plan.ranking import rank
from dlsetup.values.plan import Reason, Rejection

if TYPE_CHECKING:
    from dlsetup.plan.compatibility import Situation
    from dlsetup.values.build import Build, Catalog, Framework


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """What is left of a framework's builds on one machine."""

    framework: Framework
    fitting: tuple[Build, ...]
    """Best first."""
    rejected: tuple[Rejection, ...]
    """Nearest first: the best one, had it fitted."""


def find_candidates(framework: Framework, situation: Situation, catalog: Catalog) -> Candidates:
    """Hold every build of a framework against a machine."""
    judged = [(build, obstacles(build, situation)) for build in catalog.builds_of(framework.name)]
    fitting = sorted(
        (build for build, reasons in judged if not reasons),
        key=lambda build: rank(build, situation.host, catalog),
        reverse=True,
    )
    return Candidates(
        framework=framework,
        fitting=tuple(fitting),
        rejected=_rejections(judged, situation, catalog),
    )


def _rejections(
    judged: list[tuple[Build, tuple[Reason, ...]]], situation: Situation, catalog: Catalog
) -> tuple[Rejection, ...]:
    """Gather one rejection for each release and compute platform; where both are published for it, this platform's."""
    named: dict[tuple[str, str], tuple[Build, tuple[Reason, ...]]] = {}
    accepted = {(str(build.version), build.compute) for build, reasons in judged if not reasons}
    for build, reasons in judged:
        key = (str(build.version), build.compute)
        if key in accepted:
            continue
        known = named.get(key)
        if known is None or _is_elsewhere(known[1]) or (not _is_elsewhere(reasons) and len(reasons) < len(known[1])):
            named[key] = (build, reasons)
    best = sorted(named.values(), key=lambda pair: _nearness(pair, situation, catalog))
    return tuple(rejection(build, reasons) for build, reasons in best)


def _nearness(
    pair: tuple[Build, tuple[Reason, ...]], situation: Situation, catalog: Catalog
) -> tuple[bool, int, int, tuple[int, ...], int]:
    build, reasons = pair
    compute = catalog.compute(build.compute)
    release = tuple(-number for number in build.version.release)
    place = rank(build, situation.host, catalog)[0]
    return (_is_elsewhere(reasons), len(reasons), -place, release, -(compute.rank if compute else 0))


def _is_elsewhere(reasons: tuple[Reason, ...]) -> bool:
    return any(reason.code == "platform" for reason in reasons)


def rejection(build: Build, reasons: tuple[Reason, ...]) -> Rejection:
    """Return a build's rejection."""
    return Rejection(framework=build.framework, version=str(build.version), compute=build.compute, reasons=reasons)
