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

_NOTHING = "Nothing in this text is known to dlsetup."
_SEND = (
    "Give it more of the log: the lines before the first error, the whole traceback, and what was installed "
    "(pip list). dlsetup doctor looks at the machine itself."
)


def print_explanation(
    console: Console, explanation: Explanation, verbose: bool = False, *, home: str | None = None
) -> None:
    """Say what a text was recognised as, the likeliest cause first."""
    page = Page(console, home=home)
    shown = [each for each in explanation.findings if each.role not in ("background", "noise")]
    beside = [each for each in explanation.findings if each.role in ("background", "noise")]
    _show_verdict(page, shown, beside)
    causes = [each for each in shown if each.because is None]
    for finding in causes:
        page.blank()
        follow = [each for each in shown if each.because is not None and each.because in (finding.mode, finding.check)]
        show_finding(page, finding, follow, verbose=verbose)
        _show_more(page, finding, verbose=verbose)
    _show_beside(page, beside, verbose=verbose or not shown)


def _show_verdict(page: Page, shown: list[Explained], beside: list[Explained]) -> None:
    if not shown and not beside:
        page.line(_NOTHING, hang=2)
        page.line(_SEND, hang=2)
        return
    if not shown:
        harmless = all(each.role == "noise" for each in beside)
        text = "what it says is harmless" if harmless else "no cause is named, but see below"
        page.line(
            ("Nothing wrong here" if harmless else "Not sure", STATUS["ok" if harmless else "unknown"]), f": {text}"
        )
        return
    best = shown[0]
    word = "Cause found" if best.status is Status.FAIL else "Known"
    page.line((word, STATUS[best.status.value]), f": {best.summary}", hang=2)
    remedy = best.remedy
    if remedy is None:
        return
    if remedy.commands:
        page.before_command("Next: ", command=remedy.commands[0])
    else:
        page.line("Next: ", remedy.text, hang=2)


def _show_more(page: Page, finding: Explained, *, verbose: bool) -> None:
    if not verbose:
        return
    if finding.cause:
        page.row("why", finding.cause, indent=6, column=13)
    for other in finding.alternatives:
        page.row("or", other.text, indent=6, column=13)
        for command in other.commands:
            page.command(command, indent=15)


def _show_beside(page: Page, beside: list[Explained], *, verbose: bool) -> None:
    if not beside:
        return
    page.blank()
    if not verbose:
        page.line((f"{words.counted(len(beside), 'other line')} beside it: -v", LABEL))
        return
    for finding in beside:
        show_finding(page, finding, verbose=True)
