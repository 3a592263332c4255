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
    return Ranking(host, catalog).key(build)


class Ranking:
    """Ranks builds for one machine; what depends on its GPUs is worked out once for each list of compiled code."""

    def __init__(self, host: Host, catalog: Catalog) -> None:
        self.host = host
        self.catalog = catalog
        self._known: dict[tuple[str, tuple[str, ...]], tuple[int, int, tuple[bool, ...]]] = {}

    def key(self, build: Build) -> Key:
        """Return what builds are sorted by."""
        compute = self.catalog.compute(build.compute)
        return (*self._fit(build), build.version, compute.rank if compute else 0, build.index is None)

    def place(self, build: Build) -> int:
        """Return the accelerator's place alone."""
        return self._fit(build)[0]

    def _fit(self, build: Build) -> tuple[int, int, tuple[bool, ...]]:
        code = (build.accelerator, build.gpus)
        known = self._known.get(code)
        if known is None:
            known = (_place(build, self.host), _service(build, self.host), served(build, self.host))
            self._known[code] = known
        return known


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
