"""dlsetup install: probe, plan, check, install, prove, report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlsetup.check import blocked, blocking, run_checks
from dlsetup.commands.look import exit_code
from dlsetup.commands.named import environment_python
from dlsetup.commands.places import likely_folders
from dlsetup.commands.plan import make_planner, places
from dlsetup.commands.smoke import train
from dlsetup.install import INSIDE, Transaction, execute, recover, set_defaults
from dlsetup.plan import BUILD_CONSTRAINTS, LOCK, PINS
from dlsetup.plan.compatibility import VENDORS
from dlsetup.probe import ask_interpreter, probe_environment, probe_session, probe_storage
from dlsetup.values.finding import Remedy, Status
from dlsetup.values.report import Report
from dlsetup.values.situation import Situation

if TYPE_CHECKING:
    from collections.abc import Callable

    from dlsetup.commands.smoke import Proof
    from dlsetup.system.interface import System
    from dlsetup.values.build import Catalog
    from dlsetup.values.environment import IndexSettings
    from dlsetup.values.finding import Finding
    from dlsetup.values.host import Host
    from dlsetup.values.plan import Plan, Proposal
    from dlsetup.values.report import Progress
    from dlsetup.values.request import Request

SPOILING = ("pkg.", "fit.")
"""The checks that an installation must not make fail."""


def install(request: Request, system: System, progress: Progress, agree: Callable[[Proposal], bool]) -> Report:
    """Set up what was requested, and prove that it works.

    `agree` is asked before anything is changed; where it says no, the report holds the plan alone.
    Raises InstallFailedError, IndexFailedError and BusyError; the environment is then as it was before.
    """
    if not request.dry_run and request.host is None:
        _put_right(request, system, progress)
    planner = make_planner(request, system, progress)
    proposal = planner.proposal(places(request, system))
    report = Report(command="install", host=planner.host, proposal=proposal)
    if proposal.status == "unsupported":
        return replace(report, exit_code=3)
    if request.dry_run or request.host is not None or not agree(proposal):
        return report
    work = _Work(
        request=request,
        system=system,
        settings=planner.settings,
        catalog=planner.catalog,
        progress=progress,
    )
    for plan in proposal.plans:
        report = work.carry_out(plan, report)
        if report.exit_code:
            break
    return report


def _put_right(request: Request, system: System, progress: Progress) -> None:
    """Undo what a dlsetup that was killed left unfinished, before it is planned for as if it were an environment."""
    inside = system.variable(INSIDE)
    for folder in likely_folders(system, probe_session(system), request) if inside is None else ():
        if recover(folder):
            progress.note(f"an earlier installation was cut short: {folder} is as it was before it")


@dataclass(frozen=True, kw_only=True)
class _Work:
    """What carrying out a plan needs besides the plan."""

    request: Request
    system: System
    settings: IndexSettings
    catalog: Catalog
    progress: Progress

    def carry_out(self, plan: Plan, report: Report) -> Report:
        """Check, install and prove one plan."""
        environment = str(plan.environment)
        findings = self._before(plan, report.host)
        if blocked(findings):
            return replace(report, findings=report.findings + findings, exit_code=1)
        with Transaction(environment, inside=self.system.variable(INSIDE)) as change:
            files = {f"{environment}/{LOCK}": plan.lock, f"{environment}/{PINS}": plan.pins}
            if plan.build_constraints:
                files[f"{environment}/{BUILD_CONSTRAINTS}"] = "\n".join(plan.build_constraints) + "\n"
            with change.shared():
                outcomes = execute(plan, self.system, self.settings, self.progress, files)
            results, proof = self._prove(plan, environment, report.host)
            proof += self._after(plan, environment, report.host)
            # what existed before is put back if the new one does not train; a new environment is kept to be looked at
            if change.is_new or not exit_code(proof):
                change.commit()
        findings = report.findings + proof
        return replace(
            report,
            environments=(*report.environments, probe_environment(self.system, environment)),
            outcomes=report.outcomes + outcomes,
            smoke=report.smoke + results,
            findings=findings,
            deep=True,
            exit_code=exit_code(findings),
        )

    def _before(self, plan: Plan, host: Host) -> tuple[Finding, ...]:
        """Run those checks that can forbid the installation."""
        situation = self._situation(plan, str(plan.environment), host)
        return blocking(run_checks(replace(situation, plan=plan)))

    def _after(self, plan: Plan, environment: str, host: Host) -> tuple[Finding, ...]:
        """Find what the finished environment has that does not fit together, also with what was there before."""
        situation = self._situation(plan, environment, host)
        found = run_checks(replace(situation, environment=probe_environment(self.system, environment)))
        return tuple(each for each in found if each.check.startswith(SPOILING) and each.status is Status.FAIL)

    def _situation(self, plan: Plan, environment: str, host: Host) -> Situation:
        return Situation(
            host=host,
            session=probe_session(self.system),
            storage=probe_storage(self.system, environment),
            catalog=self.catalog,
            indexes=self.settings,
            wanted=plan.frameworks,
        )

    def _prove(self, plan: Plan, environment: str, host: Host) -> Proof:
        python = environment_python(self.system, environment)
        interpreter = ask_interpreter(self.system, python)
        if interpreter.purelib:
            set_defaults(plan.variables, interpreter.purelib)
        # what a framework runs on is proved with it
        wanted = {each.framework for each in self.request.wanted}
        elsewhere = runs_elsewhere(plan, host)
        results, proof = train(
            [each for each in self.catalog.frameworks if each.name in wanted and each.name in plan.frameworks],
            python=python,
            planned="cpu" if elsewhere else plan.accelerator,
            variables=plan.variables,
            system=self.system,
            progress=self.progress,
        )
        return results, tuple(_unproved(each, plan) if elsewhere else each for each in proof)


def runs_elsewhere(plan: Plan, host: Host) -> bool:
    """Tell whether a plan is for a GPU that this machine certainly has not: an image is built, or a login node used."""
    vendor = VENDORS.get(plan.accelerator or "")
    return vendor is not None and not host.gpus_of(vendor) and host.unknown("gpus") is None


def _unproved(finding: Finding, plan: Plan) -> Finding:
    """Say of a training on the processor what it leaves open."""
    if finding.check != "run.device" or finding.status is not Status.OK:
        return finding
    names = " ".join(each for each in plan.frameworks)
    return replace(
        finding,
        status=Status.UNKNOWN,
        summary=f"Whether it trains on {plan.accelerator} is not proved: this machine has no such GPU.",
        evidence=(f"{finding.summary.rstrip('.')}; {plan.accelerator} was asked for",),
        remedy=Remedy(text="Prove it on the machine that has the GPU.", commands=(f"dlsetup smoke {names}",)),
    )
