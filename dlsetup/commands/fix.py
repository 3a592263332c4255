"""dlsetup doctor --fix: carry out the remedies that are marked automatic, look again after each, and tell the rest."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlsetup import uv
from dlsetup.check import run_checks
from dlsetup.commands.choice import EVERYTHING
from dlsetup.commands.doctor import examine
from dlsetup.commands.look import look
from dlsetup.commands.named import absolute
from dlsetup.errors import IndexFailedError, InstallFailedError, UsageError
from dlsetup.install import INSIDE, Transaction, execute, recover
from dlsetup.values.environment import IndexSettings
from dlsetup.values.finding import Status
from dlsetup.values.plan import Plan, Step
from dlsetup.values.report import Repair

if TYPE_CHECKING:
    from dlsetup.commands.choice import Choice
    from dlsetup.system.interface import System
    from dlsetup.values.finding import Finding
    from dlsetup.values.report import Progress, Report
    from dlsetup.values.situation import Situation

ROUNDS = 10
"""Remedies in one run; a remedy that uncovers another trouble is followed by that one's."""

OWN = "dlsetup"
AS_BEFORE = "The environment is as it was before"

Trouble = tuple[str, "str | None", str]


def fix(
    system: System,
    progress: Progress,
    *,
    environment: str | None = None,
    python: str | None = None,
    choice: Choice = EVERYTHING,
    deep: bool = False,
    dry_run: bool = False,
) -> Report:
    """Apply every automatic remedy of one environment, the cause first, and check it again.

    Each remedy is a change of its own: what fails, or does not mend its finding, is put back. `dry_run` changes nothing
    and tells what would be done.
    Raises UsageError where the environment is one that dlsetup never changes, BusyError where another one is at work.
    """
    if environment is not None:
        # where the working folder lies in the environment, it is not found by dots once that was put back
        environment = absolute(system, system.value("folder"), environment)
    work = _Work(system=system, progress=progress, environment=environment, python=python, choice=choice)
    repairs = work.planned() if dry_run or system.replayed else work.carry_out()
    report = examine(work.look(), system, progress, choice=choice, deep=deep)
    if not dry_run:
        repairs = tuple(_returned(each, report.findings) for each in repairs)
    code = next((each.exit_code for each in repairs if each.exit_code), report.exit_code)
    findings = tuple(_tried(each, repairs) for each in report.findings)
    return replace(report, repairs=repairs, findings=findings, exit_code=code)


def to_fix(situation: Situation, choice: Choice = EVERYTHING) -> tuple[Finding, ...]:
    """Return the findings whose remedy is automatic, those that follow from another left out."""
    return tuple(
        finding
        for finding in run_checks(situation, choice.checks)
        if finding.status in {Status.FAIL, Status.WARN}
        and finding.because is None
        and finding.remedy is not None
        and finding.remedy.automatic
        and finding.remedy.commands
    )


def _trouble(finding: Finding | Repair) -> Trouble:
    return finding.check, finding.mode, finding.summary


@dataclass(frozen=True, kw_only=True)
class _Work:
    """One environment that is to be mended."""

    system: System
    progress: Progress
    environment: str | None
    python: str | None
    choice: Choice

    def look(self) -> Situation:
        """Look at the environment as it is now."""
        return look(self.system, environment=self.environment, python=self.python, wanted=self.choice.frameworks)

    def planned(self) -> tuple[Repair, ...]:
        """Return what would be done first, as far as can be told without doing it."""
        situation = self.look()
        # another machine's commands are told as they are
        settings = None if self.system.replayed else situation.indexes or IndexSettings()
        return tuple(_repair(each, "planned", settings) for each in to_fix(situation, self.choice))

    def carry_out(self) -> tuple[Repair, ...]:
        """Mend one thing after the other, until nothing is left or nothing helps."""
        repairs: list[Repair] = []
        for _ in range(ROUNDS):
            situation = self.look()
            tried = {_trouble(each) for each in repairs}
            finding = next((each for each in to_fix(situation, self.choice) if _trouble(each) not in tried), None)
            if finding is None:
                break
            repairs.append(self._mend(finding, situation))
        return tuple(repairs)

    def _mend(self, finding: Finding, situation: Situation) -> Repair:
        settings = situation.indexes or IndexSettings()
        if situation.unfinished is not None:
            self.progress.step(f"put back {situation.unfinished[0]}")
            recover(situation.unfinished[0])
            self.progress.done(f"put back {situation.unfinished[0]}")
            return replace(_repair(finding, "mended", settings), commands=(), detail=AS_BEFORE)
        _refuse_system(situation)
        try:
            self._apply(finding, situation, settings)
        except (InstallFailedError, IndexFailedError) as problem:
            status = "returned" if isinstance(problem, _StillThereError) else "failed"
            told = _repair(finding, status, settings)
            said = f"{problem.what}: {problem.seen}".strip(": ")
            return replace(told, detail=f"{said}. {AS_BEFORE}", exit_code=problem.exit_code)
        return _repair(finding, "mended", settings)

    def _apply(self, finding: Finding, situation: Situation, settings: IndexSettings) -> None:
        environment = situation.environment
        if environment is None:
            return
        steps = tuple(
            Step(title=f"mend {finding.check}: {line}", argv=argv_of(line, settings)) for line in _commands(finding)
        )
        plan = Plan(frameworks=(), accelerator="", compute="", python=None, environment=None, steps=steps)
        with Transaction(environment.path) as change:
            # a dlsetup among the commands finds the environment locked, and is told by whom
            within = {INSIDE: str(change.environment)}
            with change.shared():
                execute(plan, self.system, settings, self.progress, {}, variables=within)
            again = replace(look(self.system, environment=environment.path), unfinished=None)
            if _trouble(finding) in {_trouble(each) for each in to_fix(again, self.choice)}:
                raise _StillThereError(f"the remedy for {finding.check} did not mend it")
            change.commit()


class _StillThereError(InstallFailedError):
    """The commands of a remedy ended well and mended nothing."""


def _commands(finding: Finding) -> tuple[str, ...]:
    return finding.remedy.commands if finding.remedy else ()


def _repair(finding: Finding, status: str, settings: IndexSettings | None) -> Repair:
    lines = _commands(finding)
    return Repair(
        check=finding.check,
        mode=finding.mode,
        summary=finding.summary,
        status=status,
        commands=lines if settings is None else tuple(_line(line, settings) for line in lines),
    )


def _line(line: str, settings: IndexSettings) -> str:
    """Return a command as it is carried out, with the indexes of the user's pip configuration if uv is to know them."""
    return line if _words(line)[0] in {"rm", "Remove-Item", OWN} else shlex.join(argv_of(line, settings, shown=True))


def _returned(repair: Repair, findings: tuple[Finding, ...]) -> Repair:
    """Say of what was mended and is found again at the end that it came back: another remedy undid it."""
    again = any(_trouble(each) == _trouble(repair) for each in findings if each.status in {Status.FAIL, Status.WARN})
    if repair.status != "mended" or not again:
        return repair
    return replace(repair, status="returned", detail="it was mended, and came back with a later remedy")


def _tried(finding: Finding, repairs: tuple[Repair, ...]) -> Finding:
    """Leave a remedy that was carried out in vain to the user, and say so."""
    vain = next((each for each in repairs if each.status in _VAIN and _trouble(each) == _trouble(finding)), None)
    if vain is None or finding.remedy is None:
        return finding
    seen = f"dlsetup carried out the remedy, and {_VAIN[vain.status]}"
    remedy = replace(finding.remedy, automatic=False)
    return replace(finding, evidence=(*finding.evidence, seen), remedy=remedy)


_VAIN = {"failed": "it failed", "returned": "the trouble came back"}


def _refuse_system(situation: Situation) -> None:
    found = situation.environment
    if found is None or found.kind not in {"venv", "conda"}:
        raise UsageError(
            "only an environment of its own is mended",
            seen=f"{found.path} is not one" if found else "there is no environment here",
            do="name one with --env, or make one: dlsetup install pytorch",
        )


_REMOVE = """
import os, shutil, sys
for path in sys.argv[1:]:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)
"""


def argv_of(line: str, settings: IndexSettings, *, shown: bool = False) -> tuple[str, ...]:
    """Split a remedy's command as a shell would, and put the programs in that dlsetup brings itself.

    Files are removed by Python: what PowerShell and POSIX shells do it with is no program on every system.
    `shown` leaves credentials out.
    """
    program, *words = _words(line)
    if program in {"rm", "Remove-Item"}:
        return (sys.executable, "-I", "-c", _REMOVE, *(word for word in words if not word.startswith("-")))
    if program == OWN:
        # isolated: a file in the working folder must not come before a module of dlsetup's
        return (sys.executable, "-I", "-m", "dlsetup", *words, "--yes")
    if program != "uv":
        return (program, *words)
    # pip reads its configuration itself, uv does not
    indexes = uv.index_options(settings, shown=shown) if words[:2] == ["pip", "install"] else []
    return (uv.find_uv(), *words, *indexes)


def _words(line: str) -> list[str]:
    if sys.platform != "win32":
        return shlex.split(line)
    return [word.strip('"') for word in shlex.split(line, posix=False)]
