"""What AMD's driver and ROCm's tools say."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.probe import told
from dlsetup.probe.amd import kfd, rocminfo, smi
from dlsetup.probe.amd.rocminfo import RocmReading
from dlsetup.probe.answers import content, recorded
from dlsetup.probe.sighting import Answer, Sighting, joined
from dlsetup.values.host import Driver, Gap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.system.interface import System

MODULE = "/sys/module/amdgpu/version"
ROCM = "/opt/rocm/.info/version"
DEVICE = "/dev/kfd"


def read(system: System, bus: tuple[Sighting, ...]) -> Answer:
    """Return AMD's GPUs and driver: from sysfs; from the tools only where they were recorded."""
    nodes = tuple(_with_memory(system, node) for node in kfd.read(system))
    readings = [RocmReading(sightings=nodes, loaded=bool(nodes)), *_recorded(system)]
    whole = together(readings)
    if whole.version is None:
        whole = replace(whole, version=_version(content(system, MODULE)))
    if whole.rocm is None:
        whole = replace(whole, rocm=_version(content(system, ROCM)))
    if not (bus or whole.sightings or whole.version or whole.rocm or whole.state or whole.loaded):
        return Answer()
    driver, gaps = _driver(system, whole, bus)
    return Answer(sightings=whole.sightings, driver=driver, gaps=(*gaps, *_gpu_gaps(system, whole, bus)))


def _with_memory(system: System, node: Sighting) -> Sighting:
    if node.address is None or node.gpu.integrated:
        return node
    total = content(system, f"/sys/bus/pci/devices/{node.address}/mem_info_vram_total").strip()
    known = int(total) if re.fullmatch(r"\d{6,15}", total) else None
    return replace(node, gpu=replace(node.gpu, memory_bytes=known))


def _recorded(system: System) -> Iterable[RocmReading]:
    for tool, parse in (("amd-smi", smi.parse), ("rocm-smi", smi.parse), ("rocminfo", rocminfo.parse)):
        for _, text in recorded(system, tool):
            yield parse(text)
    driver = told.driver(system, "amd")
    version = _version(driver.get("version", ""))
    yield RocmReading(sightings=told.gpus(system, "amd"), version=version, loaded=bool(driver))


def together(readings: Iterable[RocmReading]) -> RocmReading:
    """Join several answers of one machine, the most trustworthy first."""
    whole = RocmReading()
    for each in readings:
        whole = RocmReading(
            sightings=joined(whole.sightings, each.sightings),
            version=whole.version or each.version,
            rocm=whole.rocm or each.rocm,
            loaded=whole.loaded or each.loaded,
            state=whole.state or each.state,
            detail=whole.detail or each.detail,
            cpu=whole.cpu or each.cpu,
        )
    return whole


def _version(text: str) -> str | None:
    match = re.match(r"(\d+\.\d+(?:\.\d+)*)(?:-\S+)?\s*$", text)
    return match.group(1) if match else None


def _driver(system: System, whole: RocmReading, bus: tuple[Sighting, ...]) -> tuple[Driver | None, tuple[Gap, ...]]:
    supports = f"ROCm {whole.rocm}" if whole.rocm else None
    if whole.state:
        return Driver(
            vendor="amd", version=whole.version, supports=supports, state=whole.state, detail=whole.detail
        ), ()
    bound = sorted({device.bound for device in bus if device.bound})
    if whole.loaded or whole.version or "amdgpu" in bound:
        state, detail = _access(system)
        driver = Driver(vendor="amd", version=whole.version, supports=supports, state=state, detail=detail)
        gap = Gap(what="driver.amd.version", why="the kernel's own amdgpu bears no version")
        return driver, () if whole.version else (gap,)
    if bus and (bound or not system.replayed):
        detail = f"bound to {', '.join(bound)}" if bound else "no driver is bound to the GPU"
        return Driver(vendor="amd", supports=supports, state="missing", detail=detail), ()
    return None, (Gap(what="driver.amd", why="no source told whether amdgpu is loaded"),)


def _access(system: System) -> tuple[str, str | None]:
    """Tell whether this user may compute: the device node is there and may be opened."""
    if system.exists(DEVICE) is False:
        return (
            "error",
            f"{DEVICE} is not there: the kernel's driver offers no computing, or it is kept from a container",
        )
    if system.value(f"writable:{DEVICE}") is False:
        return "error", f"{DEVICE} may not be opened by this user (groups render and video)"
    return "ok", None


def _gpu_gaps(system: System, whole: RocmReading, bus: tuple[Sighting, ...]) -> tuple[Gap, ...]:
    if whole.sightings or bus:
        return told.gaps(system, "amd", whole.sightings)
    return (Gap(what="gpus", why=whole.detail or "AMD's tools answered, but named no GPU"),)


__all__ = ["read", "together"]
