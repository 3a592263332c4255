"""The tables of pyproject.toml that make uv resolve the same builds: [project], [tool.uv] and its indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlsetup.render.locks.pins import either, marker_of, minor, titles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dlsetup.values.plan import Plan


def text(plans: Sequence[Plan]) -> str:
    """Return the tables, for one or several platforms."""
    import tomli_w

    several = len(plans) > 1
    indexes = _indexes(plans)
    pythons = sorted({minor(plan) for plan in plans}, key=lambda each: [int(part) for part in each.split(".")])
    held = list(dict.fromkeys(each for plan in plans for each in plan.build_constraints))
    uv: dict[str, Any] = {"prerelease": "disallow"}
    if all(marker_of(plan) for plan in plans):
        uv["environments"] = [marker_of(plan) for plan in plans]
    if held:
        uv["build-constraint-dependencies"] = held
    sources = _sources(plans, indexes, several=several)
    uv |= {"sources": sources} if sources else {}
    uv |= {"index": [{"name": name, "url": url, "explicit": True} for url, name in indexes.items()]} if indexes else {}
    document = {
        "project": {
            "name": "training",
            "version": "0",
            "requires-python": f"=={pythons[0]}.*" if len(pythons) == 1 else f">={pythons[0]}",
            "dependencies": _requirements(plans),
        },
        "tool": {"uv": uv},
    }
    head = [*titles(plans), "# made by dlsetup plan --lock; go on with: uv sync"]
    return "\n".join(head) + "\n" + tomli_w.dumps(document)


def _requirements(plans: Sequence[Plan]) -> list[str]:
    """Return what every plan wants, each with the platforms that want it."""
    found: dict[str, list[str]] = {}
    for plan in plans:
        have = {package.name for package in plan.packages}
        for build in plan.builds:
            wanted = [*build.requirements, *(each for each in build.optional if each.partition("==")[0] in have)]
            for each in wanted:
                found.setdefault(each, []).append(marker_of(plan))
    return [
        each if len(markers) == len(plans) or not all(markers) else f"{each} ; {either(markers)}"
        for each, markers in found.items()
    ]


def _indexes(plans: Sequence[Plan]) -> dict[str, str]:
    """Return URL -> name of the frameworks' own indexes."""
    urls = dict.fromkeys(package.index for plan in plans for package in plan.packages if package.index)
    return {url: f"{url.rstrip('/').rpartition('/')[2] or 'own'}-{number}" for number, url in enumerate(urls, 1)}


def _sources(plans: Sequence[Plan], indexes: dict[str, str], *, several: bool) -> dict[str, Any]:
    found: dict[str, list[dict[str, str]]] = {}
    for plan in plans:
        for package in plan.packages:
            if package.index:
                entry = {"index": indexes[package.index]}
                if several and marker_of(plan):
                    entry["marker"] = marker_of(plan)
                found.setdefault(package.name, []).append(entry)
    return {name: entries if several else entries[0] for name, entries in sorted(found.items())}
