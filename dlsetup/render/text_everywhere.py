"""The answer of doctor --all: one line for each environment of the machine, and what is not well in which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.render import words
from dlsetup.render.page import LABEL, STATUS, Page
from dlsetup.render.story import tell
from dlsetup.render.text_findings import show_finding
from dlsetup.render.text_host import gpus_words, os_words
from dlsetup.render.text_smoke import show_result
from dlsetup.values.finding import Status

if TYPE_CHECKING:
    from rich.console import Console

    from dlsetup.render.story import Chapter
    from dlsetup.values.environment import Environment
    from dlsetup.values.finding import Finding
    from dlsetup.values.report import Report

_INDENT = 6
_LEVELS = (Status.FAIL, Status.UNKNOWN, Status.WARN)


def print_everywhere(
    console: Console, report: Report, verbose: bool = False, home: str | None = None, *, folder: str | None = None
) -> None:
    """Say which environments are well, a line each, then what is wrong with those that are not."""
    page = Page(console, home=home, folder=folder or (report.session.folder if report.session else None))
    own = tuple(each for each in report.findings if each.environment is None)
    chapters = {each.path: _chapters(report, each, own) for each in report.environments}
    machine = tell(own).chapters
    levels = [_level(machine), *(_level(each) for each in chapters.values())]
    page.line(*_verdict(report, levels), hang=2)
    page.line(("; ".join([*gpus_words(report.host), *os_words(report.host)[:1]]), LABEL), hang=2)
    page.blank()
    for environment in report.environments:
        _show_line(page, report, environment, chapters[environment.path])
    if report.smoke:
        page.blank()
    for result in report.smoke:
        show_result(page, result)
    for chapter in machine:
        page.blank()
        show_finding(page, chapter.cause, chapter.follow, verbose=verbose)
    for path, found in chapters.items():
        if found:
            page.blank()
            page.line(("in ", LABEL), (page.path(path), "bold"))
        for chapter in found:
            show_finding(page, chapter.cause, chapter.follow, verbose=verbose)
    if not report.deep:
        page.blank()
        page.line(("--    not checked: import, training, network (add --deep)", LABEL), hang=_INDENT)
    _show_end(page, [path for path, found in chapters.items() if found])


def _chapters(report: Report, environment: Environment, own: tuple[Finding, ...]) -> tuple[Chapter, ...]:
    """Return what is not well with one environment; what only follows from the machine is told with that."""
    mine = tuple(each for each in report.findings if each.environment == environment.path)
    names = {each.check for each in mine}
    story = tell((*(each for each in own if each.check not in names), *mine))
    return tuple(each for each in story.chapters if each.cause.environment is not None)


def _level(chapters: tuple[Chapter, ...]) -> Status:
    there = {chapter.status for chapter in chapters}
    return next((each for each in _LEVELS if each in there), Status.OK)


def _verdict(report: Report, levels: list[Status]) -> list[str | tuple[str, str]]:
    all_of_them = words.counted(len(report.environments), "environment")
    with_frameworks = sum(bool(found) for _, found in report.frameworks_of or ())
    for level, word, text in (
        (Status.FAIL, "Not ready", "trouble in"),
        (Status.UNKNOWN, "Not sure", "open questions in"),
        (Status.WARN, "Works, with warnings", "something to know in"),
    ):
        number = levels[1:].count(level)
        if number:
            return [(word, STATUS[level.value]), f": {text} {number} of {all_of_them}"]
        if levels[0] is level:
            return [(word, STATUS[level.value]), f": {text} the machine itself; {all_of_them} looked at"]
    return [("Healthy", STATUS["ok"]), f": {all_of_them}, {with_frameworks} of them with a framework, nothing to mend"]


def _show_line(page: Page, report: Report, environment: Environment, chapters: tuple[Chapter, ...]) -> None:
    level = _level(chapters)
    frameworks = dict(report.frameworks_of or ()).get(environment.path, ())
    python = f"Python {environment.interpreter.version}" if environment.interpreter.version else "no Python that starts"
    held = [words.release(name, version) for name, version in frameworks] or ["no framework"]
    kind = f" ({environment.kind})" if environment.kind in {"conda", "system"} else ""
    about = [python, *held, words.counted(len(environment.distributions), "package")]
    page.line(
        (level.value.ljust(_INDENT), STATUS[level.value]),
        page.path(environment.path) + kind,
        "  ",
        (", ".join(about), LABEL),
        hang=_INDENT,
    )


def _show_end(page: Page, unwell: list[str]) -> None:
    if unwell:
        page.blank()
        command = words.command_line(["dlsetup", "doctor", "--env", words.path(unwell[0], folder=page.folder)])
        page.before_command("Next: ", command=command, after="tells more of the first one" if unwell[1:] else "")
