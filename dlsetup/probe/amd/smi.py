"""What `rocm-smi` and `amd-smi` print, as JSON, as text and as CSV."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Any

from dlsetup.probe.amd.chips import chip_architecture, exact, is_integrated
from dlsetup.probe.amd.rocminfo import RocmReading, trouble
from dlsetup.probe.answers import clean, usable
from dlsetup.probe.sighting import Sighting, address
from dlsetup.values.host import Gpu

if TYPE_CHECKING:
    from collections.abc import Mapping

_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)*(?:-\w+)?")
_MEBI = 1024 * 1024
_JSON_START = re.compile(r"^[\[{]", re.MULTILINE)
_TEXT_LINE = re.compile(r"^GPU\[(\d+)\]\s*:\s*([^:\n]+?)\s*:\s*(.*?)\s*$", re.MULTILINE)
_CONCISE = re.compile(r"^(\d+)\s+\d+\s+(0x[0-9a-f]{4}),\s+\d+\s", re.MULTILINE | re.IGNORECASE)
_BANNER = re.compile(r"ROCm version:\s*(\S+)", re.IGNORECASE)
_BANNER_DRIVER = re.compile(r"amdgpu version:\s*(\S+)", re.IGNORECASE)
_TABLE_ROW = re.compile(r"^\|\s*([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f])\s+(\S.*?)\s*\|", re.MULTILINE)
_TABLE_MEMORY = re.compile(r"^\|[^|]*\|.*?\d+/(\d+) MB\s*\|", re.MULTILINE)


def parse(text: str) -> RocmReading:
    """Read either tool's answer, whatever its options were."""
    plain = clean(text)
    start = _JSON_START.search(plain)
    if start:
        answer = _json(plain[start.start() :])
        if answer is not None:
            return _from_json(answer)
    state, detail = trouble(plain)
    rocm, driver = _BANNER.search(plain), _BANNER_DRIVER.search(plain)
    version = driver.group(1) if driver else _text_driver(plain)
    return RocmReading(
        sightings=_text(plain),
        version=_version(version),
        rocm=_version(rocm.group(1)) if rocm else None,
        loaded=version is not None,
        state=state,
        detail=detail,
    )


def _json(text: str) -> Any:  # noqa: ANN401 - JSON of any shape
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


def _version(word: Any) -> str | None:  # noqa: ANN401
    return word if isinstance(word, str) and _VERSION.fullmatch(word) else None


def _from_json(answer: Any) -> RocmReading:  # noqa: ANN401
    if isinstance(answer, dict) and any(re.fullmatch(r"card\d+", str(key)) for key in answer):
        return _rocm_smi(answer)
    listed = answer.get("gpu_data") if isinstance(answer, dict) else answer
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    if isinstance(answer, dict) and not rows:
        rows = [answer]
    if any("rocm_version" in row or "amdgpu_version" in row for row in rows):
        row = rows[0]
        driver = row.get("amdgpu_version")
        version = driver.get("version") if isinstance(driver, dict) else driver
        return RocmReading(version=_version(version), rocm=_version(row.get("rocm_version")), loaded=bool(version))
    drivers = [_inner(row, "driver").get("version") for row in rows]
    version = next((found for found in map(_version, drivers) if found), None)
    return RocmReading(
        sightings=tuple(_amd_smi(row) for row in rows if "gpu" in row), version=version, loaded=version is not None
    )


def _rocm_smi(answer: Mapping[str, Any]) -> RocmReading:
    cards = [(int(key[4:]), _inner(answer, key)) for key in answer if re.fullmatch(r"card\d{1,4}", key)]
    version = _version(_inner(answer, "system").get("Driver version"))
    return RocmReading(
        sightings=tuple(_card({str(key).lower(): item for key, item in card.items()}, index) for index, card in cards),
        version=version,
        loaded=version is not None,
    )


def _inner(row: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = row.get(key)
    return value if isinstance(value, dict) else {}


def _card(card: Mapping[str, Any], index: int) -> Sighting:
    """Read one card of rocm-smi; releases before 6 say "GPU ID" for "Device ID" and "Card series" for "Device Name"."""
    words = {key: usable(value) for key, value in card.items() if isinstance(value, str)}
    names = [words.get(key) for key in ("device name", "card series", "card model")]
    name = next((found for found in names if found and not re.fullmatch(r"0x[0-9a-f]+", found, re.IGNORECASE)), None)
    number = re.fullmatch(r"0x([0-9a-f]{4})", words.get("device id") or words.get("gpu id") or "", re.IGNORECASE)
    memory = words.get("vram total memory (b)") or ""
    architecture = exact(words.get("gfx version")) or (chip_architecture(name) if name else None)
    return Sighting(
        gpu=Gpu(
            vendor="amd",
            name=name,
            architecture=architecture,
            memory_bytes=int(memory) if re.fullmatch(r"\d{6,15}", memory) else None,
            pci_id=f"1002:{number.group(1).lower()}" if number else None,
            integrated=is_integrated(architecture),
        ),
        address=address(words.get("pci bus") or ""),
        index=index,
    )


def _amd_smi(row: Mapping[str, Any]) -> Sighting:
    """Read one GPU of `amd-smi static --json` or `list --json`."""
    asic, bus, vram = (_inner(row, key) for key in ("asic", "bus", "vram"))
    name, number = usable(_word(asic.get("market_name"))), str(asic.get("device_id") or "")
    size = vram.get("size")
    if isinstance(size, dict):
        size = size.get("value")
    chip = re.fullmatch(r"0x0*([0-9a-f]{4})", number, re.IGNORECASE)
    architecture = exact(_word(asic.get("target_graphics_version")))
    index = row.get("gpu")
    return Sighting(
        gpu=Gpu(
            vendor="amd",
            name=name,
            architecture=architecture,
            memory_bytes=size * _MEBI if isinstance(size, int) and size > 0 else None,
            pci_id=f"1002:{chip.group(1).lower()}" if chip else None,
            integrated=is_integrated(architecture),
        ),
        address=address(_word(bus.get("bdf")) or _word(row.get("bdf")) or ""),
        index=index if isinstance(index, int) else None,
    )


def _word(value: Any) -> str | None:  # noqa: ANN401
    return value if isinstance(value, str) else None


def _text_driver(text: str) -> str | None:
    """Find the kernel module's version: "Driver version: 6.3.6", or VERSION below DRIVER."""
    match = re.search(r"^Driver version:\s*(\S+)", text, re.MULTILINE)
    match = match or re.search(r"^ +DRIVER:\n(?: +NAME:[^\n]*\n)? +VERSION: (\S+)", text, re.MULTILINE)
    return match.group(1) if match else None


def _text(text: str) -> tuple[Sighting, ...]:
    if _TEXT_LINE.search(text):
        cards: dict[int, dict[str, str]] = {}
        for index, key, value in _TEXT_LINE.findall(text):
            cards.setdefault(int(index[:6]), {})[key.strip().lower()] = value
        return tuple(_card(card, index) for index, card in cards.items())
    blocks = re.split(r"^GPU: (\d{1,4})[ \t]*$", text, flags=re.MULTILINE)
    if len(blocks) > 1:
        return tuple(_block(int(index), body) for index, body in zip(blocks[1::2], blocks[2::2], strict=True))
    if _TABLE_ROW.search(text):
        return _table(text)
    found = _CONCISE.findall(text)
    if found:
        return tuple(_card({"device id": number}, int(index[:6])) for index, number in found)
    return _csv(text)


def _block(index: int, body: str) -> Sighting:
    """Read one GPU of amd-smi's indented text."""
    words = {key.lower(): value for key, value in re.findall(r"^ +([A-Z_]+): *(.*?) *$", body, re.MULTILINE)}
    size = re.fullmatch(r"(\d+) MB", words.get("size", ""))
    asic = {
        "market_name": words.get("market_name"),
        "device_id": words.get("device_id"),
        "target_graphics_version": words.get("target_graphics_version"),
    }
    vram = {"size": int(size.group(1)) if size else None}
    return _amd_smi({"gpu": index, "asic": asic, "bus": {"bdf": words.get("bdf")}, "vram": vram})


def _table(text: str) -> tuple[Sighting, ...]:
    """Read the table that `amd-smi` prints without a command since ROCm 7."""
    sizes = [int(size) * _MEBI for size in _TABLE_MEMORY.findall(text)]
    rows = _TABLE_ROW.findall(text)
    known = sizes if len(sizes) == len(rows) else [None] * len(rows)
    return tuple(
        Sighting(
            gpu=Gpu(vendor="amd", name=usable(name), memory_bytes=size),
            address=address(place),
            index=index,
            cut=name.endswith("..."),
        )
        for index, ((place, name), size) in enumerate(zip(rows, known, strict=True))
    )


def _csv(text: str) -> tuple[Sighting, ...]:
    """Read `--csv`: a line of names that begins with gpu or device, and one line a GPU."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and '"' not in line and len(line) < 8192]  # noqa: PLR2004
    head = next((number for number, line in enumerate(lines) if re.match(r"(?:gpu|device),", line)), None)
    if head is None:
        return ()
    names, *rows = list(csv.reader(lines[head:]))
    found = [dict(zip(names, row, strict=True)) for row in rows if len(row) == len(names)]
    return tuple(_csv_row(row, number) for number, row in enumerate(found))


def _csv_row(row: Mapping[str, str], number: int) -> Sighting:
    lower = {key.strip().lower(): value.strip() for key, value in row.items()}
    seen = _card(lower, number)
    total = lower.get("vram_total", lower.get("size", ""))
    asic = {key: lower.get(key) for key in ("market_name", "device_id", "target_graphics_version")}
    size = int(total) if re.fullmatch(r"\d{3,9}", total) else None
    more = _amd_smi({"gpu": number, "asic": asic, "bus": {"bdf": lower.get("bdf")}, "vram": {"size": size}})
    return more if more.gpu.memory_bytes or more.gpu.name else seen
