"""dlsetup doctor: is this set-up healthy, and if not, why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.check import attribute_proofs, run_checks
from dlsetup.commands.choice import EVERYTHING
from dlsetup.commands.look import exit_code, installed, look
from dlsetup.commands.runnable import runnable
from dlsetup.values.environment import Distribution
from dlsetup.values.report import Report

if TYPE_CHECKING:
    from dlsetup.commands.choice import Choice
    from dlsetup.system.interface import System
    from dlsetup.values.environment import Environment
    from dlsetup.values.report import Progress
    from dlsetup.values.situation import Situation


def doctor(
    system: System,
    progress: Progress,
    *,
    environment: str | None = None,
    python: str | None = None,
    choice: Choice = EVERYTHING,
    deep: bool = False,
) -> Report:
    """Check a machine and one environment on it; `deep` trains each installed framework as well."""
    situation = look(system, environment=environment, python=python, wanted=choice.frameworks)
    return examine(situation, system, progress, choice=choice, deep=deep)


def outline(environment: Environment) -> Environment:
    """Return an environment as it is reported: what only checks read of its packages is left out."""
    told = (Distribution(name=each.name, version=each.version, folder="") for each in environment.distributions)
    return replace(environment, distributions=tuple(told), user_distributions=(), conda_packages=())


def examine(situation: Situation, system: System, progress: Progress, *, choice: Choice, deep: bool) -> Report:
    """Ask what was chosen about a situation, by running the frameworks too if that is wanted."""
    if (deep or choice.deep) and not system.replayed:
        from dlsetup.commands.deeper import deeper

        situation = deeper(situation, system, choice.checks)
    findings = run_checks(situation, choice.checks)
    deep = (deep or choice.deep) and choice.trains
    report = Report(
        command="doctor",
        host=situation.host,
        environments=(outline(situation.environment),) if situation.environment else (),
        session=situation.session,
        storage=situation.storage,
        findings=findings,
        frameworks=installed(situation),
        deep=deep,
        left_out=choice.left_out,
    )
    if deep and situation.environment is not None and not system.replayed:
        from dlsetup.commands.smoke import train_installed

        results, found = train_installed(situation, system, progress, choice.frameworks)
        report = replace(report, smoke=results, findings=findings + choice.of(attribute_proofs(found, findings)))
    return replace(report, findings=runnable(report.findings, system), exit_code=exit_code(report.findings))
