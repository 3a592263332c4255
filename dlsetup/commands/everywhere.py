"""dlsetup doctor --all: every environment of the machine, each checked as if it were the only one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.catalog import load_catalog, load_devices
from dlsetup.commands.choice import EVERYTHING
from dlsetup.commands.doctor import examine, outline
from dlsetup.commands.existing import existing_environment
from dlsetup.commands.look import exit_code, installed, unfinished_change, wants_java
from dlsetup.probe import (
    for_environment,
    probe_environment,
    probe_host,
    probe_java,
    probe_machine,
    probe_session,
    probe_storage,
    read_pip_configuration,
)
from dlsetup.probe.environments import find_environments
from dlsetup.values.situation import Situation

if TYPE_CHECKING:
    from dlsetup.commands.choice import Choice
    from dlsetup.system.interface import System
    from dlsetup.values.environment import Environment
    from dlsetup.values.finding import Finding
    from dlsetup.values.report import Progress, Report

WITHOUT_FRAMEWORK = frozenset({"py.env"})
"""What is asked of an environment that holds no framework: other checks are about what might be installed there."""

_SIDE_BY_SIDE = 4


def everywhere(system: System, progress: Progress, *, choice: Choice = EVERYTHING, deep: bool = False) -> Report:
    """Check the machine, and each environment on it; `deep` trains each framework of each environment."""
    machine, situations = look_everywhere(system, choice.frameworks)
    report = examine(machine, system, progress, choice=choice, deep=False)
    common = {_without_place(each) for each in report.findings}
    findings = list(report.findings)
    smoke = list(report.smoke)
    for situation in situations:
        found = examine(situation, system, progress, choice=_narrowed(choice, situation), deep=deep)
        path = situation.environment.path if situation.environment else None
        findings += [replace(each, environment=path) for each in found.findings if _without_place(each) not in common]
        smoke += found.smoke
    return replace(
        report,
        environments=tuple(outline(each.environment) for each in situations if each.environment),
        findings=tuple(findings),
        smoke=tuple(smoke),
        deep=deep,
        frameworks_of=tuple((each.environment.path, installed(each) or ()) for each in situations if each.environment),
        exit_code=exit_code(tuple(findings)),
    )


def _without_place(finding: Finding) -> tuple[object, ...]:
    """Return what makes two findings the same: what is true of the machine is told once."""
    return finding.check, finding.status, finding.summary, finding.evidence


def _narrowed(choice: Choice, situation: Situation) -> Choice:
    environment = situation.environment
    unusable = environment is not None and (environment.problem or environment.interpreter.problem)
    here = {name for name, _ in installed(situation) or ()}
    if unusable or here:
        # what is asked about and not installed here cannot be trained
        return replace(choice, frameworks=tuple(each for each in choice.frameworks if each in here))
    return replace(choice, checks=WITHOUT_FRAMEWORK & (choice.checks or WITHOUT_FRAMEWORK))


def look_everywhere(system: System, wanted: tuple[str, ...] = ()) -> tuple[Situation, tuple[Situation, ...]]:
    """Probe the machine, and all environments on it side by side; the one that is usually looked at comes first."""
    session = probe_session(system)
    usual = existing_environment(system, session, None, None, wanted)
    places = tuple(dict.fromkeys([*([usual] if usual else []), *find_environments(system, session.folder)]))
    with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE) as pool:
        asked = [pool.submit(probe_environment, system, each) for each in places]
        host = probe_host(system, load_devices)
        bare = Situation(
            host=host,
            session=session,
            storage=probe_storage(system, session.folder or "/"),
            catalog=load_catalog(),
            indexes=read_pip_configuration(system, None),
            wanted=wanted,
            machine=probe_machine(system, host),
        )
        found: dict[str, Environment] = {}
        for each in asked:
            environment = each.result()
            found.setdefault(system.link(environment.path) or environment.path, environment)
    first = next(iter(found.values()), None)
    return bare, tuple(_situation(system, bare, each, usual=each is first) for each in found.values())


def _situation(system: System, bare: Situation, environment: Environment, *, usual: bool) -> Situation:
    session = bare.session
    if session is not None and not usual:
        # the files of the working folder matter to the environment that is used from here
        session = replace(session, folder=None, shadows=())
    return replace(
        bare,
        environment=environment,
        session=session,
        storage=probe_storage(system, environment.path),
        indexes=read_pip_configuration(system, environment.path),
        java=probe_java(system) if wants_java(bare.catalog, environment, bare.wanted) else None,
        machine=for_environment(system, bare.machine, environment),
        unfinished=unfinished_change(system, environment.path),
    )
