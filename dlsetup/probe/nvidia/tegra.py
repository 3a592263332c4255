"""Jetson and other Tegra boards: the integrated GPU is no PCI device, and older JetPacks have no nvidia-smi."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe.answers import clean, content
from dlsetup.probe.nvidia.chips import TEGRA
from dlsetup.probe.sighting import Sighting
from dlsetup.values.host import Gpu

if TYPE_CHECKING:
    from dlsetup.system.interface import System

COMPATIBLE = "/proc/device-tree/compatible"
RELEASE = "/etc/nv_tegra_release"


def parse_compatible(text: str) -> Sighting | None:
    """Find the Tegra among the names that a device tree gives to its board."""
    words = set(re.findall(r"nvidia,tegra\d+", clean(text)))
    known = [TEGRA[word] for word in words if word in TEGRA]
    if len(known) != 1:
        return None
    name, architecture = known[0]
    return Sighting(gpu=Gpu(vendor="nvidia", name=name, architecture=architecture, integrated=True))


def parse_release(text: str) -> str | None:
    """Read "# R36 (release), REVISION: 4.3, ..." as "36.4.3"."""
    match = re.search(r"^#?\s*R(\d+)\s*\(release\),\s*REVISION:\s*([\d.]+)", clean(text), re.MULTILINE)
    return f"{match.group(1)}.{match.group(2)}" if match else None


def read(system: System) -> tuple[Sighting | None, str | None]:
    """Return the Tegra's GPU and the release of Linux for Tegra."""
    return parse_compatible(content(system, COMPATIBLE)), parse_release(content(system, RELEASE))
