"""What a text was recognised as: the verdict, the next thing to do, then each finding with the line that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.render import words
from dlsetup.render.page import LABEL, STATUS, Page
from dlsetup.render.text_findings import show_finding
from dlsetup.values.finding import Status

if TYPE_CHECKING:
    from rich.console import Console

    from dlsetup.values.symptom import Explained, Explanation

_INDENT = 6
_COLUMN = 13
_MOST = 3
"""So many findings are shown without -v: the later ones are the less likely."""


def print_explanation(
    console: Console, explanation: Explanation, verbose: bool = False, *, home: str | None = None
) -> None:
    """Say what a text was recognised as, the likeliest cause first."""
    page = Page(console, home=home)
    found = explanation.findings
    causes = [each for each in found if each.because is None and each.role in ("cause", "wrapper")]
    beside = [each for each in found if each.because is None and each not in causes]
    _show_verdict(page, causes, beside)
    shown = causes if verbose else causes[:_MOST]
    for finding in shown:
        page.blank()
        names = {finding.mode, finding.check}
        show_finding(page, finding, [each for each in found if each.because in names], verbose=verbose)
        if verbose:
            _show_more(page, finding)
    if verbose or not causes:
        for finding in beside:
            page.blank()
            show_finding(page, finding, verbose=verbose)
    _show_rest(page, len(causes) - len(shown), 0 if verbose or not causes else len(beside))
    if verbose:
        _show_facts(page, explanation)


def _show_verdict(page: Page, causes: list[Explained], beside: list[Explained]) -> None:
    """Write what it comes to, and the one thing to do next."""
    if not causes and not beside:
        page.line("Nothing in this text is known to dlsetup.", hang=2)
        page.line(
            "Next: give it more, from before the first error to the end, with the whole traceback and what is "
            "installed (pip list); or let dlsetup doctor look at the machine itself.",
            hang=2,
        )
        return
    best = (causes or beside)[0]
    page.line((_verdict(best, causes), STATUS[best.status.value]), f": {best.summary}", hang=2)
    if not causes or best.remedy is None:
        return
    if best.remedy.commands:
        page.before_command("Next: ", command=best.remedy.commands[0])
    else:
        page.line("Next: ", best.remedy.text, hang=2)


def _verdict(best: Explained, causes: list[Explained]) -> str:
    if not causes:
        return "Nothing wrong here" if best.status is Status.OK else "No cause found, but know this"
    if best.status is Status.UNKNOWN:
        return "Possibly"
    return "The cause" if best.status is Status.FAIL else "Not the installation" if best.mode is None else "Found"


def _show_more(page: Page, finding: Explained) -> None:
    """Write why it happens, and what else would mend it."""
    if finding.cause:
        page.row("why", finding.cause, indent=_INDENT, column=_COLUMN)
    for other in finding.alternatives:
        page.row("or", other.text, indent=_INDENT, column=_COLUMN)
        for command in other.commands:
            page.command(command, indent=_COLUMN + 2)


def _show_rest(page: Page, more: int, beside: int) -> None:
    counts = [(more, "less likely cause"), (beside, "other line")]
    told = words.listed([words.counted(count, noun) for count, noun in counts if count])
    if told:
        page.blank()
        page.line((f"and {told}: -v", LABEL))


def _show_facts(page: Page, explanation: Explanation) -> None:
    """Write what the texts tell of the machine, on which the answer rests."""
    page.blank()
    width = max((len(fact) for fact, _ in explanation.told), default=0) + 2
    for fact, value in explanation.told:
        page.row(fact, value, column=width)
    if not explanation.told:
        page.line(("the text tells nothing of its machine", LABEL))
