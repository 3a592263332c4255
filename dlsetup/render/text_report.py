"""The answer of doctor and install: the verdict first, then what is not well with its cause, the next step last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.render import words
from dlsetup.render.page import LABEL, STATUS, Page
from dlsetup.render.story import tell
from dlsetup.render.text_findings import show_evidence, show_finding, show_headline
from dlsetup.render.text_host import gpus_words, os_words
from dlsetup.render.text_plan import headline, show_plan
from dlsetup.render.text_smoke import show_result
from dlsetup.render.verdict import count, judge, next_step
from dlsetup.values.finding import Status

if TYPE_CHECKING:
    from rich.console import Console

    from dlsetup.render.story import Story
    from dlsetup.render.verdict import NextStep
    from dlsetup.values.environment import Environment
    from dlsetup.values.finding import Finding
    from dlsetup.values.report import Outcome, Report

_GROUPS = {
    "m": "machine",
    "py": "interpreter",
    "inst": "installer",
    "pkg": "packages",
    "fit": "fit",
    "env": "environment",
    "run": "run",
    "dist": "distributed",
}
_INDENT = 6
_GROUP = _INDENT + 13


def print_report(
    console: Console, report: Report, verbose: bool = False, home: str | None = None, *, folder: str | None = None
) -> None:
    """Say whether all is well, what is not and why, and what to do next."""
    page = Page(console, home=home, folder=folder or (report.session.folder if report.session else None))
    story = tell(report.findings)
    verdict = judge(report, story)
    page.line((verdict.word, STATUS[verdict.status]), f": {verdict.text}", hang=2)
    if story.chapters:
        # where there is trouble, what to do is told at once, and again below the details
        _show_step(page, "", next_step(report, story, page.folder))
    for environment in report.environments:
        page.line((environment_words(page, environment), LABEL), hang=2)
    _show_plans(page, report, verbose=verbose)
    _show_repairs(page, report)
    _show_chapters(page, report, story, verbose=verbose)
    for outcome in report.outcomes:
        _show_failure(page, outcome)
    _show_calm(page, report, story, verbose=verbose)
    _show_end(page, report, story)


def environment_words(page: Page, environment: Environment) -> str:
    """Return an environment in one line: "python 3.11.7 in ./.venv, 61 packages"."""
    python = environment.interpreter.version or "of a version that is not known"
    kind = f" ({environment.kind})" if environment.kind in {"conda", "system"} else ""
    packages = words.counted(len(environment.distributions), "package")
    problem = f"; it cannot be used: {environment.problem}" if environment.problem else ""
    return f"python {python} in {page.path(environment.path)}{kind}, {packages}{problem}"


def _show_plans(page: Page, report: Report, *, verbose: bool) -> None:
    """Write all of a plan that was not carried out; of one that was, what the user should know about the choice."""
    if report.proposal is None:
        return
    for plan in report.proposal.plans:
        if not report.outcomes:
            page.blank()
            show_plan(page, plan, verbose=verbose)
            continue
        if len(report.proposal.plans) > 1:
            page.line((headline(page, plan), LABEL), hang=2)
        for reason in plan.reasons:
            page.line((reason, LABEL), indent=2)


_REPAIRS = {"planned": "would mend", "mended": "mended", "failed": "not mended", "returned": "not mended"}
_REPAIR_STATUS = {"planned": "plan", "mended": "ok", "failed": "fail", "returned": "fail"}


def _show_repairs(page: Page, report: Report) -> None:
    """Write what --fix did, or would do: the trouble, the commands, and what came of them."""
    repairs = report.repairs or ()
    indent = max((len(_REPAIRS[each.status]) for each in repairs), default=0) + 2
    for repair in repairs:
        page.blank()
        word = (_REPAIRS[repair.status].ljust(indent), STATUS[_REPAIR_STATUS[repair.status]])
        check = "" if page.narrow else f"{repair.check}   "
        page.line(word, (check, "cyan"), repair.summary, hang=indent + len(check))
        for command in repair.commands:
            page.command(command, indent=indent + 2)
        if repair.detail:
            page.line(f"{repair.detail}.", indent=indent)


def _show_chapters(page: Page, report: Report, story: Story, *, verbose: bool) -> None:
    """Write what is not well; after --fix as a numbered list, for that is what is left to do by hand."""
    planned = {(each.check, each.summary) for each in report.repairs or () if each.status == "planned"}
    left = [each for each in story.chapters if (each.cause.check, each.cause.summary) not in planned]
    if report.repairs is not None and left:
        page.blank()
        page.line(("By hand, in this order:" if len(left) > 1 else "By hand:", "bold"))
    for number, chapter in enumerate(left, start=1):
        page.blank()
        prefix = f"{number}. " if report.repairs is not None else ""
        show_finding(page, chapter.cause, chapter.follow, verbose=verbose, prefix=prefix)


def _show_failure(page: Page, outcome: Outcome) -> None:
    """Write a step that failed, with the last words of its tool."""
    if outcome.exit_code == 0:
        return
    page.blank()
    ended = "was stopped" if outcome.exit_code is None else f"ended with exit code {outcome.exit_code}"
    page.line(("fail  ", STATUS["fail"]), (outcome.title, "bold"), f" {ended}", hang=_INDENT)
    for number, line in enumerate(outcome.tail):
        page.row("" if number else "said", line, indent=_INDENT, column=_INDENT + 7)


def _show_calm(page: Page, report: Report, story: Story, *, verbose: bool) -> None:
    """Write what is well in one line for each group of checks (with -v each check), and what was not looked at."""
    page.blank()
    for result in report.smoke:
        show_result(page, result)
    if verbose:
        _show_every(page, report, story)
    else:
        _show_groups(page, report, story)
    if report.left_out:
        asked = words.counted(report.left_out, "check")
        page.line((f"--    not checked: {asked} that you did not ask for", LABEL), hang=_INDENT)
    elif report.command == "doctor" and not report.deep:
        page.line(("--    not checked: import, training, network (add --deep)", LABEL), hang=_INDENT)


def _show_every(page: Page, report: Report, story: Story) -> None:
    for outcome in report.outcomes:
        if outcome.exit_code == 0:
            page.line(("ok    ", STATUS["ok"]), f"{outcome.title}, {words.duration(outcome.seconds)}", hang=_INDENT)
    passed = tuple(finding for finding in story.calm if finding.status is Status.OK)
    width = max((len(finding.check) for finding in passed), default=0)
    for finding in passed:
        indent = show_headline(page, finding, width)
        show_evidence(page, finding.evidence, indent, verbose=True)
    others = ", ".join(f"{each.check} ({each.summary})" for each in story.calm if each.status is not Status.OK)
    if others:
        page.line(("--    ", LABEL), (f"does not apply: {others}", LABEL), hang=_INDENT)
    for gap in report.host.gaps:
        page.line(("--    ", LABEL), f"not known: {gap.what}, because {gap.why}", hang=_INDENT)


def _show_groups(page: Page, report: Report, story: Story) -> None:
    groups: dict[str, list[Finding]] = {}
    for finding in story.calm:
        # that it trains stands above already, measured
        if finding.status is Status.OK and not (report.smoke and finding.check.startswith("run.")):
            groups.setdefault(finding.check.partition(".")[0], []).append(finding)
    for group, findings in groups.items():
        name = _GROUPS.get(group, group).ljust(_GROUP - _INDENT)
        hang = _INDENT if page.narrow else _GROUP
        page.line(("ok    ", STATUS["ok"]), name, _glance(report, group, findings), hang=hang)


def _glance(report: Report, group: str, findings: list[Finding]) -> str:
    """Return what is worth a glance in a group where all is well: the machine's facts, else what was asked."""
    if group == "m":
        return "; ".join(_machine(report))
    return ", ".join(dict.fromkeys(words.subject(finding.check) for finding in findings))


def _machine(report: Report) -> list[str]:
    """Return the discrete GPUs (else what there is), the system and the room on the disk."""
    host = report.host
    discrete = tuple(gpu for gpu in host.gpus if not gpu.integrated)
    room = next((disk.free_bytes for disk in report.storage if disk.purpose == "environment"), None)
    free = [f"{words.size(room)} free"] if room is not None else []
    return [*gpus_words(replace(host, gpus=discrete or host.gpus)), *os_words(host)[:1], *free]


def _show_end(page: Page, report: Report, story: Story) -> None:
    counted, step = count(story), next_step(report, story, page.folder)
    if not (counted or step.command or step.text):
        return
    page.blank()
    _show_step(page, f"{counted}. " if counted and (step.command or step.text) else counted, step)


def _show_step(page: Page, lead: str, step: NextStep) -> None:
    if step.command:
        page.before_command((lead, "bold"), "Next: ", command=step.command, after=step.text)
    elif lead or step.text:
        page.line((lead, "bold"), *(["Next: ", step.text] if step.text else []), hang=2)
