"""Plans every framework for every platform and Python, resolves it with uv, and prints what came of it.

Run: python tests/resolution_matrix.py [FRAMEWORK...] [--python V] [--platform P]. PyPI is asked for real; the PyTorch
index is stood in for by tiny wheels with the names and tags that were seen there (../shared/data/pytorch, or the folder
that DLSETUP_SHARED names). Without that folder PyTorch is planned, and not resolved.
"""
# ruff: noqa: E402 - the root of the checkout has to be on the path before anything is imported from it

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from dlsetup.catalog import load_catalog
from dlsetup.commands.plan import with_mirror
from dlsetup.commands.target import TARGETS, stated_host
from dlsetup.commands.wanted import read_wanted
from dlsetup.errors import DlsetupError
from dlsetup.plan import Planner, assume
from dlsetup.resolve import UvResolver
from dlsetup.system.local import LocalSystem
from dlsetup.values.environment import IndexSettings
from dlsetup.values.plan import Place
from dlsetup.values.report import Silence
from dlsetup.values.request import Request

PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
PLATFORMS = tuple(TARGETS)
OLDEST = (2, 6)
"""Of PyTorch: older wheels are not laid out, so that it takes seconds."""


@dataclass(frozen=True)
class Cell:
    """What came of one plan."""

    framework: str
    platform: str
    python: str
    chosen: str
    """The release and line; empty where nothing was chosen."""
    pins: int = 0
    reasons: tuple[str, ...] = ()
    """Codes of what stands against the nearest build."""
    trouble: str = ""

    @property
    def text(self) -> str:
        """Return it in a few letters."""
        return self.chosen or self.trouble or "no: " + ", ".join(self.reasons)


def lay_out(index, table: Path) -> None:
    """Fill an index with tiny wheels of torch and torchvision, as they were seen."""
    from tests.conftest import write_wheel

    folders = set()
    with table.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["package"] in {"torch", "torchvision"}]
    for row in rows:
        release = tuple(int(part) for part in row["version"].split(".")[:2])
        young = release >= OLDEST if row["package"] == "torch" else release >= (0, 21)
        if not young or row["index_variant"] in {"pypi", "root"}:
            continue
        label = f"+{row['local_version']}" if row["local_version"] else ""
        folder = index.folder / "whl" / row["index_variant"] / row["package"]
        for python in set(row["cpython_seen"].split()) & set(PYTHONS):
            short = f"cp{python.replace('.', '')}"
            for platform in row["platform_tags"].split():
                write_wheel(folder, row["package"], row["version"] + label, tag=f"{short}-{short}-{platform}")
        folders.add(folder)
    for folder in folders:
        if folder.is_dir():
            index.publish(folder)


def cell_of(framework: str, platform: str, python: str, *, mirror: str | None) -> Cell:
    """Plan one framework for a machine without a GPU (an Apple one has its own), and resolve it."""
    system = LocalSystem()
    catalog = with_mirror(load_catalog(), mirror)
    stated = stated_host(system, host=None, target=platform, gpus=(), driver=None)
    if platform == "macos-arm64":
        stated = replace(stated, os=replace(stated.os, version="15.0"))
    taken = assume(stated, catalog.c_libraries)
    settings = IndexSettings()
    planner = Planner(
        request=Request(wanted=read_wanted((framework,), catalog), host=stated),
        host=taken.host,
        assumed=taken.drivers,
        catalog=catalog,
        settings=settings,
        resolve=UvResolver(system=system, settings=settings, progress=Silence()),
    )
    try:
        proposal = planner.proposal([Place(python=python)])
    except DlsetupError as problem:
        return Cell(framework, platform, python, "", trouble=f"{problem.kind}: {problem.what}")
    plan = proposal.plans[0]
    if plan.builds:
        return Cell(framework, platform, python, f"{plan.builds[0].version} {plan.compute}", pins=len(plan.packages))
    nearest = plan.rejected[0].reasons if plan.rejected else ()
    return Cell(framework, platform, python, "", reasons=tuple(dict.fromkeys(each.code for each in nearest)))


def matrix(frameworks, platforms, pythons, *, mirror: str | None) -> list[Cell]:
    """Return all cells, two at a time."""
    wanted = [(name, platform, python) for name in frameworks for platform in platforms for python in pythons]
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(lambda each: cell_of(*each, mirror=mirror), wanted))


def markdown(cells: list[Cell]) -> str:
    """Return the table."""
    pythons = list(dict.fromkeys(cell.python for cell in cells))
    rows: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for cell in cells:
        rows[cell.framework, cell.platform][cell.python] = cell.text
    lines = ["| framework | platform | " + " | ".join(pythons) + " |", "| --- " * (len(pythons) + 2) + "|"]
    for (framework, platform), texts in rows.items():
        lines.append(f"| {framework} | {platform} | " + " | ".join(texts.get(each, "") for each in pythons) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the table, and what had trouble."""
    names = [each.name for each in load_catalog().frameworks]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("framework", nargs="*", default=names)
    parser.add_argument("--python", action="append")
    parser.add_argument("--platform", action="append", choices=PLATFORMS)
    options = parser.parse_args()
    from tests.conftest import WheelIndex

    table = Path(os.environ.get("DLSETUP_SHARED") or ROOT.parent / "shared") / "data/pytorch/wheel_tags_observed.csv"
    with tempfile.TemporaryDirectory() as folder:
        index = WheelIndex(Path(folder))
        try:
            if table.is_file():
                lay_out(index, table)
            mirror = f"{index.url}/whl" if table.is_file() else None
            cells = matrix(options.framework, options.platform or PLATFORMS, options.python or PYTHONS, mirror=mirror)
        finally:
            index.close()
    print(markdown(cells))
    counts = [sum(bool(cell.chosen) for cell in cells), sum(bool(cell.reasons) for cell in cells)]
    print(f"\n{counts[0]} resolve, {counts[1]} are rejected with a reason, {len(cells) - sum(counts)} had trouble")


if __name__ == "__main__":
    main()
