"""The kernel's own view of AMD's GPUs: the topology of /dev/kfd in sysfs. It needs no ROCm and takes no time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe.amd.chips import is_integrated, target
from dlsetup.probe.amd.rocminfo import location
from dlsetup.probe.answers import clean
from dlsetup.probe.sighting import Sighting
from dlsetup.values.host import Gpu

if TYPE_CHECKING:
    from dlsetup.system.interface import System

NODES = "/sys/class/kfd/kfd/topology/nodes"
AMD = 0x1002


def parse_properties(text: str) -> dict[str, int]:
    """Read lines of a name and a number."""
    return {name: int(value) for name, value in re.findall(r"^(\w+)\s+(\d{1,20})\s*$", clean(text), re.MULTILINE)}


def parse_node(text: str) -> Sighting | None:
    """Read one node's properties; None for processors."""
    found = parse_properties(text)
    architecture = target(found.get("gfx_target_version", 0))
    if architecture is None or found.get("vendor_id", AMD) != AMD:
        return None
    device = found.get("device_id", 0)
    return Sighting(
        gpu=Gpu(
            vendor="amd",
            architecture=architecture,
            pci_id=f"1002:{device:04x}" if 0 < device < 0x10000 else None,  # noqa: PLR2004 - sixteen bits
            integrated=True if found.get("cpu_cores_count") else is_integrated(architecture),
        ),
        address=location(found.get("location_id", 0), found.get("domain", 0)),
    )


def read(system: System) -> tuple[Sighting, ...]:
    """Return the GPUs that the kernel offers for computing."""
    names = system.listing(NODES) or ()
    ordered = sorted((name for name in names if name.isdecimal()), key=int)
    nodes = (parse_node(system.read(f"{NODES}/{name}/properties").text or "") for name in ordered)
    return tuple(node for node in nodes if node)
