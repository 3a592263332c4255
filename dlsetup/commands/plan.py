"""dlsetup plan: which builds, from where, and why not the others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.catalog import load_catalog, load_devices
from dlsetup.commands.existing import DEFAULT
from dlsetup.commands.indexes import usable
from dlsetup.commands.look import needs_java
from dlsetup.commands.places import foreign_places, places_to_install
from dlsetup.errors import UsageError
from dlsetup.plan import Assumed, Planner, assume
from dlsetup.probe import probe_host, probe_java, probe_session, read_pip_configuration
from dlsetup.resolve import UvResolver
from dlsetup.values.plan import Proposal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dlsetup.system.interface import System
    from dlsetup.values.build import Build, Catalog
    from dlsetup.values.environment import IndexSettings, Java
    from dlsetup.values.plan import Place, Standing
    from dlsetup.values.report import Progress
    from dlsetup.values.request import Request

PYTORCH_INDEX = "https://download.pytorch.org/whl"
"""What --pytorch-mirror stands in for."""


NO_GPU_STATED = "no GPU is stated, so this is for a machine without one: --gpu names it"
"""What a plan for a --target says that is known by its system and architecture alone."""


def plan(request: Request, system: System, progress: Progress) -> Proposal:
    """Plan what was requested, for this machine or for the one that the request states.

    Resolution always happens here, with this machine's indexes; `system` is this machine.
    """
    return make_planner(request, system, progress).proposal(places(request, system))


def plan_all(requests: Iterable[Request], system: System, progress: Progress) -> Proposal:
    """Plan the same for several machines; it is as good as the worst of them."""
    answers = [plan(request, system, progress) for request in requests]
    if len(answers) == 1:
        return answers[0]
    plans = tuple(each for answer in answers for each in answer.plans)
    worst = max((answer.status for answer in answers), key=("ok", "cpu-only", "unsupported").index)
    return Proposal(status=worst, plans=plans)


def why(request: Request, system: System, progress: Progress, compute: str) -> tuple[Standing, ...]:
    """Say what stands in the way of one line of builds, or of all lines of an accelerator.

    Raises UsageError for a name that no framework's builds have, with the nearest one.
    """
    planner = make_planner(request, system, progress)
    check_compute(compute, planner.catalog, option="--why", accelerators=True)
    return planner.standings(places(request, system), compute)


def check_compute(name: str, catalog: Catalog, *, option: str, accelerators: bool = False) -> None:
    """Refuse a compute platform that does not exist, with the nearest that does."""
    import difflib

    known = [each.name for each in catalog.computes if each.name != "any"]
    known += sorted({each.accelerator for each in catalog.computes} - {"any"} - set(known)) if accelerators else []
    if name in known:
        return
    near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    raise UsageError(
        f"{option} {name} is not known",
        seen=f"known: {', '.join(known)}",
        do=f"did you mean {' or '.join(near)}?" if near else "name one of these",
    )


def check_pair(request: Request, catalog: Catalog) -> None:
    """Refuse a compute platform of another accelerator than the one that is asked for."""
    compute = catalog.compute(request.compute or "")
    if compute is not None and request.accelerator not in {None, compute.accelerator}:
        raise UsageError(
            f"--accelerator {request.accelerator} and --compute {request.compute} exclude each other",
            seen=f"{request.compute} is a line of builds for {compute.accelerator}",
            do="leave one of them out",
        )


def make_planner(request: Request, system: System, progress: Progress) -> Planner:
    """Gather all that the plan of a request is made from."""
    session = probe_session(system)
    # the environment that will be installed into may have a pip configuration of its own
    there = request.environment or session.active or f"{session.folder}/{DEFAULT}" if request.host is None else None
    settings = usable(with_index(read_pip_configuration(system, there), request.index_url), system, progress)
    catalog = with_mirror(load_catalog(), request.pytorch_mirror)
    if request.compute is not None:
        check_compute(request.compute, catalog, option="--compute")
        check_pair(request, catalog)
    stated = request.host
    taken = assume(stated, catalog.c_libraries) if stated else Assumed(host=probe_host(system, load_devices))
    unstated = (NO_GPU_STATED,) if request.target and not taken.host.gpus and not request.accelerator else ()
    return Planner(
        request=request,
        host=taken.host,
        assumed=taken.drivers,
        told=(*request.told, *predecessors(request, catalog), *unstated, *taken.told),
        java=_java(request, system, catalog),
        catalog=catalog,
        settings=settings,
        resolve=UvResolver(system=system, settings=settings, progress=progress, offline=request.offline),
    )


def predecessors(request: Request, catalog: Catalog) -> tuple[str, ...]:
    """Tell of what was asked for by name and has been succeeded: its state, its needs, and what does its work."""
    told: list[str] = []
    for wanted in request.wanted:
        framework = catalog.framework(wanted.framework)
        for old in framework.predecessors if framework else ():
            if wanted.typed in old.names:
                told += [old.state_note, f"{old.title} needs {old.needs}: {old.obstacle}"]
                told += [f"in place of {part}: {successor}" for part, successor in old.parts]
    return tuple(told)


def _java(request: Request, system: System, catalog: Catalog) -> Java | None:
    """Return this machine's Java where something that is wanted needs it; of another machine nothing is known."""
    needed = request.host is None and needs_java(catalog, (each.framework for each in request.wanted))
    return probe_java(system) if needed else None


def with_index(settings: IndexSettings, url: str | None) -> IndexSettings:
    """Return the settings with the default index replaced by the one that the user states."""
    if url is None:
        return settings
    return replace(settings, index_url=url, no_index=False)


def with_mirror(catalog: Catalog, mirror: str | None) -> Catalog:
    """Return the catalog with the PyTorch index replaced by a mirror of it, which has the same lines below it."""
    if mirror is None:
        return catalog

    def moved(build: Build) -> Build:
        if build.index is None or not build.index.startswith(PYTORCH_INDEX):
            return build
        return replace(build, index=mirror.rstrip("/") + build.index.removeprefix(PYTORCH_INDEX))

    return replace(catalog, builds=tuple(moved(build) for build in catalog.builds))


def places(request: Request, system: System) -> Iterator[Place]:
    """Return where the plan may install: on a stated machine anywhere, here in an environment."""
    if request.host is not None:
        return foreign_places(request)
    return places_to_install(system, probe_session(system), request, load_catalog())
