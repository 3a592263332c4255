"""The first and the last line of a report: am I good to go, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlsetup.render import words
from dlsetup.values.finding import Status

if TYPE_CHECKING:
    from dlsetup.render.story import Chapter, Story
    from dlsetup.values.environment import Environment
    from dlsetup.values.report import Report, SmokeResult


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The answer in a word or two, and what it is about."""

    word: str
    status: str
    """The status whose colour it bears."""
    text: str


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """A command to type, and words about it; or words alone."""

    command: str = ""
    text: str = ""


def judge(report: Report, story: Story) -> Verdict:
    """Return the answer to the one question that everybody has."""
    trouble = _trouble(report, story)
    if trouble:
        return Verdict(word="Not ready", status="fail", text=trouble)
    trained = tuple(result for result in report.smoke if has_trained(result))
    if trained:
        return Verdict(word="Ready", status="ok", text=_proof(trained))
    if report.proposal is not None and not report.outcomes:
        return Verdict(word="Planned", status="plan", text="nothing was changed")
    return _health(report, story)


def _trouble(report: Report, story: Story) -> str:
    failed = story.of(Status.FAIL)
    if failed:
        return failed[0].cause.summary
    broken = next((outcome for outcome in report.outcomes if outcome.exit_code != 0), None)
    if broken is not None:
        return f'the step "{broken.title}" failed'
    if report.proposal is not None and report.proposal.status == "unsupported":
        return "nothing that is published fits"
    vain = next((each for each in report.repairs or () if each.exit_code), None)
    if vain is not None:
        return vain.summary
    return f"the command ended with exit code {report.exit_code}" if report.exit_code else ""


def has_trained(result: SmokeResult) -> bool:
    """Tell whether a smoke test came as far as a trained network."""
    return bool(result.losses) and result.accuracy is not None


def _proof(trained: tuple[SmokeResult, ...]) -> str:
    by_device: dict[str, list[str]] = {}
    for each in trained:
        device = each.accelerator or each.device or "a device without a name"
        by_device.setdefault(device, []).append(words.release(each.framework, each.version))
    return ", ".join(
        f"{words.listed(names)} {'trains' if len(names) == 1 else 'train'} on {device}"
        for device, names in by_device.items()
    )


def _health(report: Report, story: Story) -> Verdict:
    passed = sum(finding.status is Status.OK for finding in report.findings)
    if not passed:
        return _nothing_passed(report)
    unknown, warned = story.of(Status.UNKNOWN), story.of(Status.WARN)
    if unknown:
        return Verdict(word="Not sure", status="unknown", text=unknown[0].cause.summary)
    if warned:
        word = f"Works, with {words.counted(len(warned), 'warning')}"
        return Verdict(word=word, status="warn", text=warned[0].cause.summary)
    checks = f"{words.counted(passed, 'check')} passed"
    mended = sum(each.status == "mended" for each in report.repairs or ())
    if mended:
        checks = f"{words.counted(mended, 'problem')} mended, {checks}"
    reservation = _reservation(report)
    if reservation:
        return Verdict(word="Healthy so far", status="ok", text=checks + reservation)
    names = [words.release(name, version) for name, version in report.frameworks or ()]
    return Verdict(word="Healthy", status="ok", text=", ".join([*names, checks, "nothing to mend"]))


def _reservation(report: Report) -> str:
    """Return what keeps a machine without trouble from being called healthy."""
    if report.left_out:
        return " of those that were asked for"
    if report.session is not None and not report.environments:
        return ", but no Python environment was looked at"
    return ", but no framework is installed here" if report.frameworks == () else ""


def _nothing_passed(report: Report) -> Verdict:
    if report.left_out and report.findings and all(each.status is Status.SKIP for each in report.findings):
        return Verdict(
            word="Nothing to say", status="skip", text="what was asked for does not apply here (-v tells why)"
        )
    return Verdict(word="Not known", status="unknown", text="no check could be answered")


def count(story: Story) -> str:
    """Return how much is not well: "1 problem, 2 warnings"."""
    numbers = (
        (len(story.of(Status.FAIL)), "problem"),
        (len(story.of(Status.UNKNOWN)), "open question"),
        (len(story.of(Status.WARN)), "warning"),
    )
    return ", ".join(words.counted(number, noun) for number, noun in numbers if number)


def next_step(report: Report, story: Story, folder: str | None = None) -> NextStep:
    """Return what to do now, if anything; `folder` is the one that the user is in."""
    if story.chapters:
        return _repair(report, story.chapters, folder)
    if report.exit_code or any(outcome.exit_code != 0 for outcome in report.outcomes):
        return NextStep()
    if report.command == "install" and report.outcomes and report.environments:
        return _activation(report.environments[0], report, folder)
    return _further(report, folder) if report.command == "doctor" and not report.left_out else NextStep()


def _further(report: Report, folder: str | None) -> NextStep:
    """Return what comes after a look that found nothing amiss."""
    if report.frameworks == ():
        return NextStep(command="dlsetup install pytorch", text="sets one up (or name another)")
    if not report.deep and report.environments:
        return NextStep(command=_again(report, folder, "--deep"), text="trains a small network to prove it")
    return NextStep()


def _again(report: Report, folder: str | None, option: str) -> str:
    """Return the doctor's command that looks at the same environment once more."""
    argv = ["dlsetup", "doctor", option]
    environment = report.environments[0] if report.environments else None
    usual = report.session.active or f"{report.session.folder}/.venv" if report.session else None
    if environment is not None and environment.kind in {"venv", "conda"} and usual not in {None, environment.path}:
        argv += ["--env", words.path(environment.path, folder=folder)]
    return words.command_line(argv)


def _repair(report: Report, chapters: tuple[Chapter, ...], folder: str | None) -> NextStep:
    """Return the remedy of the worst trouble that has one."""
    cause = next((chapter.cause for chapter in chapters if chapter.cause.remedy is not None), None)
    if cause is None or cause.remedy is None:
        return NextStep()
    remedy = cause.remedy
    if remedy.automatic:
        return NextStep(command=_again(report, folder, "--fix"))
    if len(remedy.commands) == 1:
        return NextStep(command=remedy.commands[0])
    if remedy.commands:
        return NextStep(text=f"the {len(remedy.commands)} commands of {cause.check}, then dlsetup doctor again")
    return NextStep(text=remedy.text)


def _activation(environment: Environment, report: Report, folder: str | None) -> NextStep:
    active = report.session.active if report.session else None
    if environment.kind != "venv" or active == environment.path:
        return NextStep()
    path = words.path(environment.path, folder=folder)
    if report.host.os.system == "windows":
        return NextStep(command=_for_powershell(f"{path}\\Scripts\\activate"))
    return NextStep(command=words.command_line(("source", f"{path}/bin/activate")))


def _for_powershell(path: str) -> str:
    word = words.quoted_for_windows(path)
    # a quoted word alone is a text to PowerShell, not a command
    return word if word == path else f"& {word}"
