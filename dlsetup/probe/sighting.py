"""One GPU as one source saw it, and what a vendor's driver and tools answered together."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from dlsetup.values.host import Driver, Gap, Gpu

_ADDRESS = re.compile(r"(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([0-9a-f]{2})\.([0-9a-f])", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One GPU, as one source saw it."""

    gpu: Gpu
    address: str | None = None
    """Where it sits on the bus, "0000:01:00.0"."""
    index: int | None = None
    """The vendor's own number for it."""
    cut: bool = False
    """The source shows the name's beginning only."""
    bound: str | None = None
    """The kernel driver that is bound to it."""
    claimed: bool = False
    """The architecture is one that the user may have imposed (HSA_OVERRIDE_GFX_VERSION): the tables outrank it."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one vendor's driver and tools say."""

    sightings: tuple[Sighting, ...] = ()
    driver: Driver | None = None
    gaps: tuple[Gap, ...] = ()


def address(text: str) -> str | None:
    """Write a PCI address in one way: "00000000:01:00.0", "01:00.0" and "0000:01:00.0" are the last."""
    match = _ADDRESS.search(text)
    if match is None:
        return None
    domain, bus, device, function = match.groups()
    return f"{int(domain or '0', 16):04x}:{bus.lower()}:{device.lower()}.{function.lower()}"


def merged(first: Sighting, second: Sighting) -> Sighting:
    """Join two sightings of one GPU: the first is believed, the second fills in what it lacks."""
    ours, theirs = first.gpu, second.gpu
    better = first.cut and theirs.name is not None and not second.cut
    gpu = Gpu(
        vendor=ours.vendor,
        name=theirs.name if better or ours.name is None else ours.name,
        architecture=ours.architecture or theirs.architecture,
        memory_bytes=theirs.memory_bytes if ours.memory_bytes is None else ours.memory_bytes,
        pci_id=ours.pci_id or theirs.pci_id,
        integrated=theirs.integrated if ours.integrated is None else ours.integrated,
        virtual=theirs.virtual if ours.virtual is None else ours.virtual,
        mig=theirs.mig if ours.mig is None else ours.mig,
        cores=theirs.cores if ours.cores is None else ours.cores,
    )
    return replace(
        first,
        gpu=gpu,
        address=first.address or second.address,
        index=second.index if first.index is None else first.index,
        cut=second.cut if ours.name is None else first.cut and not better,
        bound=first.bound or second.bound,
        claimed=first.claimed if ours.architecture else second.claimed,
    )


def same_device(first: Sighting, second: Sighting) -> bool:
    """Tell whether two sightings may be of one GPU: nothing that both know differs."""
    if first.address and second.address:
        return first.address == second.address
    pairs = ((first.index, second.index), (first.gpu.pci_id, second.gpu.pci_id))
    known = [(one, other) for one, other in pairs if one is not None and other is not None]
    return bool(known) and all(one == other for one, other in known)


def joined(first: tuple[Sighting, ...], second: tuple[Sighting, ...]) -> tuple[Sighting, ...]:
    """Join two sources' lists of the same GPUs: by address, number or device, else in order if they are as many."""
    rest = list(second)
    result: list[Sighting] = []
    for one in first:
        twin = next((other for other in rest if same_device(one, other)), None)
        if twin is not None:
            rest.remove(twin)
        result.append(one if twin is None else merged(one, twin))
    if len(rest) == len(second) and len(first) == len(second):
        return tuple(merged(one, other) for one, other in zip(first, second, strict=True))
    return tuple(result) if first else second
