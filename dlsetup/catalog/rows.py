"""Gathers builds back into rows: those that differ by release and platform alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.values.survey import CatalogRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.values.build import Build

Facts = tuple[object, ...]


def rows_of(builds: Iterable[Build]) -> tuple[CatalogRow, ...]:
    """Return the rows of a framework's builds, the newest first."""
    lines: dict[Facts, dict[str, list[Build]]] = {}
    for build in sorted(builds, key=lambda each: each.version, reverse=True):
        lines.setdefault(_facts(build), {}).setdefault(f"{build.system}-{build.architecture}", []).append(build)
    rows: dict[tuple[Facts, tuple[str, ...]], list[str]] = {}
    for facts, platforms in lines.items():
        for platform, group in platforms.items():
            rows.setdefault((facts, tuple(str(each.version) for each in group)), []).append(platform)
    return tuple(_row(lines[facts], tuple(platforms)) for (facts, _), platforms in rows.items())


def _facts(build: Build) -> Facts:
    """Return what the builds of a row share."""
    index = build.index.rpartition("/")[0] if build.index else None
    floors = (build.glibc, build.macos, build.driver)
    return (build.compute, build.pythons, index, build.gpus, *floors, build.cpu_features, build.note, build.caution)


def _row(groups: dict[str, list[Build]], platforms: tuple[str, ...]) -> CatalogRow:
    builds = groups[platforms[0]]
    first = builds[0]
    sources = dict.fromkeys(each.source for platform in platforms for each in groups[platform])
    return CatalogRow(
        framework=first.framework,
        compute=first.compute,
        versions=tuple(str(each.version) for each in builds),
        platforms=platforms,
        pythons=first.pythons,
        requirements=first.requirements,
        index=first.index,
        driver=str(first.driver) if first.driver else None,
        gpus=first.gpus,
        glibc=str(first.glibc) if first.glibc else None,
        macos=str(first.macos) if first.macos else None,
        cpu_features=first.cpu_features,
        needs=first.needs,
        note=first.note,
        caution=first.caution,
        sources=tuple(sources),
        read=max(each.read for each in builds),
    )
