"""The builds of one framework, held against a machine: those that fit, best first, and why the others do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlsetup.plan.compatibility import ASK_FOR_GPU, UNKNOWN_GPU, obstacles
from dlsetup.plan.ranking import Ranking
from dlsetup.values.plan import Reason, Rejection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.plan.compatibility import Situation
    from dlsetup.values.build import Build, Catalog, Framework

Judged = tuple["Build", tuple[Reason, ...]]


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
    here = (situation.target.system, situation.target.architecture)
    builds = catalog.builds_of(framework.name)
    judged = [(build, obstacles(build, situation)) for build in builds if (build.system, build.architecture) == here]
    judged = _asking(judged)
    ranking = Ranking(situation.host, catalog)
    fitting = sorted((build for build, reasons in judged if not reasons), key=ranking.key, reverse=True)
    published = {(build.version, build.compute) for build, _ in judged}
    others = [build for build in builds if (build.version, build.compute) not in published]
    return Candidates(
        framework=framework,
        fitting=tuple(fitting),
        rejected=(*_rejections(judged, ranking), *_elsewhere(others, situation, catalog)),
    )


def _asking(judged: list[Judged]) -> list[Judged]:
    """Hold back builds for the processor where a GPU's unknown architecture alone holds back another build."""
    if not any([reason.code for reason in reasons] == [UNKNOWN_GPU] for _, reasons in judged):
        return judged
    return [(build, reasons if reasons or build.accelerator != "cpu" else (ASK_FOR_GPU,)) for build, reasons in judged]


def _rejections(judged: list[Judged], ranking: Ranking) -> Iterable[Rejection]:
    """Return one rejection for each release and compute platform that does not fit, the nearest first."""
    named: dict[tuple[object, str], Judged] = {}
    accepted = {(build.version, build.compute) for build, reasons in judged if not reasons}
    for build, reasons in judged:
        key = (build.version, build.compute)
        known = named.get(key)
        if key not in accepted and (known is None or len(reasons) < len(known[1])):
            named[key] = (build, reasons)
    best = sorted(named.values(), key=lambda pair: _nearness(pair, ranking))
    return (rejection(build, reasons) for build, reasons in best)


def _nearness(pair: Judged, ranking: Ranking) -> tuple[int, int, tuple[int, ...], int]:
    build, reasons = pair
    return (len(reasons), -ranking.place(build), *_newest(build, ranking.catalog))


def _newest(build: Build, catalog: Catalog) -> tuple[tuple[int, ...], int]:
    compute = catalog.compute(build.compute)
    return tuple(-number for number in build.version.release), -(compute.rank if compute else 0)


def _elsewhere(builds: list[Build], situation: Situation, catalog: Catalog) -> Iterable[Rejection]:
    """Return one rejection for each release and compute platform that is published for other platforms only."""
    groups: dict[tuple[object, str], list[Build]] = {}
    for build in builds:
        groups.setdefault((build.version, build.compute), []).append(build)
    target = situation.target
    for group in sorted(groups.values(), key=lambda each: _newest(each[0], catalog)):
        places = ", ".join(dict.fromkeys(f"{build.system}-{build.architecture}" for build in group))
        text = f"it is published for {places}, not for {target.system}-{target.architecture}"
        yield rejection(group[0], (Reason(code="platform", text=text),))


def rejection(build: Build, reasons: tuple[Reason, ...]) -> Rejection:
    """Return a build's rejection."""
    return Rejection(framework=build.framework, version=str(build.version), compute=build.compute, reasons=reasons)
