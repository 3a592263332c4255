"""`nvidia-smi -q -x`: one XML document, of schema versions 2 to 13 and later, whole or a fragment."""

from __future__ import annotations

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
from dlsetup.probe.sighting import Sighting, address
from dlsetup.values.host import Gpu

# Read with patterns: a parser refuses the whole of a document that was cut off, or pasted twice, or in bad encoding.
_GPU = re.compile(r"<gpu id=\"([^\"]*)\">(.*?)(?=<gpu id=|</nvidia_smi_log>|\Z)", re.DOTALL)
_GENERIC = frozenset({"Graphics Device", "NVIDIA Graphics Device"})
"""What a driver older than the board calls it: no name at all."""


def parse(text: str) -> Reading:
    """Read the document."""
    plain = clean(text)
    log = plain.partition("<nvidia_smi_log>")[2] or plain
    head = log.partition("<gpu ")[0]
    said = trouble(plain.partition("<?xml")[0])
    return Reading(
        sightings=tuple(_gpu(match.group(1), match.group(2), number) for number, match in _unique(log)),
        version=driver_version(_value(head, "kmd_version") or _value(head, "driver_version")),
        cuda=cuda_version(_value(head, "cuda_umd_version") or _value(head, "cuda_version")),
        state=said.state,
        detail=said.detail,
    )


def _unique(log: str) -> list[tuple[int, re.Match[str]]]:
    """Return each GPU once, where a log was taken in a loop."""
    seen: dict[str, re.Match[str]] = {}
    for match in _GPU.finditer(log):
        seen.setdefault(match.group(1) or str(len(seen)), match)
    return list(enumerate(seen.values()))


def _gpu(place: str, body: str, number: int) -> Sighting:
    name = usable(_value(body, "product_name"))
    own = re.sub(r"<mig_devices>.*?</mig_devices>", "", body, flags=re.DOTALL)
    memory = re.search(r"<fb_memory_usage>\s*<total>([^<]*)<", own)
    mig = usable(_value(own, "current_mig"))
    index = usable(_value(own, "index"))
    return Sighting(
        gpu=Gpu(
            vendor="nvidia",
            name=None if name in _GENERIC else name,
            architecture=architecture(_value(own, "cuda_compute_capability")),
            memory_bytes=mebibytes(memory.group(1)) if memory else None,
            pci_id=pci_id(_value(own, "pci_device_id")),
            virtual=_virtual(own, name),
            mig=None if mig is None and "<mig_mode>" not in own else mig == "Enabled",
        ),
        address=address(place),
        index=int(index) if index and re.fullmatch(r"\d{1,4}", index) else number,
    )


def _virtual(body: str, name: str | None) -> bool | None:
    mode = (_value(body, "virtualization_mode") or "").strip().lower()
    if mode in {"vgpu", "none", "pass-through", "host vgpu", "host vsga"}:
        return mode == "vgpu"
    return is_virtual(name)


def _value(body: str, tag: str) -> str | None:
    match = re.search(rf"<{tag}>([^<]*)</{tag}>", body)
    return match.group(1).strip() if match else None
