"""Which build of a framework is the newest for a machine that somebody else's text tells of; resolves nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlsetup.catalog import load_catalog
from dlsetup.commands.places import FOREIGN_PYTHONS
from dlsetup.plan import assume
from dlsetup.plan.overview import Overview

if TYPE_CHECKING:
    from dlsetup.values.host import Gpu, Host

_ACCELERATORS = {"nvidia": "cuda", "amd": "rocm", "intel": "xpu"}


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """The newest build that uses a machine's GPU."""

    framework: str
    title: str
    version: str
    compute: str
    gpu: str

    @property
    def command(self) -> str:
        """Return what installs it."""
        return f"dlsetup install {self.framework} --compute {self.compute}"

    @property
    def sentence(self) -> str:
        """Say what it is."""
        return f"{self.title} {self.version} ({self.compute}) is the newest for {self.gpu}."


def fitting_build(framework: str, host: Host, python: str | None) -> Fitting | None:
    """Return the newest build of a framework for a machine's GPU; None where no GPU is known, or nothing fits."""
    catalog = load_catalog()
    known = catalog.framework(framework)
    gpu = _gpu(host)
    if known is None or known.backends or known.state == "retired" or gpu is None:
        return None
    taken = assume(host, catalog.c_libraries)
    minor = ".".join(python.split(".")[:2]) if python else None
    overview = Overview(
        host=taken.host,
        catalog=replace(catalog, frameworks=(known,)),
        pythons=(minor,) if minor else FOREIGN_PYTHONS,
        any_python=minor is None,
        assumed=taken.drivers,
    )
    accelerator = _ACCELERATORS[gpu.vendor]
    found = next(
        (each for row in overview.rows() for each in row.accelerators if each.accelerator == accelerator), None
    )
    if found is None or found.version is None or found.compute is None:
        return None
    name = gpu.name or gpu.architecture or "this GPU"
    return Fitting(
        framework=framework, title=known.title, version=found.version, compute=found.compute, gpu=f"the {name}"
    )


def _gpu(host: Host) -> Gpu | None:
    """Return the GPU that counts: a discrete one whose architecture is known."""
    known = [gpu for gpu in host.gpus if gpu.vendor in _ACCELERATORS and gpu.architecture]
    return next((gpu for gpu in known if not gpu.integrated), known[0] if known else None)
