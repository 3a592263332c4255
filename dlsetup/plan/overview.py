"""Which frameworks there are for a machine, on each accelerator, and why not; resolves nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dlsetup.plan.candidates import find_candidates
from dlsetup.plan.compatibility import TITLES, VENDORS, Situation
from dlsetup.plan.planner import make_target
from dlsetup.plan.ranking import Ranking
from dlsetup.values.overview import Availability, FrameworkOverview
from dlsetup.values.plan import Place, Reason
from dlsetup.values.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.plan.candidates import Candidates
    from dlsetup.values.build import Build, Catalog, Framework
    from dlsetup.values.environment import Java
    from dlsetup.values.host import Host
    from dlsetup.values.plan import Rejection

ACCELERATORS = ("cuda", "rocm", "xpu", "metal", "mps", "cpu")


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What an overview is made from."""

    host: Host
    catalog: Catalog
    pythons: tuple[str, ...]
    """The interpreters that count, the most welcome first."""
    any_python: bool = True
    """Whether other ones count after them, which some old frameworks need."""
    assumed: frozenset[str] = frozenset()
    java: Java | None = None
    _known: dict[tuple[str, str, bool], Candidates] = field(default_factory=dict)

    def rows(self) -> tuple[FrameworkOverview, ...]:
        """Return one row for each framework of the catalog, those that live first."""
        rows = [self._row(framework) for framework in self.catalog.frameworks]
        return tuple(sorted(rows, key=lambda row: (row.state == "retired", row.state != "active")))

    def _row(self, framework: Framework) -> FrameworkOverview:
        return FrameworkOverview(
            framework=framework.name,
            title=framework.title,
            state=framework.state,
            ended=framework.ended or None,
            successor=framework.successor or None,
            note=framework.state_note,
            accelerators=tuple(self._availability(framework, each) for each in ACCELERATORS),
        )

    def _candidates(self, framework: Framework, python: str, *, processor: bool) -> Candidates:
        key = (framework.name, python, processor)
        if key not in self._known:
            situation = self._situation(python, processor=processor)
            self._known[key] = find_candidates(framework, situation, self.catalog)
        return self._known[key]

    def _availability(
        self, framework: Framework, accelerator: str, pythons: tuple[str, ...] | None = None
    ) -> Availability:
        """Say how a framework stands on an accelerator, for all of its Pythons or for some."""
        options = [
            (python, self._candidates(framework, python, processor=accelerator == "cpu"))
            for python in pythons or self._pythons(framework)
        ]
        if framework.backends:
            return self._above(framework, accelerator, options)
        fitting = [
            (python, build)
            for python, candidates in options
            for build in candidates.fitting
            if build.accelerator in {accelerator, "any"}
        ]
        if not fitting:
            return Availability(accelerator=accelerator, reasons=self._why(accelerator, options))
        ranking = Ranking(self.host, self.catalog)
        # the first of equals is kept: that of the most welcome Python
        python, build = max(fitting, key=lambda pair: ranking.key(pair[1]))
        return _found(accelerator, python, build)

    def _above(self, framework: Framework, accelerator: str, options: list[tuple[str, Candidates]]) -> Availability:
        """Say how a framework stands that runs on another one: as the best of those below it."""
        own = next(((python, each.fitting[0]) for python, each in options if each.fitting), None)
        if own is None:
            return Availability(accelerator=accelerator, reasons=_reasons(options[0][1].rejected))
        pythons = tuple(python for python, each in options if each.fitting)
        below = [each for each in map(self.catalog.framework, framework.backends) if each is not None]
        best = [(each.name, self._availability(each, accelerator, pythons)) for each in below]
        name, found = next(((name, each) for name, each in best if each.version is not None), best[0])
        if found.version is None:
            return found
        return replace(found, version=str(own[1].version), on=f"{name} {found.version}")

    def _pythons(self, framework: Framework) -> tuple[str, ...]:
        if not self.any_python:
            return self.pythons
        published = {
            python
            for build in self.catalog.builds_of(framework.name)
            for python in build.pythons
            if not python.endswith("t")
        }
        others = sorted(published - set(self.pythons), key=lambda each: [-int(part) for part in each.split(".")])
        return (*self.pythons, *others)

    def _situation(self, python: str, *, processor: bool) -> Situation:
        # a question that is open concerns the choice between the processor and a GPU, not what there is for each
        request = Request(accelerator="cpu" if processor else None)
        return Situation(
            host=self.host,
            target=make_target(self.host, Place(python=python)),
            request=request,
            assumed=self.assumed,
            overrides=self.catalog.overrides,
            java=self.java,
            supplies=self.catalog.supplies,
        )

    def _why(self, accelerator: str, options: list[tuple[str, Candidates]]) -> tuple[Reason, ...]:
        lines = {each.name for each in self.catalog.computes if each.accelerator in {accelerator, "any"}}
        against = [each for _, candidates in options for each in candidates.rejected if each.compute in lines]
        if not against:
            vendor = VENDORS.get(accelerator)
            what = f"for GPUs of {TITLES[vendor]}" if vendor else "for the processor alone"
            return (Reason(code="unpublished", text=f"there are no builds {what}"),)
        return _reasons(against)


def _reasons(rejected: Iterable[Rejection]) -> tuple[Reason, ...]:
    """Return what stands against the nearest build: one for this platform before one for others."""

    def nearness(rejection: Rejection) -> tuple[bool, int]:
        return any(each.code == "platform" for each in rejection.reasons), len(rejection.reasons)

    return min(rejected, key=nearness).reasons


def _found(accelerator: str, python: str, build: Build) -> Availability:
    return Availability(accelerator=accelerator, version=str(build.version), compute=build.compute, python=python)
