"""Looks at the machine and one environment on it, as several commands need it, and says how a command ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dlsetup.catalog import load_catalog, load_devices
from dlsetup.commands.existing import DEFAULT, existing_environment
from dlsetup.commands.named import absolute
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
from dlsetup.values.environment import change_folder
from dlsetup.values.finding import Status
from dlsetup.values.situation import Situation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.system.interface import System
    from dlsetup.values.build import Catalog, Framework
    from dlsetup.values.environment import Environment, Session
    from dlsetup.values.finding import Finding


def look(
    system: System, *, environment: str | None = None, python: str | None = None, wanted: tuple[str, ...] = ()
) -> Situation:
    """Probe the machine and the environment side by side."""
    if system.replayed and not _holds_environment(system):
        return _from_lists(system, wanted)
    session = probe_session(system)
    place = _place(system, session, environment, python, wanted)
    with ThreadPoolExecutor(max_workers=1) as pool:
        # the interpreter is another process: it answers while this one goes on
        asked = pool.submit(probe_environment, system, place) if place else None
        host = probe_host(system, load_devices)
        catalog = load_catalog()
        storage = probe_storage(system, place or session.folder or "/")
        indexes = read_pip_configuration(system, place)
        machine = probe_machine(system, host)
        found = asked.result() if asked else None
    return Situation(
        host=host,
        environment=found,
        session=session,
        storage=storage,
        catalog=catalog,
        indexes=indexes,
        wanted=wanted,
        java=probe_java(system) if wants_java(catalog, found, wanted) else None,
        machine=for_environment(system, machine, found),
        unfinished=_unfinished(system, session, place, environment or python),
    )


def _unfinished(system: System, session: Session, place: str | None, named: str | None) -> tuple[str, str] | None:
    """Return the environment whose change has not ended: the one that is looked at, or one that was being made here."""
    here = absolute(system, session.folder, DEFAULT) if session.folder and named is None else None
    folders = dict.fromkeys(each for each in (place, here) if each is not None)
    return next((found for each in folders if (found := unfinished_change(system, each)) is not None), None)


def unfinished_change(system: System, folder: str) -> tuple[str, str] | None:
    """Return an environment whose change by dlsetup has not ended, and whether that is "running" or was "cut short"."""
    if system.replayed or not system.exists(change_folder(system.link(folder) or folder)):
        return None
    from dlsetup.install import unfinished

    state = unfinished(folder)
    return (folder, state) if state is not None else None


def wants_java(catalog: Catalog, environment: Environment | None, wanted: tuple[str, ...]) -> bool:
    """Tell whether any framework that is installed or asked about has builds that need Java."""
    names = {each.name for each in environment.distributions} if environment else set()
    scope = (each.name for each in catalog.frameworks if each.name in wanted or names & {each.package, *each.variants})
    return needs_java(catalog, scope)


def needs_java(catalog: Catalog, frameworks: Iterable[str]) -> bool:
    """Tell whether any of these frameworks has builds that need Java."""
    wanted = set(frameworks)
    return any(need.startswith("java") for build in catalog.builds if build.framework in wanted for need in build.needs)


def installed_frameworks(situation: Situation) -> tuple[Framework, ...]:
    """Return the frameworks that are installed in the environment that was looked at."""
    environment = situation.environment
    names = {distribution.name for distribution in environment.distributions} if environment else set()
    return tuple(each for each in situation.catalog.frameworks if names & {each.package, *each.variants})


def installed(situation: Situation) -> tuple[tuple[str, str | None], ...] | None:
    """Return name and version of each installed framework; None where nobody could look."""
    environment = situation.environment
    if environment is None or environment.problem is not None:
        return None

    def version(framework: Framework) -> str | None:
        found = (environment.version(name) for name in (framework.package, *framework.variants))
        return next((each for each in found if each), None)

    return tuple((each.name, version(each)) for each in installed_frameworks(situation))


def _from_lists(system: System, wanted: tuple[str, ...]) -> Situation:
    """Look at a recording that holds no environment's files, at most lists and reports."""
    from dlsetup.probe.listed import probe_listed, probe_listed_session

    host = probe_host(system, load_devices)
    return Situation(
        host=host,
        environment=probe_listed(system),
        session=probe_listed_session(system),
        catalog=load_catalog(),
        wanted=wanted,
        machine=probe_machine(system, host),
    )


PLACE = "environment"
"""The value by which a recording names the environment that it holds; empty where the machine has none."""


def _holds_environment(system: System) -> bool:
    return isinstance(system.value(PLACE), str)


def _place(
    system: System, session: Session, environment: str | None, python: str | None, wanted: tuple[str, ...]
) -> str | None:
    if system.replayed:
        return environment or python or system.value(PLACE) or None
    return existing_environment(system, session, environment, python, wanted)


def recorded_environment(system: System) -> Environment | None:
    """Return the environment that a recording or report tells of, if it tells of one."""
    if _holds_environment(system):
        place = system.value(PLACE)
        return probe_environment(system, place) if place else None
    from dlsetup.probe.listed import probe_listed

    return probe_listed(system)


def exit_code(findings: tuple[Finding, ...]) -> int:
    """Return 1 if anything failed, else 0: a warning is no reason to stop a pipeline."""
    return int(any(finding.status is Status.FAIL for finding in findings))
