"""`nvidia-smi -q`, `-L`, `--version` and `--query-gpu`, and /proc/driver/nvidia/version."""

from __future__ import annotations

import csv
import re

from dlsetup.probe.answers import clean, usable
from dlsetup.probe.nvidia.reading import (
    Reading,
    architecture,
    cuda_version,
    driver_version,
    mebibytes,
    pci_id,
    trouble,
)
from dlsetup.probe.nvidia.smi_table import is_virtual
from dlsetup.probe.nvidia.smi_xml import _GENERIC
from dlsetup.probe.sighting import Sighting, address
from dlsetup.values.host import Gpu

_BLOCK = re.compile(r"^GPU ([0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f])[ \t]*$", re.MULTILINE)
_LISTED = re.compile(r"^GPU (\d{1,4}): (.+?)(?: \(UUID: [^)]*\)?)?\s*$", re.MULTILINE)
_MIG_LISTED = re.compile(r"^\s+MIG \S+\s+Device\s+\d+:", re.MULTILINE)
_MODULE = re.compile(r"^NVRM version:.*?Kernel Module(?: for \S+)?\s+(\d[\d.]*)", re.MULTILINE)


def is_log(text: str) -> bool:
    """Tell whether a text is `nvidia-smi -q`, or a piece of it."""
    return "NVSMI LOG" in text or _BLOCK.search(clean(text)) is not None


def parse_log(text: str) -> Reading:
    """Read `nvidia-smi -q`."""
    plain = clean(text)
    parts = _BLOCK.split(plain)
    head = parts[0]
    said = trouble(head)
    return Reading(
        sightings=tuple(
            _logged(place, body, number)
            for number, (place, body) in enumerate(zip(parts[1::2], parts[2::2], strict=False))
        ),
        version=driver_version(_line(head, "KMD Version") or _line(head, "Driver Version")),
        cuda=cuda_version(_line(head, "CUDA UMD Version") or _line(head, "CUDA Version")),
        state=said.state,
        detail=said.detail,
    )


def _logged(place: str, body: str, number: int) -> Sighting:
    name = usable(_line(body, "Product Name"))
    mig = re.search(r"^\s+MIG Mode\s*\n\s+Current\s*:\s*(\S+)", body, re.MULTILINE)
    memory = re.search(r"^    (?:FB )?Memory Usage\s*\n\s+Total\s*:\s*([^\n]+)", body, re.MULTILINE)
    mode = (_line(body, "Virtualization Mode") or "").lower()
    known = mode in {"vgpu", "none", "pass-through", "host vgpu", "host vsga"}
    index = _line(body, "GPU Index")
    return Sighting(
        gpu=Gpu(
            vendor="nvidia",
            name=None if name in _GENERIC else name,
            architecture=architecture(_line(body, "CUDA Compute Capability")),
            memory_bytes=mebibytes(memory.group(1)) if memory else None,
            pci_id=pci_id(_line(body, "Device Id")),
            virtual=mode == "vgpu" if known else is_virtual(name),
            mig=mig.group(1) == "Enabled" if mig else None,
        ),
        address=address(place),
        index=int(index) if index and re.fullmatch(r"\d{1,4}", index) else number,
    )


def _line(text: str, key: str) -> str | None:
    match = re.search(rf"^[ \t]*{re.escape(key)}[ \t]*:[ \t]*(.*?)[ \t]*$", text, re.MULTILINE)
    return match.group(1) if match else None


def parse_list(text: str) -> Reading:
    """Read `nvidia-smi -L`."""
    plain = clean(text)
    found = list(_LISTED.finditer(plain))
    sightings = []
    for match, following in zip(found, [*found[1:], None], strict=False):
        between = plain[match.end() : following.start() if following else len(plain)]
        name = usable(match.group(2))
        split = True if _MIG_LISTED.search(between) else None
        gpu = Gpu(vendor="nvidia", name=None if name in _GENERIC else name, mig=split, virtual=is_virtual(name))
        sightings.append(Sighting(gpu=gpu, index=int(match.group(1))))
    said = trouble(plain)
    return Reading(sightings=tuple(sightings), state=said.state, detail=said.detail)


def parse_version(text: str) -> Reading:
    """Read `nvidia-smi --version`; newer drivers call the driver KMD and CUDA's part UMD."""
    plain = clean(text)
    said = trouble(plain)
    version = driver_version(_line(plain, "KMD version")) or driver_version(_line(plain, "DRIVER version"))
    cuda = cuda_version(_line(plain, "CUDA UMD version")) or cuda_version(_line(plain, "CUDA Version"))
    return Reading(version=version, cuda=cuda, state=said.state, detail=said.detail)


def parse_module(text: str) -> Reading:
    """Read /proc/driver/nvidia/version, of the closed and the open kernel module."""
    match = _MODULE.search(clean(text))
    return Reading(version=driver_version(match.group(1)) if match else None)


def query_fields(command: str) -> tuple[str, ...]:
    """Return the fields that a command line asks for."""
    match = re.search(r"--query-gpu[= ]([\w.,]+)", command)
    return tuple(match.group(1).split(",")) if match else ()


def parse_query(text: str, asked: tuple[str, ...]) -> Reading:
    """Read `--query-gpu=... --format=csv`, with or without header and units, and an error that may follow."""
    plain = clean(text)
    said = trouble(plain)
    lines = [line for line in plain.splitlines() if "," in line or len(asked) == 1]
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, skipinitialspace=True)] if _short(lines) else []
    rows = [row for row in rows if not _is_header(row, asked)]
    found = [dict(zip(asked, row, strict=True)) for row in rows if len(row) == len(asked) and not _TALK.match(row[0])]
    versions = {driver_version(row.get("driver_version")) for row in found}
    return Reading(
        sightings=tuple(_queried(row, number) for number, row in enumerate(found)),
        version=versions.pop() if len(versions) == 1 else None,
        state=said.state,
        detail=said.detail,
    )


def _is_header(row: list[str], asked: tuple[str, ...]) -> bool:
    """Tell the line of names, "memory.total [MiB]"; gpu_name is printed as name, gpu_bus_id as pci.bus_id."""
    names = [cell.split(" [")[0] for cell in row]
    return any(name in {field, field.removeprefix("gpu_")} for name, field in zip(names, asked, strict=False))


_TALK = re.compile(r"Unable to|NVIDIA-SMI|Failed|Field |No devices|Error", re.IGNORECASE)


def _short(lines: list[str]) -> bool:
    # csv gives up on a field of more than 128 KiB, and on quotes that never close
    return all(len(line) < 4096 and '"' not in line for line in lines)  # noqa: PLR2004


def _queried(row: dict[str, str], number: int) -> Sighting:
    name = usable(row.get("name") or row.get("gpu_name"))
    index, split = row.get("index", ""), usable(row.get("mig.mode.current"))
    return Sighting(
        gpu=Gpu(
            vendor="nvidia",
            name=None if name in _GENERIC else name,
            architecture=architecture(row.get("compute_cap")),
            memory_bytes=mebibytes(row.get("memory.total")),
            pci_id=pci_id(row.get("pci.device_id")),
            virtual=is_virtual(name),
            mig=split == "Enabled" if "mig.mode.current" in row else None,
        ),
        address=address(row.get("pci.bus_id") or row.get("gpu_bus_id") or ""),
        index=int(index) if re.fullmatch(r"\d{1,4}", index) else number,
    )
