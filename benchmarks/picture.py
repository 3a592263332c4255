"""Draws the README's picture: a real installation and a real look at it, through rich's own SVG export.

    python benchmarks/picture.py FRAMEWORK FILE.svg

Run it in an empty folder: it makes .venv there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dlsetup.catalog import load_catalog
from dlsetup.commands.doctor import doctor
from dlsetup.commands.install import install
from dlsetup.commands.wanted import read_wanted
from dlsetup.render.as_text import export_svg, make_console, print_report, print_smoke
from dlsetup.system.local import LocalSystem
from dlsetup.values.report import Silence
from dlsetup.values.request import Request


def main() -> None:
    """Install, check, draw."""
    name, destination = sys.argv[1:]
    system = LocalSystem()
    paths = {"home": system.value("home"), "folder": system.value("folder")}
    console = make_console(color=True, width=98, record=True, file=Path("/dev/null").open("w"), variables={})  # noqa: SIM115
    wanted = read_wanted((name,), load_catalog())
    report = install(Request(wanted=wanted, yes=True), system, Silence(), lambda _: True)
    console.print(f"$ dlsetup install {name}", style="bold")
    print_report(console, report, **paths)
    console.print(f"\n$ dlsetup smoke {name} --show", style="bold")
    print_smoke(console, report.smoke, report.findings, show=True)
    console.print("\n$ dlsetup doctor", style="bold")
    print_report(console, doctor(system, Silence()), **paths)
    Path(destination).write_text(export_svg(console, "dlsetup"), encoding="utf-8")


if __name__ == "__main__":
    main()
