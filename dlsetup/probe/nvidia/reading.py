"""What one text of NVIDIA's tools tells: the shape that every parser of this room returns."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlsetup.probe.answers import usable
from dlsetup.probe.sighting import Sighting, joined

if TYPE_CHECKING:
    from collections.abc import Iterable

_DRIVER = re.compile(r"\d{2,4}\.\d{1,3}(?:\.\d{1,3})?")
_CUDA = re.compile(r"\d{1,2}\.\d{1,2}")

TROUBLES = (
    (re.compile(r"driver/library version mismatch", re.IGNORECASE), "mismatch"),
    (re.compile(r"couldn't communicate with the NVIDIA driver", re.IGNORECASE), "missing"),
    (re.compile(r"Failed to initialize NVML: Driver Not Loaded", re.IGNORECASE), "missing"),
    (
        re.compile(r"Failed to initialize NVML|Unable to determine the device handle|GPU is lost", re.IGNORECASE),
        "error",
    ),
    (re.compile(r"fallen off the bus|has failed because|GPU access blocked", re.IGNORECASE), "error"),
    (re.compile(r"No devices were found|Unknown Error|Insufficient Permissions", re.IGNORECASE), "error"),
    (
        re.compile(r"couldn't find libnvidia-ml|libnvidia-ml\.so(?:\.1)?: cannot open|stub library", re.IGNORECASE),
        "error",
    ),
    (re.compile(r"Segmentation fault|core dumped|Unable to retrieve ProcessID", re.IGNORECASE), "error"),
)
"""How the tools say that something is wrong, the telling ones first."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one text told."""

    sightings: tuple[Sighting, ...] = ()
    version: str | None = None
    cuda: str | None = None
    state: str | None = None
    """missing, mismatch or error where the text says so."""
    detail: str | None = None
    """The line that says it."""
    counted: bool = False
    """The driver has counted its GPUs, so that none means none."""


def driver_version(text: str | None) -> str | None:
    """Return a driver's version, None for anything that is none ("N/A", "570 or newer")."""
    word = (usable(text) or "").split(" [", 1)[0].strip()
    return word if _DRIVER.fullmatch(word) else None


def cuda_version(text: str | None) -> str | None:
    """Return a CUDA version such as "12.4"."""
    word = (usable(text) or "").split(" [", 1)[0].strip()
    return word if _CUDA.fullmatch(word) else None


def trouble(text: str) -> Reading:
    """Find the line in which a tool says what is wrong."""
    for pattern, state in TROUBLES:
        for line in text.splitlines():
            if pattern.search(line) and not line.lstrip().startswith("|"):
                return Reading(state=state, detail=" ".join(line.split()))
    return Reading()


def architecture(capability: str | None) -> str | None:
    """Turn "8.9" into "sm_89"."""
    match = re.fullmatch(r"(\d{1,2})\.(\d)", usable(capability) or "")
    return f"sm_{match.group(1)}{match.group(2)}" if match and match.group(1) != "0" else None


def mebibytes(text: str | None) -> int | None:
    """Return bytes from "8192 MiB", "8192MiB" or "8192 MB" (older drivers' word for the same)."""
    match = re.fullmatch(r"(\d{1,9})\s*(?:Mi?B)?", usable(text) or "")
    return int(match.group(1)) * 1024 * 1024 if match and int(match.group(1)) else None


def pci_id(text: str | None) -> str | None:
    """Turn NVIDIA's "0x268410DE" or "218410DE", device above vendor, into "10de:2684"."""
    match = re.fullmatch(r"(?:0x)?([0-9a-fA-F]{4})(10de)", (text or "").strip(), re.IGNORECASE)
    return f"10de:{match.group(1).lower()}" if match else None


def together(readings: Iterable[Reading]) -> Reading:
    """Join several texts of one machine, the most trustworthy first."""
    whole = Reading()
    for each in readings:
        whole = replace(
            whole,
            sightings=joined(whole.sightings, each.sightings),
            version=whole.version or each.version,
            cuda=whole.cuda or each.cuda,
            state=whole.state or each.state,
            detail=whole.detail or each.detail,
            counted=whole.counted or each.counted,
        )
    return whole
