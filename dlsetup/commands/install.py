"""dlsetup install: probe, plan, check, install, prove, report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.catalog import load_catalog, load_devices
from dlsetup.check import blocked, run_checks
from dlsetup.commands.doctor import exit_code
from dlsetup.commands.places import environment_python
from dlsetup.commands.plan import make_resolver, places
from dlsetup.commands.smoke import train
from dlsetup.install import Transaction, execute, set_defaults
from dlsetup.plan import LOCK, Planner
from dlsetup.probe import (
    ask_interpreter,
    probe_environment,
    probe_host,
    probe_session,
    probe_storage,
    read_pip_configuration,
)
from dlsetup.values.finding import Status
from dlsetup.values.report import Report
from dlsetup.values.situation import Situation

if TYPE_CHECKING:
    from collections.abc import Callable

    from dlsetup.system.interface import System
    from dlsetup.values.build import Catalog, Framework
    from dlsetup.values.environment import IndexSettings
    from dlsetup.values.finding import Finding
    from dlsetup.values.host import Host
    from dlsetup.values.plan import Plan, Proposal
    from dlsetup.values.report import Progress, SmokeResult
    from dlsetup.values.request import Request


def install(request: Request, system: System, progress: Progress, agree: Callable[[Proposal], bool]) -> Report:
    """Set up what was requested, and prove that it works.

    `agree` is asked before anything is changed; where it says no, the report holds the plan alone.
    Raises InstallFailedError, IndexFailedError and BusyError; the environment is then as it was before.
    """
    catalog = load_catalog()
    host = request.host or probe_host(system, load_devices)
    settings = read_pip_configuration(system, None)
    resolve = make_resolver(request, system, settings, progress)
    planner = Planner(request=request, host=host, catalog=catalog, settings=settings, resolve=resolve)
    proposal = planner.proposal(places(request, system))
    report = Report(command="install", host=host, proposal=proposal)
    if proposal.status == "unsupported":
        return replace(report, exit_code=3)
    if request.dry_run or request.host is not None or not agree(proposal):
        return report
    for plan in proposal.plans:
        report = _carry_out(plan, request, report, system, settings, catalog, progress)
        if report.exit_code:
            break
    return report


def _carry_out(
    plan: Plan,
    request: Request,
    report: Report,
    system: System,
    settings: IndexSettings,
    catalog: Catalog,
    progress: Progress,
) -> Report:
    environment = str(plan.environment)
    findings = _before(plan, report.host, system, settings, catalog)
    if blocked(findings):
        return replace(report, findings=report.findings + findings, exit_code=1)
    with Transaction(environment) as change:
        outcomes = execute(plan, system, settings, progress, f"{environment}/{LOCK}")
        python = environment_python(system, environment)
        interpreter = ask_interpreter(system, python)
        if interpreter.purelib:
            set_defaults(plan.variables, interpreter.purelib)
        results, proof = train(
            _to_prove(plan, request, catalog),
            python=python,
            planned=plan.accelerator,
            variables=plan.variables,
            system=system,
            progress=progress,
        )
        # what existed before is put back if the new one does not train; a new environment is kept to be looked at
        if change.is_new or not any(finding.status is Status.FAIL for finding in proof):
            change.commit()
    return _finished(replace(report, outcomes=report.outcomes + outcomes), environment, results, proof, system)


def _to_prove(plan: Plan, request: Request, catalog: Catalog) -> tuple[Framework, ...]:
    """Return the frameworks that were asked for; what one of them runs on is proved with it."""
    wanted = {each.framework for each in request.wanted}
    return tuple(each for each in catalog.frameworks if each.name in wanted and each.name in plan.frameworks)


def _before(plan: Plan, host: Host, system: System, settings: IndexSettings, catalog: Catalog) -> tuple[Finding, ...]:
    """Run those checks that can forbid the installation."""
    environment = str(plan.environment)
    situation = Situation(
        host=host,
        session=probe_session(system),
        storage=probe_storage(system, environment),
        catalog=catalog,
        indexes=settings,
        wanted=plan.frameworks,
        plan=plan,
    )
    return tuple(each for each in run_checks(situation) if each.check in {"m.storage", "py.version", "m.cpu", "m.libc"})


def _finished(
    report: Report,
    environment: str,
    results: tuple[SmokeResult, ...],
    proof: tuple[Finding, ...],
    system: System,
) -> Report:
    findings = report.findings + proof
    return replace(
        report,
        environments=(*report.environments, probe_environment(system, environment)),
        smoke=report.smoke + results,
        findings=findings,
        deep=True,
        exit_code=exit_code(findings),
    )
