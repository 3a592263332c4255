"""dlsetup doctor --fix: carry out the remedies that are marked automatic, and look again after each."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from dlsetup import uv
from dlsetup.check import run_checks
from dlsetup.commands.look import look
from dlsetup.errors import InstallFailedError, UsageError
from dlsetup.install import INSIDE, Transaction, execute
from dlsetup.values.environment import IndexSettings
from dlsetup.values.finding import Status
from dlsetup.values.plan import Plan, Step

if TYPE_CHECKING:
    from dlsetup.system.interface import System
    from dlsetup.values.finding import Finding
    from dlsetup.values.report import Outcome, Progress
    from dlsetup.values.situation import Situation

ROUNDS = 10
"""Remedies in one run; a remedy that uncovers another trouble is followed by that one's."""

OWN = "dlsetup"


def fix(
    system: System, progress: Progress, *, environment: str | None = None, python: str | None = None
) -> tuple[Outcome, ...]:
    """Apply every automatic remedy of one environment, the cause first, and return what was done.

    Each remedy is a change of its own: what does not mend its finding is put back.
    Raises UsageError where the environment is one that dlsetup never changes, InstallFailedError where a remedy fails.
    """
    outcomes: list[Outcome] = []
    tried: set[tuple[str, ...]] = set()
    for _ in range(ROUNDS):
        situation = look(system, environment=environment, python=python)
        finding = next((each for each in to_fix(situation) if _commands(each) not in tried), None)
        if finding is None:
            break
        _refuse_system(situation)
        tried.add(_commands(finding))
        outcomes += _apply(finding, situation, system, progress)
    return tuple(outcomes)


def to_fix(situation: Situation) -> tuple[Finding, ...]:
    """Return the findings whose remedy is automatic, those that follow from another left out."""
    return tuple(
        finding
        for finding in run_checks(situation)
        if finding.status in {Status.FAIL, Status.WARN}
        and finding.because is None
        and finding.remedy is not None
        and finding.remedy.automatic
        and finding.remedy.commands
    )


def _commands(finding: Finding) -> tuple[str, ...]:
    return finding.remedy.commands if finding.remedy else ()


def _refuse_system(situation: Situation) -> None:
    found = situation.environment
    if found is None or found.kind not in {"venv", "conda"}:
        raise UsageError(
            "only an environment of its own is mended",
            seen=f"{found.path} is not one" if found else "there is no environment here",
            do="name one with --env, or make one: dlsetup install pytorch",
        )


def _apply(finding: Finding, situation: Situation, system: System, progress: Progress) -> tuple[Outcome, ...]:
    environment = situation.environment
    if environment is None:
        return ()
    settings = situation.indexes or IndexSettings()
    steps = tuple(
        Step(title=f"mend {finding.check}: {line}", argv=argv_of(line, settings)) for line in _commands(finding)
    )
    plan = Plan(frameworks=(), accelerator="", compute="", python=None, environment=None, steps=steps)
    with Transaction(environment.path) as change:
        # a dlsetup among the commands finds the environment locked, and is told by whom
        within = {INSIDE: str(change.environment)}
        with change.shared():
            outcomes = execute(plan, system, settings, progress, {}, variables=within)
        if any(each.check == finding.check for each in to_fix(look(system, environment=environment.path))):
            raise InstallFailedError(
                f"the remedy for {finding.check} did not mend it",
                seen=finding.summary,
                do="do it by hand, as doctor says. The environment is as it was before",
            )
        change.commit()
    return outcomes


_REMOVE = """
import os, shutil, sys
for path in sys.argv[1:]:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)
"""


def argv_of(line: str, settings: IndexSettings) -> tuple[str, ...]:
    """Split a remedy's command as a shell would, and put the programs in that dlsetup brings itself.

    Files are removed by Python: what PowerShell and POSIX shells do it with is no program on every system.
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
    indexes = uv.index_options(settings) if words[:2] == ["pip", "install"] else []
    return (uv.find_uv(), *words, *indexes)


def _words(line: str) -> list[str]:
    if sys.platform != "win32":
        return shlex.split(line)
    return [word.strip('"') for word in shlex.split(line, posix=False)]
