"""Joins the bus with the vendors' answers, and names what neither named."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from dlsetup.probe.sighting import Answer, Sighting, merged, same_device
from dlsetup.values.host import Gap, Gpu

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dlsetup.values.build import Device

    Devices = Callable[[str], tuple[Device, ...]]


def join(bus: tuple[Sighting, ...], answer: Answer, vendor: str) -> tuple[tuple[Sighting, ...], tuple[Gap, ...]]:
    """Join one vendor's devices on the bus with the GPUs that its driver answers for.

    A device that the driver does not answer for, while it does for others, cannot be used and is a gap: it is handed to
    a virtual machine, kept out of a container, or too old for the driver.
    """
    rest = list(bus)
    result: list[Sighting] = []
    for seen in answer.sightings:
        twin = next((device for device in rest if same_device(seen, device)), None)
        if twin is not None:
            rest.remove(twin)
        result.append(merged(seen, twin) if twin else seen)
    if not result:
        return bus, ()
    if len(rest) == len(bus) == len(result):
        return tuple(merged(seen, device) for seen, device in zip(result, bus, strict=True)), ()
    blank = [each for each in result if each.address is None and each.gpu.pci_id is None]
    if rest and len(blank) == len(rest):
        # a GPU that is lost tells nothing of itself, but its place is the one that is left
        pairs = dict(zip(map(id, blank), rest, strict=True))
        return tuple(merged(each, pairs[id(each)]) if id(each) in pairs else each for each in result), ()
    gaps = [_unanswered(device, vendor) for device in rest if any(each.address or each.gpu.pci_id for each in result)]
    return tuple(result), tuple(gaps)


def _unanswered(device: Sighting, vendor: str) -> Gap:
    bound = f", bound to {device.bound}" if device.bound else ""
    what = device.gpu.pci_id or device.address
    return Gap(what=f"gpus.{what}", why=f"on the bus at {device.address}{bound}, but {vendor}'s driver is silent on it")


def described(sighting: Sighting, devices: Devices) -> Gpu:
    """Add name and architecture from the hardware table, where the driver did not tell them."""
    gpu = sighting.gpu
    if gpu.architecture and gpu.name and not sighting.cut and not sighting.claimed:
        return gpu
    table = devices(gpu.vendor)
    by_id = [row for row in table if gpu.pci_id and row.pci_id == gpu.pci_id]
    rows = by_id or named(gpu.name, table, cut=sighting.cut)
    return replace(
        gpu,
        name=_name(sighting, rows),
        architecture=_architecture(sighting, by_id, rows),
        integrated=_integrated(rows) if gpu.integrated is None else gpu.integrated,
    )


def _architecture(sighting: Sighting, by_id: Sequence[Device], rows: Sequence[Device]) -> str | None:
    silicon = _only(row.architecture for row in by_id) if sighting.claimed else None
    return silicon or sighting.gpu.architecture or _only(row.architecture for row in rows)


def _name(sighting: Sighting, rows: Sequence[Device]) -> str | None:
    name = sighting.gpu.name
    if name is None:
        return _only(row.name for row in rows)
    if not sighting.cut:
        return name
    full = _only(plain(row.name) for row in rows)
    if full is None:
        return None
    known = next(row.name for row in rows if plain(row.name) == full)
    return f"NVIDIA {known}" if name.startswith("NVIDIA ") and not known.startswith("NVIDIA ") else known


def _integrated(rows: Sequence[Device]) -> bool | None:
    answers = {row.integrated for row in rows}
    return answers.pop() if len(answers) == 1 else None


def _only(values: Iterable[str | None]) -> str | None:
    """Return the value that all share, None where they differ or one is unknown."""
    different = set(values)
    return different.pop() if len(different) == 1 else None


def named(name: str | None, table: Iterable[Device], *, cut: bool = False) -> list[Device]:
    """Return the rows that a name may mean: exactly, or by its beginning where the tool cut it off."""
    if not name:
        return []
    wanted = plain(name.removesuffix("..."))
    if cut:
        # a name that fits is printed whole, so what was cut is longer than what is shown
        shown = len(plain(name))
        return [row for row in table if plain(row.name).startswith(wanted) and len(plain(row.name)) > shown]
    rows = list(table)
    found = [row for row in rows if plain(row.name) == wanted]
    if found:
        return found
    board = _VGPU.match(name)
    return [row for row in rows if plain(row.name) in {board[1].lower(), f"tesla {board[1].lower()}"}] if board else []


_VGPU = re.compile(r"(?:GRID|NVIDIA) ([A-Z]+\d+\w*|RTX ?\w+)-\d+[A-Z]\w*$")


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """Write a name as it is compared: without the maker, a MIG profile, marks, hyphens and case."""
    # whatever is longer is no product's name
    word = " ".join(name[:_LONGEST].split())
    word = re.sub(r" MIG \d+\w*\.\d+gb.*$", "", word, flags=re.IGNORECASE)
    word = re.sub(r"\((?:R|TM|C)\)", "", word, flags=re.IGNORECASE)
    word = re.sub(r"^(?:NVIDIA|AMD|ATI|Intel)\s+", "", word.strip(), flags=re.IGNORECASE)
    return " ".join(word.lower().replace("-", " ").split())


_LONGEST = 400


def gaps_of(gpus: Sequence[Gpu]) -> tuple[Gap, ...]:
    """Name what is not known of the GPUs that are."""
    return tuple(
        Gap(
            what=f"gpus.{index}.{what}",
            why=f"{gpu.name or gpu.pci_id or gpu.vendor}: neither driver nor table tells it",
        )
        for index, gpu in enumerate(gpus)
        for what in ("name", "architecture")
        if getattr(gpu, what) is None
    )
