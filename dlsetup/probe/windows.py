"""Windows: what systeminfo, dxdiag and the Win32_* classes of CIM say of system, processor and GPUs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dlsetup.probe import told
from dlsetup.probe.answers import clean, recorded, said, usable
from dlsetup.probe.instruction_sets import architecture
from dlsetup.probe.pci import VENDORS
from dlsetup.probe.sighting import Sighting
from dlsetup.values.host import Cpu, Driver, Gap, Gpu, OperatingSystem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.probe.operating_system import Uname
    from dlsetup.system.interface import System

ADAPTERS = (
    "powershell",
    "-NoProfile",
    "-NonInteractive",
    "-Command",
    "Get-CimInstance Win32_VideoController | Select-Object Name,DriverVersion,PNPDeviceID,AdapterRAM | ConvertTo-Json",
)
ADAPTER_SECONDS = 10.0
_MEBI = 1024 * 1024
_FULL = 4 * 1024**3 - 2 * _MEBI
"""AdapterRAM has 32 bits: from here on it says no more than "4 GiB or larger"."""

_PNP = re.compile(r"VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Pc:
    """What a Windows machine's tools told together."""

    product: str | None = None
    version: str | None = None
    """"10.0.19042"."""
    cpu: Cpu = field(default_factory=Cpu)
    memory_bytes: int | None = None
    gpus: tuple[Sighting, ...] = ()
    drivers: tuple[Driver, ...] = ()


def nvidia_version(windows: str | None) -> str | None:
    """Return NVIDIA's own version of a Windows driver version: 31.0.15.3623 is 536.23.

    Its last five digits are that version without the point: https://nvidia.custhelp.com, answer 5149.
    """
    parts = (windows or "").strip().split(".")
    if len(parts) != 4 or not all(part.isdecimal() for part in parts):  # noqa: PLR2004 - Windows' versions have four parts
        return None
    digits = f"{parts[2]}{parts[3]:0>4}"[-5:]
    return f"{digits[:3]}.{digits[3:]}" if len(digits) == 5 and digits[0] != "0" else None  # noqa: PLR2004


def parse_systeminfo(text: str) -> Pc:
    """Read systeminfo in English; elsewhere its labels are translated and nothing is told."""
    plain = clean(text)
    found = dict(re.findall(r"^([A-Z][\w() ]+?):[ \t]+(\S.*?)[ \t]*$", plain, re.MULTILINE))
    kind = re.match(r"(x64|ARM64|X86)-based", found.get("System Type", ""), re.IGNORECASE)
    version = re.match(r"(\d+\.\d+\.\d+)\b", found.get("OS Version", ""))
    memory = re.fullmatch(r"([\d.,\s]+) MB", found.get("Total Physical Memory", ""))
    maker = re.search(r"^\s+\[01\]: .*\b(GenuineIntel|AuthenticAMD)\b", plain, re.MULTILINE)
    name = found.get("OS Name", "")
    return Pc(
        product=name.removeprefix("Microsoft ") if "Windows" in name else None,
        version=version.group(1) if version else None,
        cpu=Cpu(
            architecture=architecture({"x86": "i386"}.get(kind.group(1).lower(), kind.group(1))) if kind else None,
            vendor=maker.group(1) if maker else None,
        ),
        memory_bytes=_mebibytes(re.sub(r"\D", "", memory.group(1))) if memory else None,
    )


def _mebibytes(digits: str) -> int | None:
    return int(digits) * _MEBI if re.fullmatch(r"\d{1,9}", digits) and int(digits) else None


def parse_dxdiag(text: str) -> Pc:
    """Read the report of `dxdiag /t`, whole or in parts."""
    plain = clean(text)
    head, *cards = re.split(r"(?m)^(?=\s*Card name:)", plain)
    system, processor = _field(head, "Operating System") or "", _field(head, "Processor") or ""
    named = re.match(r"(Windows.*?)\s*(?:(64-bit|32-bit)\s*)?\((\d+\.\d+), Build (\d+)\)", system)
    brand, cores = _processor(processor)
    memory = re.match(r"(\d+)MB RAM", _field(head, "Memory") or "")
    gpus = _unique([found for found in map(_card, cards) if found])
    return Pc(
        product=re.sub(r"[?®™]", "", named.group(1)).strip() if named else None,
        version=f"{named.group(3)}.{named.group(4)}" if named else None,
        cpu=Cpu(
            architecture=_bits(named.group(2), brand) if named else None,
            brand=brand,
            vendor=_cpu_vendor(brand),
            logical_cores=cores,
        ),
        memory_bytes=_mebibytes(memory.group(1)) if memory else None,
        gpus=tuple(sighting for sighting, _ in gpus),
        drivers=_drivers(gpus),
    )


def _processor(text: str) -> tuple[str | None, int | None]:
    cores = re.search(r"\((\d{1,4}) CPUs?\)", text)
    brand = re.sub(r"\s*\(\d+ CPUs?\).*$|,?\s*~[\d.]+\s*[GM]Hz$", "", text).strip()
    return brand or None, int(cores.group(1)) if cores else None


def _bits(word: str | None, brand: str | None) -> str | None:
    """Tell the architecture: "64-bit" holds for ARM as well, so the processor's maker decides."""
    if word != "64-bit":
        return None
    if re.search(r"Snapdragon|Qualcomm|\bSQ\d\b|Oryon", brand or ""):
        return "arm64"
    return "x86_64" if _cpu_vendor(brand) else None


def _cpu_vendor(brand: str | None) -> str | None:
    words = brand or ""
    return "GenuineIntel" if "Intel" in words else "AuthenticAMD" if "AMD" in words else None


def _card(body: str) -> tuple[Sighting, str | None] | None:
    key = _PNP.search(_field(body, "Device Key") or "")
    ids = [(_field(body, name) or "").lower().removeprefix("0x") for name in ("Vendor ID", "Device ID")]
    if key:
        ids = [key.group(1).lower(), key.group(2).lower()]
    memory = re.match(r"(\d+) MB", _field(body, "Dedicated Memory") or "")
    return _adapter(
        _field(body, "Card name"),
        tuple(ids),
        _mebibytes(memory.group(1)) if memory else None,
        _field(body, "Driver Version"),
    )


def _adapter(
    name: str | None, ids: tuple[str, ...], memory: int | None, version: str | None
) -> tuple[Sighting, str | None] | None:
    known = len(ids) == 2 and all(re.fullmatch(r"[0-9a-f]{4}", part) for part in ids)  # noqa: PLR2004 - vendor and device
    vendor = VENDORS.get(ids[0]) if known else _maker(name or "")
    if vendor is None:
        return None
    gpu = Gpu(vendor=vendor, name=usable(name), memory_bytes=memory, pci_id=":".join(ids) if known else None)
    return Sighting(gpu=gpu), (version or "").split(" ")[0] or None


def _maker(name: str) -> str | None:
    known = (("NVIDIA", "nvidia"), ("AMD ", "amd"), ("ATI ", "amd"), ("Radeon", "amd"), ("Intel", "intel"))
    return next((vendor for word, vendor in known if word in name), None)


def _unique(cards: list[tuple[Sighting, str | None]]) -> list[tuple[Sighting, str | None]]:
    """Keep one of each: dxdiag lists an adapter once for every monitor at it, and nothing tells two like ones apart."""
    seen: dict[Gpu, tuple[Sighting, str | None]] = {}
    for sighting, version in cards:
        seen.setdefault(sighting.gpu, (sighting, version))
    return list(seen.values())


def _drivers(cards: list[tuple[Sighting, str | None]]) -> tuple[Driver, ...]:
    found: dict[str, Driver] = {}
    for sighting, version in cards:
        vendor = sighting.gpu.vendor
        own = nvidia_version(version) if vendor == "nvidia" else version
        if own and re.fullmatch(r"\d+(?:\.\d+){1,3}", own):
            found.setdefault(vendor, Driver(vendor=vendor, version=own))
    return tuple(found.values())


def _field(text: str, key: str) -> str | None:
    match = re.search(rf"^[ \t]*{re.escape(key)}:[ \t]*(\S.*?)[ \t]*$", text, re.MULTILINE)
    return match.group(1) if match else None


def parse_adapters(text: str) -> Pc:
    """Read Win32_VideoController: as JSON, as a list ("Name : X", "Name=X"), in any order of lines."""
    plain = clean(text).strip()
    rows = _json_rows(plain) if plain[:1] in {"{", "["} else _listed_rows(plain)
    cards = []
    for row in rows:
        memory = row.get("adapterram", "")
        size = int(memory) if re.fullmatch(r"\d{6,12}", memory) else None
        ids = _PNP.search(row.get("pnpdeviceid", ""))
        card = _adapter(
            row.get("name") or row.get("caption") or row.get("description"),
            tuple(part.lower() for part in ids.groups()) if ids else (),
            size if size and size < _FULL else None,
            row.get("driverversion"),
        )
        if card:
            cards.append(card)
    return Pc(gpus=tuple(sighting for sighting, _ in cards), drivers=_drivers(cards))


def _json_rows(text: str) -> list[dict[str, str]]:
    try:
        answer: Any = json.loads(text)
    except (ValueError, RecursionError):
        return []
    rows = answer if isinstance(answer, list) else [answer]
    return [{str(key).lower(): str(value) for key, value in row.items()} for row in rows if isinstance(row, dict)]


def _listed_rows(text: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = [{}]
    for line in text.splitlines():
        match = re.match(r"^\s*(\w+)\s*[:=]\s*(.*?)\s*$", line)
        if match:
            key = match.group(1).lower()
            if key in rows[-1]:
                rows.append({})
            rows[-1][key] = match.group(2)
        elif not line.strip() and "name" in rows[-1]:
            rows.append({})
    return [row for row in rows if row]


def read(system: System) -> Pc:
    """Return what a Windows machine tells."""
    product, version = told.windows(system)
    parts = [Pc(product=product, version=version, cpu=told.processor(system))]
    parsers = (("systeminfo", parse_systeminfo), ("dxdiag", parse_dxdiag))
    for tool, parse in parsers:
        parts.extend(parse(text) for _, text in recorded(system, tool))
    for tool in ("wmic", "Get-CimInstance", "Get-WmiObject", "Win32_VideoController"):
        parts.extend(parse_adapters(text) for line, text in recorded(system, tool) if _of_adapters(line))
    if not any(part.gpus for part in parts):
        listed = tuple(each for vendor in ("amd", "intel") for each in told.gpus(system, vendor))
        parts.append(Pc(gpus=listed, drivers=_told_drivers(system)))
        parts.append(parse_adapters(said(system, ADAPTERS, ADAPTER_SECONDS)))
    return together(parts)


def _told_drivers(system: System) -> tuple[Driver, ...]:
    told_of = {vendor: told.driver(system, vendor) for vendor in ("amd", "intel")}
    return tuple(
        Driver(vendor=vendor, version=facts.get("version"), supports=facts.get("supports"))
        for vendor, facts in told_of.items()
        if facts
    )


def _of_adapters(line: str) -> bool:
    return "videocontroller" in line.lower()


def together(parts: Iterable[Pc]) -> Pc:
    """Join several answers, the most trustworthy first."""
    whole = Pc()
    for part in parts:
        more = {name: getattr(part.cpu, name) for name in Cpu.__dataclass_fields__ if getattr(whole.cpu, name) is None}
        whole = Pc(
            product=whole.product or part.product,
            version=whole.version or part.version,
            cpu=replace(whole.cpu, **more),
            memory_bytes=whole.memory_bytes or part.memory_bytes,
            gpus=whole.gpus or part.gpus,
            drivers=whole.drivers or part.drivers,
        )
    return whole


def os_of(pc: Pc, uname: Uname) -> tuple[OperatingSystem, tuple[Gap, ...]]:
    """Return the operating system."""
    version = pc.version or uname.kernel
    found = OperatingSystem(
        system="windows", distribution=pc.product or "Windows", version=version, kernel=uname.kernel or version
    )
    return found, () if version else (Gap(what="os.version", why="no source told the build of Windows"),)
