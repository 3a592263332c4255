"""Devices on the PCI bus, whether or not a driver serves them: from sysfs, or from what lspci printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe.answers import recorded
from dlsetup.probe.sighting import Sighting, address
from dlsetup.values.host import Gap, Gpu

if TYPE_CHECKING:
    from dlsetup.system.interface import System

BUS = "/sys/bus/pci/devices"

VENDORS = {
    "10de": "nvidia",
    "1002": "amd",
    "8086": "intel",
    "1da3": "habana",
    "1e52": "tenstorrent",
    "1ed5": "moore-threads",
    "19e5": "huawei",
}
"""PCI vendors whose display adapters or accelerators compute.

Whatever else shows a picture (QEMU, VMware, Cirrus, ASPEED, Matrox, Hyper-V, VirtualBox, virtio) is no GPU for us.
Source: pci.ids 2026.08.22, https://github.com/pciutils/pciids.
"""

HYPER_V_GPU = "1414:008e"
"""The adapter through which Windows lends its GPU to WSL 2 (dxgkrnl); it does not tell what is behind it."""

_NOT_GPU = {"intel": ("12",), "huawei": ("03",)}
"""Classes that say nothing for one maker: Intel's accelerators are NPUs, Huawei's displays are management chips."""


def is_gpu(vendor: str, kind: str) -> bool:
    """Tell whether a maker's device of that class ("0x030000", "0300") computes."""
    name, digits = VENDORS.get(vendor), kind.removeprefix("0x")
    if name is None or digits[:2] in _NOT_GPU.get(name, ()):
        return False
    return digits[:4] in {"0300", "0302", "0380", "1200"}


def read(system: System) -> tuple[tuple[Sighting, ...], tuple[Gap, ...]]:
    """Return the GPUs on the bus; a gap where the bus cannot be seen."""
    names = system.listing(BUS)
    if names is not None:
        seen = tuple(each for each in (_device(system, name) for name in names) if each)
        return tuple(each for each in seen if each.gpu.vendor != "windows"), _lent(seen)
    texts = dict(recorded(system, "lspci"))
    if texts:
        from dlsetup.probe.lspci import parse_lspci

        text = "\n".join(texts.values())
        found = parse_lspci(text)
        # without the bridges that every bus has, these are picked lines, and others may be missing
        whole = bool(found) or re.search(r"bridge", text, re.IGNORECASE) is not None
        return found, () if whole else (Gap(what="gpus.bus", why="lspci: an excerpt"),)
    why = "the recording does not show the bus" if system.replayed else f"{BUS} cannot be listed"
    return (), (Gap(what="gpus.bus", why=why),)


def _device(system: System, name: str) -> Sighting | None:
    folder = f"{BUS}/{name}"
    kind = (system.read(f"{folder}/class").text or "").strip()
    if kind[:4] not in {"0x03", "0x12"}:
        return None
    vendor, device = (_hexadecimal(system.read(f"{folder}/{file}").text) for file in ("vendor", "device"))
    number = f"{vendor}:{device}"
    if number == HYPER_V_GPU:
        return Sighting(gpu=Gpu(vendor="windows", pci_id=number), address=address(name))
    if vendor is None or device is None or not is_gpu(vendor, kind):
        return None
    driver = system.link(f"{folder}/driver")
    return Sighting(
        gpu=Gpu(vendor=VENDORS[vendor], pci_id=number, integrated=integrated(vendor, name)),
        address=address(name),
        bound=driver.replace("\\", "/").rsplit("/", 1)[-1] if driver else None,
    )


def integrated(vendor: str, place: str) -> bool | None:
    """Tell whether the device at that place is part of the processor; None where its place does not tell."""
    # Intel's integrated graphics have sat at device 2 of the root bus in every generation
    return True if vendor == "8086" and (address(place) or "").endswith("0000:00:02.0") else None


def _lent(seen: tuple[Sighting, ...]) -> tuple[Gap, ...]:
    lent = any(each.gpu.vendor == "windows" for each in seen)
    return (Gap(what="gpus.windows", why="Windows lends a GPU that the bus does not name"),) if lent else ()


def _hexadecimal(text: str | None) -> str | None:
    word = (text or "").strip().lower().removeprefix("0x")
    return word if re.fullmatch(r"[0-9a-f]{4}", word) else None
