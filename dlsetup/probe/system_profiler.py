"""What macOS' `system_profiler` prints of hardware, software and displays, as text and as JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from dlsetup.probe.answers import clean, usable
from dlsetup.probe.sighting import Sighting
from dlsetup.values.host import Gpu

_GIBI = 1024**3
_VENDORS = {"0x10de": "nvidia", "0x1002": "amd", "0x8086": "intel", "0x106b": "apple"}
_METAL = {"spdisplays_metal3": "Metal 3", "spdisplays_metal4": "Metal 4", "spdisplays_supported": "Metal"}


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What one report told."""

    version: str | None = None
    kernel: str | None = None
    architecture: str | None = None
    brand: str | None = None
    cores: int | None = None
    memory_bytes: int | None = None
    gpus: tuple[Sighting, ...] = ()
    metal: str | None = None


def chip(brand: str | None) -> str | None:
    """Return the generation of Apple's chip: "Apple M3 Max" is apple-m3."""
    match = re.match(r"Apple (M\d+)\b", brand or "")
    return f"apple-{match.group(1).lower()}" if match else None


def apple_gpu(name: str | None, cores: int | None) -> Sighting:
    """Make the GPU of an Apple chip, which bears the chip's name."""
    known = name if chip(name) else None
    return Sighting(gpu=Gpu(vendor="apple", name=known, architecture=chip(name), integrated=True, cores=cores))


def parse(text: str) -> Profile:
    """Read a report."""
    plain = clean(text)
    if plain.lstrip().startswith("{"):
        try:
            answer = json.loads(plain)
        except (ValueError, RecursionError):
            return Profile()
        return _from_json(answer) if isinstance(answer, dict) else Profile()
    return _from_text(plain)


def _from_json(answer: dict[str, Any]) -> Profile:
    hardware, software = _first(answer, "SPHardwareDataType"), _first(answer, "SPSoftwareDataType")
    brand = hardware.get("chip_type") or hardware.get("cpu_type")
    displays = answer.get("SPDisplaysDataType")
    rows = [row for row in displays if isinstance(row, dict)] if isinstance(displays, list) else []
    gpus = tuple(found for found in map(_display, rows) if found)
    profile = _software(software.get("os_version"), software.get("kernel_version"))
    return replace(
        profile,
        architecture=_architecture(brand, gpus),
        brand=brand if isinstance(brand, str) else None,
        cores=_cores(hardware.get("number_processors")),
        memory_bytes=_memory(hardware.get("physical_memory")),
        gpus=gpus,
        metal=next((found for found in map(_metal, rows) if found), None),
    )


def _first(answer: dict[str, Any], key: str) -> dict[str, Any]:
    rows = answer.get(key)
    return rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}


def _metal(row: dict[str, Any]) -> str | None:
    words = [row.get(key) for key in ("spdisplays_mtlgpufamilysupport", "spdisplays_metal", "spdisplays_metalfamily")]
    return next((_METAL[word] for word in words if isinstance(word, str) and word in _METAL), None)


def _display(row: dict[str, Any]) -> Sighting | None:
    name = usable(_word(row.get("sppci_model")) or _word(row.get("_name")))
    maker, device = _word(row.get("spdisplays_vendor")) or "", _word(row.get("spdisplays_device-id")) or ""
    number = re.search(r"0x[0-9a-f]{4}", maker.lower())
    vendor = _VENDORS.get(number.group()) if number else _maker(f"{maker} {name or ''}")
    if vendor == "apple":
        cores = _word(row.get("sppci_cores")) or ""
        return apple_gpu(name, int(cores) if re.fullmatch(r"\d{1,4}", cores) else None)
    return _other(
        vendor, name, device, row.get("spdisplays_vram"), builtin=row.get("sppci_bus") == "spdisplays_builtin"
    )


def _other(vendor: str | None, name: str | None, device: str, memory: Any, *, builtin: bool) -> Sighting | None:  # noqa: ANN401
    if vendor is None or name is None:
        return None
    number = re.fullmatch(r"0x([0-9a-f]{4})", device.lower())
    code = next((key.removeprefix("0x") for key, value in _VENDORS.items() if value == vendor), "")
    return Sighting(
        gpu=Gpu(
            vendor=vendor,
            name=name,
            pci_id=f"{code}:{number.group(1)}" if number else None,
            memory_bytes=None if builtin else _memory(memory),
            integrated=True if builtin else None,
        )
    )


def _maker(words: str) -> str | None:
    lower = words.lower()
    known = (("apple", "apple"), ("nvidia", "nvidia"), ("amd", "amd"), ("ati ", "amd"), ("intel", "intel"))
    return next((vendor for word, vendor in known if word in lower), None)


def _from_text(text: str) -> Profile:
    brand = _field(text, "Chip") or _field(text, "Processor Name")
    gpus = tuple(found for found in map(_section, re.split(r"(?m)^(?=\s*Chipset Model:)", text)[1:]) if found)
    metal = re.search(r"^\s*Metal(?: Support| Family)?:\s*(Metal \d+|Supported)", text, re.MULTILINE)
    cores = re.match(r"\d+", _field(text, "Total Number of Cores") or "")
    return replace(
        _software(_field(text, "System Version"), _field(text, "Kernel Version")),
        architecture=_architecture(brand, gpus),
        brand=brand,
        cores=int(cores.group()[:4]) if cores else None,
        memory_bytes=_memory(_field(text, "Memory")),
        gpus=gpus,
        metal=("Metal" if metal.group(1) == "Supported" else metal.group(1)) if metal else None,
    )


def _section(body: str) -> Sighting | None:
    name, maker = usable(_field(body, "Chipset Model")), _field(body, "Vendor") or ""
    number = re.search(r"\(0x([0-9a-f]{4})\)", maker.lower())
    vendor = _VENDORS.get(f"0x{number.group(1)}") if number else _maker(f"{maker} {name or ''}")
    if vendor == "apple":
        cores = _field(body, "Total Number of Cores") or ""
        return apple_gpu(name, int(cores) if re.fullmatch(r"\d{1,4}", cores) else None)
    builtin = _field(body, "Bus") == "Built-In"
    return _other(vendor, name, _field(body, "Device ID") or "", _field(body, "VRAM (Total)"), builtin=builtin)


def _field(text: str, key: str) -> str | None:
    match = re.search(rf"^[ \t]*{re.escape(key)}:[ \t]*(\S.*?)[ \t]*$", text, re.MULTILINE)
    return match.group(1) if match else None


def _software(system: Any, kernel: Any) -> Profile:  # noqa: ANN401
    version = re.match(r"(?:macOS|OS X|Mac OS X) (\d+(?:\.\d+)*)", system if isinstance(system, str) else "")
    darwin = re.match(r"Darwin (\d+(?:\.\d+)*)", kernel if isinstance(kernel, str) else "")
    return Profile(version=version.group(1) if version else None, kernel=darwin.group(1) if darwin else None)


def _architecture(brand: Any, gpus: tuple[Sighting, ...]) -> str | None:  # noqa: ANN401
    word = brand if isinstance(brand, str) else ""
    if word.startswith("Apple") or any(each.gpu.vendor == "apple" for each in gpus):
        return "arm64"
    return "x86_64" if "Intel" in word else None


def _cores(word: Any) -> int | None:  # noqa: ANN401
    """Read "proc 8:6:2", which is all, performance and efficiency cores."""
    match = re.match(r"proc (\d{1,4})", word if isinstance(word, str) else "")
    return int(match.group(1)) if match else None


def _memory(word: Any) -> int | None:  # noqa: ANN401
    match = re.fullmatch(r"(\d{1,6}) (GB|MB)", word if isinstance(word, str) else "")
    return int(match.group(1)) * (_GIBI if match.group(2) == "GB" else 1024**2) if match else None


def _word(value: Any) -> str | None:  # noqa: ANN401
    return value if isinstance(value, str) else None
