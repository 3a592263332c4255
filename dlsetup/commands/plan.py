"""dlsetup plan: which builds, from where, and why not the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.catalog import load_catalog, load_devices
from dlsetup.commands.places import foreign_places, places_to_install
from dlsetup.plan import Planner
from dlsetup.probe import probe_host, probe_session, read_pip_configuration
from dlsetup.resolve import UvResolver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.system.interface import System
    from dlsetup.values.environment import IndexSettings
    from dlsetup.values.plan import Place, Proposal
    from dlsetup.values.report import Progress
    from dlsetup.values.request import Request


def plan(request: Request, system: System, progress: Progress) -> Proposal:
    """Plan what was requested, for this machine or for the one that the request states.

    Resolution always happens here, with this machine's indexes; `system` is this machine.
    """
    host = request.host or probe_host(system, load_devices)
    settings = read_pip_configuration(system, None)
    planner = Planner(
        request=request,
        host=host,
        catalog=load_catalog(),
        settings=settings,
        resolve=make_resolver(request, system, settings, progress),
    )
    return planner.proposal(places(request, system))


def places(request: Request, system: System) -> Iterator[Place]:
    """Return where the plan may install: on a stated machine anywhere, here in an environment."""
    if request.host is not None:
        return foreign_places(request)
    return places_to_install(system, probe_session(system), request)


def make_resolver(request: Request, system: System, settings: IndexSettings, progress: Progress) -> UvResolver:
    """Return the resolver that asks uv on this machine."""
    return UvResolver(system=system, settings=settings, progress=progress, offline=request.offline)
