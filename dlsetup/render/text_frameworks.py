"""Framework by accelerator, as a table, and below it the reason for every "no"."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dlsetup.render import words
from dlsetup.render.page import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from dlsetup.values.overview import Availability, FrameworkOverview

_COLUMN = 6

COLUMNS = (
    ("NVIDIA", ("cuda",)),
    ("AMD", ("rocm",)),
    ("Intel", ("xpu",)),
    ("Apple", ("metal", "mps")),
    ("processor", ("cpu",)),
)
"""What a column is called, and the accelerators that it stands for."""


def print_frameworks(
    console: Console,
    rows: Sequence[FrameworkOverview],
    *,
    verbose: bool = False,
    home: str | None = None,
    folder: str | None = None,
) -> None:
    """Show what there is for a machine, and why not the rest."""
    page = Page(console, home=home, folder=folder)
    if page.narrow or not _as_table(page, rows):
        _as_list(page, rows)
    page.blank()
    _show_notes(page, rows)
    _show_reasons(page, rows, verbose=verbose)


def print_choice(console: Console, offers: Sequence[FrameworkOverview]) -> None:
    """Show what there is to choose from, numbered; the first is the recommended one."""
    page = Page(console)
    for number, offer in enumerate(offers, 1):
        best = next(each for each in offer.accelerators if each.version)
        usual = " (recommended)" if number == 1 else ""
        page.line(f"{number}  {words.release(offer.framework, best.version)} for {best.accelerator}{usual}")


def _as_table(page: Page, rows: Sequence[FrameworkOverview]) -> bool:
    """Draw a table, where there is room for it."""
    from rich.text import Text

    usual = _usual_python(rows)
    titles = ("", *(title for title, _ in COLUMNS), "")
    lines = [(row.framework, *(_cell(row, each, usual) for _, each in COLUMNS), _state(row)) for row in rows]
    widths = [max(map(len, column)) + 2 for column in zip(titles, *lines, strict=True)]
    if sum(widths) - 2 > page.width:  # the last column needs no gap after it
        return False
    page.draw(Text("".join(title.ljust(width) for title, width in zip(titles, widths, strict=True)), "dim"))
    for line in lines:
        drawn = Text()
        for number, (cell, width) in enumerate(zip(line, widths, strict=True)):
            style = "bold" if not number else "dim" if cell == _NO or number == len(line) - 1 else ""
            drawn.append(cell.ljust(width), style)
        page.draw(drawn)
    return True


def _usual_python(rows: Sequence[FrameworkOverview]) -> str | None:
    """Return the Python that most builds are shown for."""
    counts = Counter(each.python for row in rows for each in row.accelerators if each.python)
    return counts.most_common(1)[0][0] if counts else None


def _as_list(page: Page, rows: Sequence[FrameworkOverview]) -> None:
    usual = _usual_python(rows)
    for row in rows:
        page.line((row.framework, "bold"), f"  {_state(row)}")
        for title, accelerators in COLUMNS:
            page.row(title, _cell(row, accelerators, usual), column=12, indent=2)


def _state(row: FrameworkOverview) -> str:
    if row.state == "active":
        return ""
    return f"{row.state} {row.ended}" if row.ended else row.state


def _of(row: FrameworkOverview, accelerators: tuple[str, ...]) -> list[Availability]:
    return [each for each in row.accelerators if each.accelerator in accelerators]


_NO = "no"


def _cell(row: FrameworkOverview, accelerators: tuple[str, ...], usual: str | None) -> str:
    """Return the best build in a few letters: release, line where there are several, Python where it is another."""
    found = next((each for each in _of(row, accelerators) if each.version), None)
    if found is None:
        return _NO
    compute = "" if found.compute in {"cpu", "any", "mps", "metal", "xpu"} else f" {found.compute}"
    python = "" if found.python in {usual, None} else f" (Python {found.python})"
    return f"{found.version}{compute}{python}"


def _show_notes(page: Page, rows: Sequence[FrameworkOverview]) -> None:
    """Say what a retired framework is succeeded by, and which Python an old build needs."""
    for row in rows:
        if row.state != "active" and row.note:
            page.line(row.note, hang=2)


def _show_reasons(page: Page, rows: Sequence[FrameworkOverview], *, verbose: bool) -> None:
    """Write every reason once, with the frameworks and accelerators that it stands against."""
    groups: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for row in rows:
        for title, accelerators in COLUMNS:
            found = _of(row, accelerators)
            if any(each.version for each in found):
                continue
            # of Apple's two ways the one that is published is the one to explain
            best = next((each for each in found if each.reasons[0].code != "unpublished"), found[0])
            texts = tuple(reason.text for reason in (best.reasons if verbose else best.reasons[:1]))
            groups.setdefault(texts, {}).setdefault(title, []).append(row.framework)
    for number, (texts, places) in enumerate(groups.items()):
        names = "; ".join(f"{title}: {words.listed(names)}" for title, names in places.items())
        page.row("" if number else "no", "; ".join(texts), (f" ({names})", "dim"), column=_COLUMN)
