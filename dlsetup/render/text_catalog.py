"""What the catalog knows, row by row with sources, and what the live indexes say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.render import words
from dlsetup.render.page import STATUS, Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from dlsetup.values.survey import CatalogRow, FrameworkRows, Survey

_COLUMN = 6
_FEW_VERSIONS = 4
_FEW_ROWS = 12

KINDS = {
    "gone": ("no longer holds", "fail"),
    "newer": ("has no row", "warn"),
    "python": ("fits more Pythons", "warn"),
}
"""What each kind of disagreement is called, and how much it matters."""


def print_catalog(
    console: Console,
    frameworks: Sequence[FrameworkRows],
    *,
    verbose: bool = False,
    home: str | None = None,
    folder: str | None = None,
) -> None:
    """Show the rows of some frameworks; without `verbose` the newest ones."""
    page = Page(console, home=home, folder=folder)
    for number, framework in enumerate(frameworks):
        if number:
            page.blank()
        state = f", {framework.state} {framework.ended or ''}".rstrip() if framework.state != "active" else ""
        successor = f", succeeded by {framework.successor}" if framework.successor else ""
        page.line((framework.title, "bold"), f"{state}{successor}", (f"  {framework.source}", "dim"), hang=2)
        shown = framework.rows if verbose else framework.rows[:_FEW_ROWS]
        for row in shown:
            _show_row(page, row, verbose=verbose)
        if len(shown) < len(framework.rows):
            rest = words.counted(len(framework.rows) - len(shown), "older row")
            page.line((f"and {rest}: -v, or --json", "dim"), indent=2)


def _show_row(page: Page, row: CatalogRow, *, verbose: bool) -> None:
    compute = "" if row.compute == "any" else f" {row.compute}"
    page.line(
        (f"{_versions(row, verbose=verbose)}{compute}", "cyan"), f"  {', '.join(row.platforms)}", indent=2, hang=4
    )
    page.line("; ".join(_facts(row)), indent=4, hang=2)
    if row.caution:
        page.line(f"only when asked for: {row.caution}", indent=4, hang=2)
    sources = row.sources if verbose else row.sources[:1]
    more = f" and {len(row.sources) - len(sources)} more" if len(sources) < len(row.sources) else ""
    page.line((f"{', '.join(sources)}{more}, read {row.read}", "dim"), indent=4, hang=2)


def _versions(row: CatalogRow, *, verbose: bool) -> str:
    if verbose or len(row.versions) <= _FEW_VERSIONS:
        return ", ".join(row.versions)
    return f"{', '.join(row.versions[: _FEW_VERSIONS - 1])} ... {row.versions[-1]}"


def _facts(row: CatalogRow) -> list[str]:
    """Return what holds for a row, a few words each."""
    facts = [f"Python {', '.join(row.pythons)}"]
    facts += [f"driver {row.driver}"] if row.driver else []
    facts += [f"glibc {row.glibc}"] if row.glibc else []
    facts += [f"macOS {row.macos}"] if row.macos else []
    facts += [", ".join(row.gpus)] if row.gpus else []
    facts += [each.upper() for each in row.cpu_features]
    facts += [f"needs {', '.join(row.needs)}"] if row.needs else []
    return [*facts, ", ".join(row.requirements), row.index or "the default index"]


def print_survey(console: Console, survey: Survey, *, home: str | None = None, folder: str | None = None) -> None:
    """Show where the indexes disagree with the catalog, and what could not be asked."""
    page = Page(console, home=home, folder=folder)
    if not survey.disagreements:
        verdict = "the indexes agree with the catalog" if survey.asked else "no index could be asked"
        page.line((verdict, STATUS["ok" if survey.asked else "fail"]))
    for each in survey.disagreements:
        told, status = KINDS[each.kind]
        compute = "" if each.compute == "any" else f" {each.compute}"
        what = f"{words.title(each.framework)} {each.version}{compute}"
        page.line((f"{what} {told}", STATUS[status]), f": {each.platform}, Python {', '.join(each.pythons)}", hang=2)
        page.line(each.text, indent=4)
    page.blank()
    asked = words.counted(survey.asked, "question")
    left = f", {survey.left} left (no time, or out of reach)" if survey.left else ""
    page.row("asked", f"{asked}{left}", column=_COLUMN)
    for index in survey.indexes:
        if not index.reached:
            page.row("", f"{index.location or 'the default index'}: {index.why or 'not asked'}", column=_COLUMN)
