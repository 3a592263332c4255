"""Findings and errors: what is wrong, what was seen and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.render import words
from dlsetup.render.page import LABEL, STATUS, Page
from dlsetup.values.finding import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from dlsetup.values.finding import Finding, Remedy

_LABELS = 7
"""Columns of "seen", "do", "then" and "mode" with the gap after them."""
_FEW = 3
_OF_THE_SHELL = ("unset ", "export ", "$env:", "Remove-Item Env:")
"""What changes the shell that it is typed in; a program cannot change its parent's variables."""
_NEEDS_ROOT = "administrator rights"
_NEEDS_REBOOT = "a restart of the machine"


def print_error(console: Console, what: str, seen: str = "", do: str = "", *, home: str | None = None) -> None:
    """Say why a command ended: what is wrong, what was seen, what to do next."""
    page = Page(console, home=home)
    page.line(("error", STATUS["fail"]), "  ", (what, "bold"), hang=7)
    for label, text in (("seen", seen), ("do", do)):
        if text:
            page.row(label, text, indent=7, column=7 + _LABELS)


def show_finding(
    page: Page, finding: Finding, follow: Sequence[Finding] = (), *, verbose: bool = False, prefix: str = ""
) -> None:
    """Write a finding with all its parts, and those that only follow from it."""
    indent = show_headline(page, finding, prefix=prefix)
    show_evidence(page, finding.evidence, indent, verbose=verbose)
    if finding.remedy is not None:
        _show_remedy(page, finding.remedy, indent, verbose=verbose, where=finding.environment)
    _show_followers(page, follow, indent, verbose=verbose)
    if finding.mode:
        page.row("mode", (finding.mode, "dim"), indent=indent, column=indent + _LABELS)


def show_headline(page: Page, finding: Finding, width: int = 0, *, prefix: str = "") -> int:
    """Write a finding's first line, its check in a column of some width; return where its parts begin."""
    word = finding.status.value
    indent = len(prefix) + max(len(word), 4) + 2
    check = finding.check if page.narrow else finding.check.ljust(width)
    hang = indent if page.narrow else indent + len(check) + 3
    summary = (finding.summary, "bold" if finding.status is Status.FAIL else "")
    page.line(prefix, (word.ljust(indent - len(prefix)), STATUS[word]), (check, "cyan"), "   ", summary, hang=hang)
    return indent


def show_evidence(page: Page, evidence: tuple[str, ...], indent: int, *, verbose: bool) -> None:
    """Write what was seen."""
    shown = evidence if verbose else evidence[:_FEW]
    for number, fact in enumerate(shown):
        page.row("" if number else "seen", fact, indent=indent, column=indent + _LABELS)
    if len(shown) < len(evidence):
        more = f"and {len(evidence) - len(shown)} more: -v"
        page.row("", (more, "dim"), indent=indent, column=indent + _LABELS)


def _show_remedy(page: Page, remedy: Remedy, indent: int, *, verbose: bool, where: str | None = None) -> None:
    column = indent + _LABELS
    page.row("do", remedy.text, indent=indent, column=column)
    for command in remedy.commands:
        page.command(command, indent=column + 2)
    # where there is a command, the page about it is for those who want to know more
    for link in remedy.links if verbose else remedy.links[: not remedy.commands]:
        page.row("", (link, "underline"), indent=indent, column=column + 2)
    note = remedy_note(remedy, where, page.home)
    if note:
        page.row("", (note, LABEL), indent=indent, column=column)


def remedy_note(remedy: Remedy, where: str | None = None, home: str | None = None) -> str:
    """Return what carrying it out takes, or who does it; `where` is the environment, if there are several."""
    needs = [
        word for needed, word in ((remedy.needs_root, _NEEDS_ROOT), (remedy.needs_reboot, _NEEDS_REBOOT)) if needed
    ]
    if needs:
        return f"(needs {words.listed(needs)})"
    if remedy.automatic:
        argv = ("dlsetup", "doctor", "--fix", *(("--env", where) if where else ()))
        return f"({words.command_line(argv, home)} does it for you)"
    shell = any(command.startswith(_OF_THE_SHELL) for command in remedy.commands)
    return "(in your own shell, and in its profile if it is set there: no program can do it for you)" if shell else ""


def _show_followers(page: Page, follow: Sequence[Finding], indent: int, *, verbose: bool) -> None:
    if not follow:
        return
    column = indent + _LABELS
    verb = "follows" if len(follow) == 1 else "follow"
    page.row("then", f"{len(follow)} more {verb} from this", indent=indent, column=column)
    shown = follow if verbose else follow[:_FEW]
    for each in shown:
        page.line((f"{each.check}: {each.summary}", "dim"), indent=column + 2, hang=2)
        if verbose:
            show_evidence(page, each.evidence, column + 4, verbose=True)
    if len(shown) < len(follow):
        page.line((f"and {len(follow) - len(shown)} others: -v", "dim"), indent=column + 2)
