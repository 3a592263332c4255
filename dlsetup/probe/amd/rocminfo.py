"""What `rocminfo` prints."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dlsetup.probe.amd.chips import exact, is_integrated
from dlsetup.probe.answers import clean, usable
from dlsetup.probe.sighting import Sighting
from dlsetup.values.host import Gpu

_AGENT = re.compile(r"^\*+\s*\nAgent \d+\s*\n\*+[ \t]*\n", re.MULTILINE)
_POOL = re.compile(r"Segment:\s*GLOBAL; FLAGS:[^\n]*COARSE GRAINED[^\n]*\n\s*Size:\s*(\d+)")
_MODULE = re.compile(r"^ROCk module (?:version (\S+) )?is loaded", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class RocmReading:
    """What one of ROCm's tools told."""

    sightings: tuple[Sighting, ...] = ()
    version: str | None = None
    """Of the amdgpu kernel module."""
    rocm: str | None = None
    loaded: bool = False
    """The tool says that the kernel's driver is there."""
    state: str | None = None
    detail: str | None = None
    cpu: str | None = None
    """The processor's brand, where the tool lists it."""


_TROUBLES = (
    (re.compile(r"ROCk module is NOT loaded", re.IGNORECASE), "missing"),
    (re.compile(r"Driver not initialized|amdgpu not found in modules", re.IGNORECASE), "missing"),
    (re.compile(r"Unable to open /dev/kfd|is not member of .*group|hsa api call failure", re.IGNORECASE), "error"),
    (re.compile(r"HSA_STATUS_ERROR", re.IGNORECASE), "error"),
)


def trouble(text: str) -> tuple[str | None, str | None]:
    """Find what a tool of ROCm says is wrong."""
    for pattern, state in _TROUBLES:
        for line in text.splitlines():
            if pattern.search(line):
                return state, " ".join(line.split())
    return None, None


def parse(text: str) -> RocmReading:
    """Read agents: processors come first, and every memory domain is one."""
    plain = clean(text)
    agents = _AGENT.split(plain)
    if len(agents) == 1:
        # picked lines, such as grep's; then every name that is a target begins an agent
        agents = re.split(r"^(?=\s*Name:\s*\S)", plain, flags=re.MULTILINE)
    seen = [each for each in map(_agent, agents[1:]) if each]
    brands = [_field(body, "Marketing Name") for body in agents[1:] if _field(body, "Vendor Name") == "CPU"]
    state, detail = trouble(agents[0])
    loaded = _MODULE.search(plain)
    return RocmReading(
        sightings=tuple(seen),
        version=loaded.group(1) if loaded else None,
        loaded=loaded is not None,
        state=state,
        detail=detail,
        cpu=usable(brands[0]) if brands else None,
    )


def _agent(body: str) -> Sighting | None:
    architecture = exact(_field(body, "Name"))
    if architecture is None or _field(body, "Device Type") not in {None, "GPU"}:
        return None
    chip, place, pool = _field(body, "Chip ID"), _field(body, "BDFID"), _POOL.search(body)
    unified = "APU" in (_field(body, "Memory Properties") or "") or is_integrated(architecture)
    number = re.match(r"(\d{1,6})\(0x", chip or "")
    return Sighting(
        gpu=Gpu(
            vendor="amd",
            name=usable(_field(body, "Marketing Name")),
            architecture=architecture,
            memory_bytes=int(pool.group(1)) * 1024 if pool and not unified else None,
            pci_id=f"1002:{int(number.group(1)):04x}" if number and int(number.group(1)) else None,
            integrated=True if unified else None,
        ),
        address=location(int(place)) if place and re.fullmatch(r"\d{1,6}", place) and int(place) else None,
        claimed=True,
    )


def location(number: int, domain: int = 0) -> str | None:
    """Turn the kernel's bus, device and function in one number into an address: 768 is 03:00.0."""
    if not 0 < number < 0x10000:  # noqa: PLR2004 - sixteen bits
        return None
    return f"{domain:04x}:{number >> 8:02x}:{number >> 3 & 0x1F:02x}.{number & 7:x}"


def _field(body: str, key: str) -> str | None:
    match = re.search(rf"^\s*{re.escape(key)}:[ \t]*(.*?)[ \t]*$", body, re.MULTILINE)
    return match.group(1) if match else None
