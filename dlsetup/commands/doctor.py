"""dlsetup doctor: is this set-up healthy, and if not, why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.check import attribute_proofs, run_checks
from dlsetup.commands.look import exit_code, installed, look
from dlsetup.values.report import Report

if TYPE_CHECKING:
    from dlsetup.system.interface import System
    from dlsetup.values.report import Progress


def doctor(
    system: System,
    progress: Progress,
    *,
    environment: str | None = None,
    python: str | None = None,
    wanted: tuple[str, ...] = (),
    deep: bool = False,
) -> Report:
    """Check a machine and one environment on it; `deep` trains each installed framework as well."""
    situation = look(system, environment=environment, python=python, wanted=wanted)
    findings = run_checks(situation)
    report = Report(
        command="doctor",
        host=situation.host,
        environments=(situation.environment,) if situation.environment else (),
        session=situation.session,
        storage=situation.storage,
        findings=findings,
        frameworks=installed(situation),
        deep=deep,
    )
    if deep and situation.environment is not None and not system.replayed:
        from dlsetup.commands.smoke import train_installed

        results, found = train_installed(situation, system, progress, wanted)
        report = replace(report, smoke=results, findings=findings + attribute_proofs(found, findings))
    return replace(report, exit_code=exit_code(report.findings))
