"""What stands beside and between accelerators: TPUs on the bus, the IOMMU, and AMD's runtime in WSL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.probe.answers import content

if TYPE_CHECKING:
    from dlsetup.system.interface import System
    from dlsetup.values.environment import Environment

IOMMU = "/sys/class/iommu"
COMMAND_LINE = "/proc/cmdline"
BUS = "/sys/bus/pci/devices"
TPUS = frozenset({"0x0027", "0x0056", "0x005e", "0x0062", "0x0063", "0x006f", "0x0076", "0x007c", "0x0083"})
"""Google's accelerators (vendor 1ae0), as jax/_src/hardware_utils.py lists them; its network cards are no such."""

_GOOGLE = "0x1ae0"


def translates_addresses(system: System) -> bool | None:
    """Tell whether the IOMMU translates what devices send to each other; "iommu=pt" lets them through."""
    names = system.listing(IOMMU)
    if names is None or system.platform != "linux":
        return None
    return bool(names) and not parse_passes(content(system, COMMAND_LINE))


def parse_passes(text: str) -> bool:
    """Tell whether the kernel was started with translation off (Documentation/admin-guide/kernel-parameters.txt)."""
    words = set(text.split())
    return bool(words & {"iommu=pt", "iommu.passthrough=1", "iommu=off", "intel_iommu=off", "amd_iommu=off"})


def tpus(system: System, environment: Environment) -> int:
    """Count the TPUs on the bus, where JAX is installed."""
    if environment.distribution("jax") is None:
        return 0
    found = 0
    for name in system.listing(BUS) or ():
        if (system.read(f"{BUS}/{name}/vendor").text or "").strip() == _GOOGLE:
            found += (system.read(f"{BUS}/{name}/device").text or "").strip() in TPUS
    return found


def dxg_runtime(system: System, environment: Environment) -> bool | None:
    """Tell whether AMD's runtime for WSL is there, where a ROCm build is installed in WSL."""
    torch = environment.torch
    if torch is None or not torch.hip or not system.exists("/dev/dxg"):
        return None
    bundled = [f"{site}/torch/lib/librocdxg.so" for site in environment.interpreter.site_packages]
    stands = [system.exists(path) for path in ("/opt/rocm", *bundled)]
    if any(stands):
        return True
    return False if all(answer is False for answer in stands) else None
