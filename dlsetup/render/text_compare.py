"""Frameworks side by side, as a table, and below it what was measured and what was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.render import measures, words
from dlsetup.render.measures import MEASURES
from dlsetup.render.page import STATUS, Page
from dlsetup.render.text_findings import show_finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from dlsetup.values.comparison import Comparison, ComparisonRow

_COLUMN = 10

_NOTHING = "-"


def print_comparison(
    console: Console,
    comparison: Comparison,
    *,
    verbose: bool = False,
    home: str | None = None,
    folder: str | None = None,
) -> None:
    """Show what each framework came to on this machine, side by side."""
    page = Page(console, home=home, folder=folder)
    if not _as_table(page, comparison) or verbose:
        _as_list(page, comparison, verbose=verbose)
    for row in comparison.rows:
        for finding in row.findings:
            page.blank()
            show_finding(page, finding, (), verbose=verbose)
    page.blank()
    _show_missing(page, comparison)
    _show_notes(page, comparison)


def _as_table(page: Page, comparison: Comparison) -> bool:
    """Draw a table, where there is room for it; the state of the project goes first where there is little."""
    from rich.text import Text

    lines = [_cells(row) for row in comparison.rows]
    table = [("", "on", *(each.short for each in MEASURES), "project"), *lines]
    widths = [max(map(len, column)) + 2 for column in zip(*table, strict=True)]
    if sum(widths) - 2 > page.width:  # the last column needs no gap after it
        table, widths = [line[:-1] for line in table], widths[:-1]
    if sum(widths) - 2 > page.width:
        return False
    for number, line in enumerate(table):
        drawn = Text()
        for column, (cell, width) in enumerate(zip(line, widths, strict=True)):
            numeric = 1 < column < len(MEASURES) + 2
            padded = cell.rjust(width - 2) + "  " if numeric else cell.ljust(width)
            drawn.append(padded, "dim" if not number or cell == _NOTHING else "" if column else "bold")
        page.draw(drawn)
    return True


def _cells(row: ComparisonRow) -> tuple[str, ...]:
    found = [(each, each.value(row)) for each in MEASURES]
    said = (_NOTHING if value is None else each.say(value) for each, value in found)
    return (" ".join(filter(None, [row.framework, row.version])), _place(row), *said, row.state)


def _place(row: ComparisonRow) -> str:
    """Return the accelerator that was used, of a framework that was not measured the one that could be."""
    return {"failed": "fails"}.get(row.outcome) or row.accelerator or row.supported or "no"


def _as_list(page: Page, comparison: Comparison, *, verbose: bool) -> None:
    for row in comparison.rows:
        page.blank()
        page.line((measures.name(row), "bold"), f"  {measures.state(row)}")
        for label, said in _facts(page, row, verbose=verbose):
            page.row(label, said, column=_COLUMN + 2, indent=2)


def _facts(page: Page, row: ComparisonRow, *, verbose: bool) -> Iterator[tuple[str, str]]:
    device = f" ({row.device})" if row.device and row.device.lower() != row.accelerator else ""
    yield "on", _place(row) + device
    if row.backend:
        yield "below", str(measures.below(row))
    if verbose and row.environment:
        yield "in", page.path(row.environment) + (" (removed again)" if row.temporary else "")
        yield "Python", row.python or words.NOT_KNOWN
    for each in MEASURES:
        value = each.value(row)
        more = f" ({measures.spread(row)})" if each.name == "import_time" else ""
        more = (
            f" ({words.counted(row.packages, 'package')})" if each.name == "download_bytes" and row.packages else more
        )
        yield each.short, f"{_NOTHING} {measures.why_not(row, each)}" if value is None else each.say(value) + more


def _show_missing(page: Page, comparison: Comparison) -> None:
    """Say which frameworks were not measured, why, and how they would be."""
    fitting = [row for row in comparison.rows if row.outcome == "missing" and row.supported]
    for row in comparison.rows:
        if row.outcome == "missing" and not row.supported:
            why = row.obstacles[0] if row.obstacles else "nothing published fits this machine"
            page.row("no", f"{row.title}: {why}", column=_COLUMN)
    if fitting:
        names = words.listed([row.title for row in fitting])
        verb, them = ("is", "it") if len(fitting) == 1 else ("are", "them")
        said = f"{names} {verb} not installed here. To measure {them} in a new environment:"
        page.row("missing", said, column=_COLUMN)
        named = " ".join(row.framework for row in comparison.rows)
        page.command(f"dlsetup compare {named} --install", indent=_COLUMN + 2)
    for row in comparison.rows:
        if row.outcome == "measured":
            for each in MEASURES:
                if each.value(row) is None:
                    said = f"{each.short} of {row.title}: {measures.why_not(row, each)}"
                    page.row("unknown", said, column=_COLUMN, style=STATUS["skip"])


def _show_notes(page: Page, comparison: Comparison) -> None:
    for row in comparison.rows:
        if row.backend:
            page.row("note", f"{row.title} runs on {measures.below(row)}", column=_COLUMN)
        if row.state != "active":
            instead = f"; {row.successor} is named instead" if row.successor else ""
            page.row("note", f"{row.title}: {measures.state(row)}{instead}", column=_COLUMN)
    for note in comparison.notes:
        page.row("note", note, column=_COLUMN)
    busy = measures.busy(comparison)
    if busy:
        page.row("busy", busy, column=_COLUMN, style=STATUS["warn"])
    page.row(
        "machine", "; ".join([measures.machine(comparison.host), *measures.python_notes(comparison)]), column=_COLUMN
    )
    for each in MEASURES:
        if any(each.value(row) is not None for row in comparison.rows):
            page.row(each.short, each.told, column=_COLUMN)
    if measures.measured(comparison):
        page.row("", measures.CAUTION, column=_COLUMN)
