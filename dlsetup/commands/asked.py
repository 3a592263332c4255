"""What the command line asks for, with the defaults of the project's file: one Request for each machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlsetup.catalog import load_catalog
from dlsetup.commands.project import read_project
from dlsetup.commands.target import stated_hosts
from dlsetup.commands.wanted import read_accelerator, read_compute, read_wanted
from dlsetup.values.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dlsetup.system.interface import System
    from dlsetup.values.project import Project
    from dlsetup.values.request import Wanted

_OF_THE_PROJECT = {
    "accelerator": "accelerator",
    "compute": "compute",
    "environment": "env",
    "python": "python",
    "index_url": "index_url",
    "pytorch_mirror": "pytorch_mirror",
    "offline": "offline",
}
"""Fields of a Request, and what the project's file calls them."""


def read_names(texts: Iterable[str] | None) -> tuple[Wanted, ...]:
    """Return the frameworks that are named, none where none is. Raises UsageError for a name that is not known."""
    given = tuple(texts or ())
    return read_wanted(given, load_catalog()) if given else ()


def read_requests(
    system: System,
    frameworks: Iterable[str] | None,
    choose: Callable[[], tuple[Wanted, ...]],
    *,
    host: str | None = None,
    targets: tuple[str, ...] = (),
    gpus: tuple[str, ...] = (),
    driver: str | None = None,
    accelerator: str | None = None,
    compute: str | None = None,
    **rest: Any,  # noqa: ANN401 - fields of Request
) -> tuple[Request, ...]:
    """Return what is asked for; `choose` is asked where neither the command line nor the project names a framework.

    Raises UsageError for what is not known or cannot be together.
    """
    project = read_project(system)
    wanted = read_names(frameworks or project.frameworks) or choose()
    given = {**rest, "accelerator": accelerator, "compute": compute}
    fields = _with_defaults(given, project)
    fields["accelerator"] = read_accelerator(fields["accelerator"])
    fields["compute"] = read_compute(fields["compute"], wanted, load_catalog())
    fields["told"] = _told(given, project)
    stated = stated_hosts(system, host=host, targets=targets, gpus=gpus, driver=driver)
    backend = system.variable("KERAS_BACKEND")
    return tuple(
        Request(wanted=wanted, host=each, target=target, backend=backend, **fields)
        for target, each in zip(targets or (None,), stated, strict=True)
    )


def _with_defaults(given: dict[str, Any], project: Project) -> dict[str, Any]:
    """Return the options of the command line, and the project's where one is left out."""
    return {**given, **{name: given.get(name) or getattr(project, own) for name, own in _OF_THE_PROJECT.items()}}


def _told(given: dict[str, Any], project: Project) -> tuple[str, ...]:
    """Say what the project's file has decided: a folder that somebody else made may name an index."""
    names = [own for name, own in _OF_THE_PROJECT.items() if not given.get(name) and getattr(project, own)]
    keys = " and ".join(each.replace("_", "-") for each in names)
    return (f"{project.source} decides {keys}",) if keys else ()
