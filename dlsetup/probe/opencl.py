"""What `clinfo` lists: asked only of recordings, for GPUs that no vendor's own tool named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe.amd.chips import chip_architecture, is_integrated
from dlsetup.probe.answers import clean, recorded, usable
from dlsetup.probe.sighting import Sighting
from dlsetup.values.host import Gpu

if TYPE_CHECKING:
    from dlsetup.system.interface import System

_VENDORS = (
    ("nvidia", "nvidia"),
    ("advanced micro devices", "amd"),
    ("amd", "amd"),
    ("intel", "intel"),
    ("arm", "arm"),
    ("qualcomm", "qualcomm"),
    ("imagination", "imagination"),
    ("apple", "apple"),
)
_LINE = re.compile(r"^\s*(?P<key>[A-Z][\w()/# -]*?)(?::\s+|\s{2,}|:$)(?P<value>.*?)\s*$")
_OLD = {
    "Device Type": "type",
    "Board name": "board",
    "Name": "name",
    "Vendor": "vendor",
    "Global memory size": "memory",
}
_NEW = {
    "Device Name": "name",
    "Device Vendor": "vendor",
    "Device Type": "type",
    "Device Board Name (AMD)": "board",
    "Global memory size": "memory",
}


def parse(text: str) -> tuple[tuple[Sighting, ...], str | None]:
    """Return the GPUs, and the processor's name if it is listed as a device."""
    plain = clean(text)
    devices = (
        _devices(plain, _OLD, "Device Type") if "CL_DEVICE_TYPE_" in plain else _devices(plain, _NEW, "Device Name")
    )
    seen: dict[tuple[str, str | None, int], Sighting] = {}
    order: dict[tuple[str, str | None], int] = {}
    for device in devices:
        if "GPU" in device.get("type", ""):
            sighting = _gpu(device)
            if sighting is not None:
                # one GPU is listed again below every platform that serves it
                key = (sighting.gpu.vendor, sighting.gpu.name)
                number = order.get(key, 0) if device.get("platform") == _platform_of(seen, key) else 0
                seen.setdefault((*key, number), sighting)
                order[key] = number + 1
    processor = next((device.get("name") for device in devices if device.get("type", "").endswith("CPU")), None)
    return tuple(seen.values()), usable(processor)


def _platform_of(seen: dict[tuple[str, str | None, int], Sighting], key: tuple[str, str | None]) -> str | None:
    found = seen.get((*key, 0))
    return found.bound if found else None


def _devices(text: str, keys: dict[str, str], first: str) -> list[dict[str, str]]:
    devices: list[dict[str, str]] = []
    platform = ""
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        key, value = match["key"].strip(), match["value"]
        if key == "Platform Name":
            platform = value
        elif key == first:
            devices.append({"platform": platform})
        if devices and key in keys:
            devices[-1].setdefault(keys[key], value)
    return devices


def _gpu(device: dict[str, str]) -> Sighting | None:
    maker = device.get("vendor", "").lower()
    vendor = next((name for word, name in _VENDORS if maker.startswith(word)), None)
    if vendor is None:
        return None
    chip = chip_architecture(device.get("name", "").split(" ")[0]) if vendor == "amd" else None
    name = usable(device.get("board")) or usable(device.get("name"))
    return Sighting(
        gpu=Gpu(vendor=vendor, name=name, architecture=chip, integrated=is_integrated(chip) if chip else None),
        bound=device.get("platform"),
    )


def read(system: System) -> tuple[Sighting, ...]:
    """Return what a recorded clinfo lists."""
    return tuple(Sighting(gpu=sighting.gpu) for _, text in recorded(system, "clinfo") for sighting in parse(text)[0])
