"""What Intel's driver and tools say: sysfs, xpu-smi, sycl-ls."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlsetup.probe import told
from dlsetup.probe.answers import clean, recorded, usable
from dlsetup.probe.sighting import Answer, Sighting, address, joined
from dlsetup.values.host import Driver, Gap, Gpu

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.system.interface import System

SERVING = frozenset({"i915", "xe"})
"""Kernel drivers that serve Level Zero."""

_ARCHITECTURES = (
    ((12, 0), (12, 4), "xe-lp"),
    ((12, 10), (12, 10), "xe-lp"),
    ((12, 55), (12, 57), "xe-hpg"),
    ((12, 60), (12, 61), "xe-hpc"),
    ((12, 70), (12, 71), "xe-lpg"),
    ((12, 74), (12, 74), "xe-lpg+"),
    ((20, 1), (20, 2), "xe2-hpg"),
    ((20, 4), (20, 4), "xe2-lpg"),
    ((30, 0), (30, 5), "xe3"),
)
"""First and last IP version (the "12.55.8" that sycl-ls prints) of each architecture.

Source: shared/source/dll/devices/product_config_base.h of intel/compute-runtime, read 2026-11-24.
"""

_SYCL = re.compile(
    r"^\[(?:ext_(?:oneapi|intel)_)?(?P<kind>level_zero|opencl):gpu(?::(?P<old>\d+))?\]"
    r"(?:\[(?:level_zero|opencl):(?P<new>\d+)\])?\s*:?\s*(?P<platform>[^,\n]*),\s*(?P<rest>.*?)\s*$",
    re.MULTILINE,
)
_SYCL_TAIL = re.compile(
    r"^(?P<name>.*?)\s+(?:OpenCL\s+)?(?P<ip>\d+\.\d+(?:\.\d+)?)(?:\s+NEO)?\s*(?:\[(?P<driver>[^\]]*)\])?$"
)
_BOX = re.compile(r"^\|\s*(?P<id>\d*)\s*\|\s*(?P<text>.*?)\s*\|\s*$", re.MULTILINE)
_VERSION = re.compile(r"\d+(?:\.\d+){2,4}(?:[-+]\S+)?")


@dataclass(frozen=True, kw_only=True)
class XpuReading:
    """What one of Intel's tools told."""

    sightings: tuple[Sighting, ...] = ()
    version: str | None = None
    """Of the compute runtime."""
    level_zero: bool = False


def ip_architecture(version: str) -> str | None:
    """Return the architecture of an IP version, None for a plain OpenCL or Level Zero version."""
    parts = version.split(".")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 6 for part in parts):  # noqa: PLR2004 - IP versions have three parts
        return None
    family = (int(parts[0]), int(parts[1]))
    return next((name for first, last, name in _ARCHITECTURES if first <= family <= last), None)


def parse_sycl_ls(text: str) -> XpuReading:
    """Read sycl-ls. One GPU is listed once for each interface; Level Zero's list is the one that counts."""
    listed: dict[str, list[Sighting]] = {"level_zero": [], "opencl": []}
    versions: dict[str, str] = {}
    for match in _SYCL.finditer(clean(text)):
        tail = _SYCL_TAIL.match(match["rest"])
        name = usable(tail["name"] if tail else match["rest"])
        if name is None or not re.search(r"\bIntel\b", f"{name} {match['platform']}"):
            continue
        gpu = Gpu(vendor="intel", name=name, architecture=ip_architecture(tail["ip"]) if tail else None)
        listed[match["kind"]].append(Sighting(gpu=gpu, index=len(listed[match["kind"]])))
        if tail and tail["driver"] and _VERSION.fullmatch(tail["driver"]):
            versions.setdefault(match["kind"], tail["driver"])
    return XpuReading(
        sightings=tuple(listed["level_zero"] or listed["opencl"]),
        version=versions.get("opencl") or versions.get("level_zero"),
        level_zero=bool(listed["level_zero"]),
    )


def parse_xpu_smi(text: str) -> XpuReading:
    """Read `xpu-smi discovery`, for all devices or one, as a table or as JSON."""
    plain = clean(text)
    if plain.lstrip().startswith("{"):
        return _xpu_json(plain)
    devices: list[dict[str, str]] = []
    for match in _BOX.finditer(plain):
        if match["id"]:
            devices.append({})
        for key, value in re.findall(r"([A-Z][\w ]+?): *(.+?)(?=\s{2,}|$)", match["text"]):
            if devices:
                devices[-1].setdefault(key.strip().lower().replace(" ", "_"), value)
    return _xpu(devices)


def _xpu_json(text: str) -> XpuReading:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return XpuReading()
    if not isinstance(answer, dict):
        return XpuReading()
    listed = answer.get("device_list")
    rows = listed if isinstance(listed, list) else [answer] if "device_name" in answer else []
    return _xpu([{str(key).lower(): str(value) for key, value in row.items()} for row in rows if isinstance(row, dict)])


def _xpu(devices: list[dict[str, str]]) -> XpuReading:
    versions = [device.get("driver_version", device.get("kernel_driver_version", "")) for device in devices]
    version = next((word for word in versions if _VERSION.fullmatch(word)), None)
    named = [device for device in devices if device.get("device_name")]
    return XpuReading(
        sightings=tuple(_xpu_device(device, index) for index, device in enumerate(named)),
        version=version,
        level_zero=bool(named),
    )


def _xpu_device(device: dict[str, str], index: int) -> Sighting:
    number = re.fullmatch(r"0x([0-9a-f]{4})", device.get("pci_device_id", ""), re.IGNORECASE)
    return Sighting(
        gpu=Gpu(
            vendor="intel",
            name=usable(device.get("device_name")),
            memory_bytes=_memory(device),
            pci_id=f"8086:{number.group(1).lower()}" if number else None,
        ),
        address=address(device.get("pci_bdf_address", "")),
        index=index,
    )


def _memory(device: dict[str, str]) -> int | None:
    exact = device.get("memory_physical_size_byte", "")
    if re.fullmatch(r"\d{6,15}", exact):
        return int(exact)
    size = re.fullmatch(r"(\d{1,9})(?:\.\d+)? MiB", device.get("memory_physical_size", ""))
    return int(size.group(1)) * 1024 * 1024 if size and int(size.group(1)) else None


def read(system: System, bus: tuple[Sighting, ...]) -> Answer:
    """Return Intel's GPUs and driver: from the bus; from the tools only where they were recorded."""
    whole = _together(_recorded(system))
    if not (bus or whole.sightings):
        return Answer()
    bound = sorted({device.bound for device in bus if device.bound})
    if whole.sightings or SERVING & set(bound):
        supports = "Level Zero" if whole.level_zero else None
        driver = Driver(vendor="intel", version=whole.version, supports=supports)
        gap = Gap(what="driver.intel.version", why="no tool of Intel's told the compute runtime's version")
        return Answer(sightings=whole.sightings, driver=driver, gaps=() if whole.version else (gap,))
    if bound or not system.replayed:
        detail = f"bound to {', '.join(bound)}" if bound else "no driver is bound to the GPU"
        return Answer(driver=Driver(vendor="intel", state="missing", detail=detail))
    return Answer(gaps=(Gap(what="driver.intel", why="no source told whether i915 or xe serves the GPU"),))


def _recorded(system: System) -> Iterable[XpuReading]:
    for tool, parse in (("xpu-smi", parse_xpu_smi), ("xpumcli", parse_xpu_smi), ("sycl-ls", parse_sycl_ls)):
        for _, text in recorded(system, tool):
            yield parse(text)
    driver = told.driver(system, "intel")
    yield XpuReading(
        sightings=told.gpus(system, "intel"), version=driver.get("version"), level_zero=bool(driver.get("supports"))
    )


def _together(readings: Iterable[XpuReading]) -> XpuReading:
    whole = XpuReading()
    for each in readings:
        whole = XpuReading(
            sightings=joined(whole.sightings, each.sightings),
            version=whole.version or each.version,
            level_zero=whole.level_zero or each.level_zero,
        )
    return whole


__all__: list[Any] = ["parse_sycl_ls", "parse_xpu_smi", "read"]
