"""Which of the builds without obstacles is best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.plan.compatibility import VENDORS, most_capable, serves, used
from dlsetup.values.architecture import only_by_ptx

if TYPE_CHECKING:
    from packaging.version import Version

    from dlsetup.values.build import Build, Catalog
    from dlsetup.values.host import Host

_ACCELERATORS = {"cuda": 4, "rocm": 3, "xpu": 2, "metal": 1, "mps": 1}
"""Where a machine has several of a kind; every one comes before the processor."""

Key = tuple[int, int, tuple[bool, ...], "Version", int, bool]


def rank(build: Build, host: Host, catalog: Catalog) -> Key:
    """Return what builds are sorted by.

    These are the accelerator (a discrete GPU's before an integrated one's), how the most capable GPU is served, which
    others are, the release, the compute platform and the index.
    """
    compute = catalog.compute(build.compute)
    return (
        _place(build, host),
        _service(build, host),
        served(build, host),
        build.version,
        compute.rank if compute else 0,
        build.index is None,
    )


def _place(build: Build, host: Host) -> int:
    place = _ACCELERATORS.get(build.accelerator, 0)
    gpus = host.gpus_of(VENDORS.get(build.accelerator, ""))
    return place + len(_ACCELERATORS) if gpus and not most_capable(gpus).integrated else place


def _service(build: Build, host: Host) -> int:
    """Return 2 where code for the most capable GPU is compiled already, 1 where the driver must compile it, else 0."""
    if compiled_at_start(build, host):
        return 1
    return 2 * all(served(build, host)[:1])


def served(build: Build, host: Host) -> tuple[bool, ...]:
    """Tell for each GPU that will be used, the most capable first, whether the build has code for it."""
    return tuple(serves(build, gpu) for gpu in used(host.gpus_of(VENDORS.get(build.accelerator, ""))))


def compiled_at_start(build: Build, host: Host) -> bool:
    """Tell whether the driver must compile the build's code at the first start, because only PTX fits the GPU."""
    gpus = host.gpus_of(VENDORS.get(build.accelerator, ""))
    architecture = most_capable(gpus).architecture if gpus else None
    return architecture is not None and only_by_ptx(build.gpus, architecture)
