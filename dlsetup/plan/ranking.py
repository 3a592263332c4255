"""Which of the builds without obstacles is best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.plan.compatibility import VENDORS, most_capable
from dlsetup.values.architecture import only_by_ptx

if TYPE_CHECKING:
    from packaging.version import Version

    from dlsetup.values.build import Build, Catalog
    from dlsetup.values.host import Host

_ACCELERATORS = {"cuda": 4, "rocm": 3, "xpu": 2, "metal": 1, "mps": 1}
"""Where a machine has several: discrete GPUs are mostly NVIDIA's or AMD's, and every one comes before the processor."""

Key = tuple[int, bool, "Version", int, bool]


def rank(build: Build, host: Host, catalog: Catalog) -> Key:
    """Return what builds are sorted by: accelerator, code compiled for the GPU, release, compute platform, index."""
    compute = catalog.compute(build.compute)
    return (
        _ACCELERATORS.get(build.accelerator, 0),
        not compiled_at_start(build, host),
        build.version,
        compute.rank if compute else 0,
        build.index is None,
    )


def compiled_at_start(build: Build, host: Host) -> bool:
    """Tell whether the driver must compile the build's code at the first start, because only PTX fits the GPU."""
    gpus = host.gpus_of(VENDORS.get(build.accelerator, ""))
    architecture = most_capable(gpus).architecture if gpus else None
    return architecture is not None and only_by_ptx(build.gpus, architecture)
