"""How one line of builds stands, as text: what fits, and what is in the way of the rest, the nearest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.render import words
from dlsetup.render.page import STATUS, Page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from dlsetup.values.plan import Rejection, Standing

_COLUMN = 6
_FEW_RELEASES = 6
_FEW_GROUPS = 6


def print_standings(
    console: Console,
    standings: Iterable[Standing],
    *,
    verbose: bool = False,
    home: str | None = None,
    folder: str | None = None,
) -> None:
    """Show for each framework which releases of a line fit, and all that is in the way of the others."""
    page = Page(console, home=home, folder=folder)
    for number, standing in enumerate(standings):
        if number:
            page.blank()
        _show(page, standing, verbose=verbose)


def _show(page: Page, standing: Standing, *, verbose: bool) -> None:
    python = f" (Python {standing.python})" if standing.python else ""
    name = words.title(standing.framework)
    if not standing.fitting and not standing.rejected:
        lines = words.listed(list(standing.lines))
        page.line((f"{name} is not published for {standing.compute}", STATUS["fail"]), f", only for {lines}", hang=2)
        return
    verdict = "fits" if standing.fitting else "does not fit"
    page.line((f"{name} for {standing.compute} {verdict}{python}", STATUS["ok" if standing.fitting else "fail"]))
    page.blank()
    if standing.fitting:
        page.row("fits", _few(standing.fitting, verbose=verbose), column=_COLUMN)
        if standing.chosen not in standing.fitting[:1]:
            page.row("", f"{standing.chosen} is better on this machine; --compute chooses", column=_COLUMN)
    elif standing.chosen:
        page.row("best", f"{standing.chosen} is what fits this machine", column=_COLUMN)
    _show_rejected(page, standing.rejected, verbose=verbose)


def _show_rejected(page: Page, rejected: tuple[Rejection, ...], *, verbose: bool) -> None:
    groups: dict[tuple[str, ...], list[str]] = {}
    for each in rejected:
        groups.setdefault(tuple(reason.text for reason in each.reasons), []).append(f"{each.version} {each.compute}")
    shown = list(groups.items())[: None if verbose else _FEW_GROUPS]
    for number, (reasons, names) in enumerate(shown):
        page.row("" if number else "not", (_few(tuple(names), verbose=verbose), "bold"), column=_COLUMN)
        for reason in reasons:
            page.line(reason, indent=_COLUMN + 2, hang=2)
    rest = len(groups) - len(shown)
    if rest:
        page.row("", (f"and {words.counted(rest, 'other group')} of builds: -v", "dim"), column=_COLUMN)


def _few(names: tuple[str, ...], *, verbose: bool) -> str:
    if verbose or len(names) <= _FEW_RELEASES:
        return words.listed(list(names))
    return words.listed([*names[: _FEW_RELEASES - 1], f"{len(names) - _FEW_RELEASES + 1} others"])
