"""The README's table of what is supported, made from the catalog: python tests/support_table.py [--write]."""

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
SHOWN = ("pytorch", "tensorflow", "keras")
"""The frameworks whose whole way, from the plan to the training, is proved."""


def cell(builds) -> str:
    """Name each accelerator with the newest release that has it."""
    newest = {}
    for build in sorted(builds, key=lambda each: each.version):
        if not build.caution:
            newest[build.accelerator] = build
    order = ["cuda", "rocm", "xpu", "metal", "mps", "cpu", "any"]
    names = sorted(newest, key=order.index)
    return ", ".join(f"{name} {newest[name].version}" if name != "any" else f"{newest[name].version}" for name in names)


def table() -> str:
    """Return the table as Markdown."""
    from dlsetup.catalog import load_catalog

    catalog = load_catalog()
    titles = [f"{system} {architecture}" for system, architecture in SYSTEMS]
    lines = ["| | " + " | ".join(titles) + " |", "| --- " * (len(titles) + 1) + "|"]
    for name in SHOWN:
        framework = catalog.framework(name)
        cells = [
            cell(each for each in catalog.builds_of(name) if (each.system, each.architecture) == place) or "no"
            for place in SYSTEMS
        ]
        lines.append(f"| {framework.title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


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
