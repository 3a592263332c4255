"""The README's tables of what is supported, made from the catalog: python tests/support_table.py [--write]."""

from __future__ import annotations

import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN = "<!-- support table: made by tests/support_table.py --write -->\n"
END = "<!-- end of the support table -->\n"

SYSTEMS = (
    ("linux", "x86_64"),
    ("linux", "arm64"),
    ("macos", "arm64"),
    ("macos", "x86_64"),
    ("windows", "x86_64"),
    ("windows", "arm64"),
)
ORDER = ("pytorch", "tensorflow", "keras", "jax", "mlx", "spark")
"""The living ones that most people ask for come first; any other follows."""


def cell(builds) -> str:
    """Name each accelerator with the newest release that has it."""
    newest = {}
    for build in sorted(builds, key=lambda each: each.version):
        if not build.caution:
            newest[build.accelerator] = build
    order = ["cuda", "rocm", "xpu", "metal", "mps", "cpu", "any"]
    names = sorted(newest, key=order.index)
    return ", ".join(f"{name} {newest[name].version}" if name != "any" else f"{newest[name].version}" for name in names)


def living(catalog) -> list[str]:
    """Show the newest release for each accelerator and platform."""
    titles = [f"{system} {architecture}" for system, architecture in SYSTEMS]
    lines = ["| | " + " | ".join(titles) + " |", "| --- " * (len(titles) + 1) + "|"]
    frameworks = [each for each in catalog.frameworks if each.state != "retired"]
    for framework in sorted(frameworks, key=lambda each: ORDER.index(each.name) if each.name in ORDER else len(ORDER)):
        cells = [
            cell(each for each in catalog.builds_of(framework.name) if (each.system, each.architecture) == place)
            or "no"
            for place in SYSTEMS
        ]
        lines.append(f"| {framework.title} | " + " | ".join(cells) + " |")
    return lines


def retired(catalog) -> list[str]:
    """Show the last release, the Pythons that it is for, the platforms, and what is named instead."""
    lines = ["| retired | last | Python | platforms | instead |", "| --- " * 5 + "|"]
    for framework in (each for each in catalog.frameworks if each.state == "retired"):
        builds = catalog.builds_of(framework.name)
        newest = max(each.version for each in builds)
        last = [each for each in builds if each.version == newest]
        pythons = sorted({each for build in last for each in build.pythons}, key=lambda each: int(each.split(".")[1]))
        places = [
            f"{system} {architecture}"
            for system, architecture in SYSTEMS
            if any((each.system, each.architecture) == (system, architecture) for each in last)
        ]
        python = pythons[0] if len(pythons) == 1 else f"{pythons[0]} to {pythons[-1]}"
        row = (f"{framework.title} ({framework.ended})", str(newest), python, ", ".join(places), framework.successor)
        lines.append("| " + " | ".join(row) + " |")
    return lines


def table() -> str:
    """Return both tables as Markdown."""
    from dlsetup.catalog import load_catalog

    catalog = load_catalog()
    return "\n".join([*living(catalog), "", *retired(catalog)]) + "\n"


def parts(text: str) -> tuple[str, str, str]:
    """Split the README into what stands before the table, the table, and what comes after."""
    before, _, rest = text.partition(BEGIN)
    middle, _, after = rest.partition(END)
    return before, middle, after


if __name__ == "__main__":
    before, middle, after = parts(README.read_text(encoding="utf-8"))
    if "--write" in sys.argv:
        README.write_text(before + BEGIN + table() + END + after, encoding="utf-8")
    print(table())
