"""What `nvidia-smi -q -x` says of the state of GPUs: errors, heat, memory, licences, links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe.answers import TOOL_SECONDS, clean, recorded, usable
from dlsetup.values.nvidia import GpuHealth

if TYPE_CHECKING:
    from dlsetup.system.interface import System

QUERY = ("nvidia-smi", "-q", "-x")

_COUNT = re.compile(r"<[sd]ram_uncorrectable(?:_parity|_secded)?>\s*(\d{1,12})\s*<")
_OLD_COUNT = re.compile(r"<total>\s*(\d{1,12})\s*</total>")
_REASON = re.compile(r"<clocks_(?:throttle|event)_reason_hw_(thermal|power_brake)_slowdown>\s*Active\s*<")
_MEBI = 1024 * 1024


def read(system: System) -> tuple[GpuHealth, ...] | None:
    """Return the state of every GPU: asked now, or as it was recorded; None where nothing told it."""
    if system.replayed:
        texts = [text for _, text in recorded(system, "nvidia-smi") if "<nvidia_smi_log>" in text]
    else:
        answer = system.run(QUERY, timeout=TOOL_SECONDS)
        texts = [answer.stdout] if answer.stdout and not answer.problem else []
    return next((found for text in texts if (found := parse(text))), None)


def parse(text: str) -> tuple[GpuHealth, ...]:
    """Read the document; what is N/A of a GPU is not known."""
    log = clean(text).partition("<nvidia_smi_log>")[2].partition("</nvidia_smi_log>")[0]
    seen: dict[str, str] = {}
    for piece in log.split("<gpu id=")[1:]:
        place, _, body = piece.partition(">")
        seen.setdefault(place if place.strip('"') else str(len(seen)), body)
    return tuple(_gpu(number, body) for number, body in enumerate(seen.values()))


def _gpu(number: int, text: str) -> GpuHealth:
    before, _, rest = text.partition("<mig_devices>")
    body = before + rest.partition("</mig_devices>")[2]
    memory = _part(body, "fb_memory_usage")
    persistence = usable(_value(body, "persistence_mode"))
    return GpuHealth(
        number=number,
        lost="GPU is lost" in body or "GPU requires reset" in body,
        uncorrectable_errors=_uncorrectable(_part(body, "volatile")),
        remapping=_remapping(body),
        slowed_by=tuple(f"hw-{name.replace('_', '-')}" for name in _REASON.findall(body)),
        licence=usable(_value(_part(body, "vgpu_software_licensed_product"), "license_status")),
        persistence=None if persistence is None else persistence == "Enabled",
        compute_mode=(usable(_value(body, "compute_mode")) or "").lower().replace("_", "-") or None,
        fabric=(usable(_value(_part(body, "fabric"), "state")) or "").lower().replace(" ", "-") or None,
        memory_bytes=_mebibytes(_value(memory, "total")),
        used_bytes=_mebibytes(_value(memory, "used")),
        processes=tuple(_processes(body)),
    )


def _part(body: str, tag: str) -> str:
    """Return what stands in the first element of that name; by hand, as patterns take long over what never closes."""
    inside, closed, _ = body.partition(f"<{tag}>")[2].partition(f"</{tag}>")
    return inside if closed else ""


def _value(body: str, tag: str) -> str | None:
    match = re.search(rf"<{tag}>([^<]*)</{tag}>", body)
    return match[1].strip() if match else None


def _uncorrectable(volatile: str) -> int | None:
    counts = _COUNT.findall(volatile) + _OLD_COUNT.findall(_part(volatile, "double_bit"))
    return sum(map(int, counts)) if counts else None


def _remapping(body: str) -> str | None:
    rows = _part(body, "remapped_rows")
    if _value(rows, "remapped_row_failure") == "Yes":
        return "failed"
    return "pending" if _value(rows, "remapped_row_pending") == "Yes" else None


def _mebibytes(text: str | None) -> int | None:
    match = re.fullmatch(r"(\d{1,9}) MiB", text or "")
    return int(match[1]) * _MEBI if match else None


def _processes(body: str) -> list[tuple[int, int | None]]:
    found = []
    for piece in body.split("<process_info>")[1:]:
        one = piece.partition("</process_info>")[0]
        pid = _value(one, "pid")
        if pid and re.fullmatch(r"\d{1,10}", pid):
            found.append((int(pid), _mebibytes(_value(one, "used_memory"))))
    return found
