"""dlsetup doctor: is this set-up healthy, and if not, why."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.catalog import load_catalog, load_devices
from dlsetup.check import run_checks
from dlsetup.commands.places import existing_environment
from dlsetup.commands.smoke import train_installed
from dlsetup.probe import probe_environment, probe_host, probe_session, probe_storage, read_pip_configuration
from dlsetup.values.finding import Status
from dlsetup.values.report import Report
from dlsetup.values.situation import Situation

if TYPE_CHECKING:
    from dlsetup.system.interface import System
    from dlsetup.values.finding import Finding
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
        deep=deep,
    )
    if deep and situation.environment is not None and not system.replayed:
        results, found = train_installed(situation, system, progress, wanted)
        report = replace(report, smoke=results, findings=findings + found)
    return replace(report, exit_code=exit_code(report.findings))


def look(
    system: System, *, environment: str | None = None, python: str | None = None, wanted: tuple[str, ...] = ()
) -> Situation:
    """Probe the machine and the environment side by side."""
    if system.replayed:
        return Situation(host=probe_host(system, load_devices), catalog=load_catalog(), wanted=wanted)
    session = probe_session(system)
    place = existing_environment(system, session, environment, python)
    with ThreadPoolExecutor(max_workers=1) as pool:
        # the interpreter is another process: it answers while this one goes on
        asked = pool.submit(probe_environment, system, place) if place else None
        host = probe_host(system, load_devices)
        catalog = load_catalog()
        storage = probe_storage(system, place or session.folder or "/")
        indexes = read_pip_configuration(system, place)
        found = asked.result() if asked else None
    return Situation(
        host=host,
        environment=found,
        session=session,
        storage=storage,
        catalog=catalog,
        indexes=indexes,
        wanted=wanted,
    )


def exit_code(findings: tuple[Finding, ...]) -> int:
    """Return 1 if anything failed, else 0: a warning is no reason to stop a pipeline."""
    return int(any(finding.status is Status.FAIL for finding in findings))
