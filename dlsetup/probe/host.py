"""The probes of one host, in order, and what they found together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.probe import cpu, gpus, libc, memory, nvidia, operating_system, pci
from dlsetup.values.host import Gap, Host

if TYPE_CHECKING:
    from collections.abc import Callable

    from dlsetup.probe.sighting import Answer, Sighting
    from dlsetup.system.interface import System
    from dlsetup.values.build import Device
    from dlsetup.values.host import OperatingSystem


def probe_host(system: System, devices: Callable[[str], tuple[Device, ...]]) -> Host:
    """Return what the machine is; what could not be learned stands among its gaps.

    `devices` loads a vendor's hardware table. It is called only for a GPU of which the driver did not tell all.
    """
    uname = operating_system.read_uname(system)
    found, os_gaps = operating_system.read_os(system, uname)
    library, libc_gaps = libc.read(system)
    size, memory_gaps = memory.read(system)
    processor, cpu_gaps = cpu.read(system, uname.machine)
    bus, bus_gaps = pci.read(system)
    answers = _ask(system, bus, found)
    sightings, gpu_gaps = _joined(bus, answers)
    described = tuple(gpus.described(each, devices) for each in sightings)
    return Host(
        os=found,
        libc=library,
        memory_bytes=size,
        cpu=processor,
        gpus=described,
        drivers=tuple(answer.driver for answer in answers.values() if answer.driver),
        gaps=(
            *os_gaps,
            *libc_gaps,
            *memory_gaps,
            *cpu_gaps,
            *_hidden(bus_gaps, answers, seen=bool(described)),
            *gpu_gaps,
            *gpus.gaps_of(described),
        ),
    )


def _ask(system: System, bus: tuple[Sighting, ...], found: OperatingSystem) -> dict[str, Answer]:
    """Ask every vendor side by side, since a tool that hangs takes seconds."""
    questions: dict[str, Callable[[], Answer]] = {
        "nvidia": lambda: nvidia.read(system, _of(bus, "nvidia"), found.wsl),
    }
    if len(questions) == 1 or system.replayed:
        return {vendor: question() for vendor, question in questions.items()}
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=len(questions)) as pool:
        running = {vendor: pool.submit(question) for vendor, question in questions.items()}
        return {vendor: answer.result() for vendor, answer in running.items()}


def _joined(bus: tuple[Sighting, ...], answers: dict[str, Answer]) -> tuple[tuple[Sighting, ...], tuple[Gap, ...]]:
    result: list[Sighting] = []
    gaps: list[Gap] = []
    for vendor, answer in answers.items():
        sightings, unanswered = gpus.join(_of(bus, vendor), answer, vendor)
        result.extend(sightings)
        gaps.extend((*answer.gaps, *unanswered))
    result.extend(device for device in bus if device.gpu.vendor not in answers)
    return tuple(result), tuple(gaps)


def _of(bus: tuple[Sighting, ...], vendor: str) -> tuple[Sighting, ...]:
    return tuple(device for device in bus if device.gpu.vendor == vendor)


def _hidden(bus_gaps: tuple[Gap, ...], answers: dict[str, Answer], *, seen: bool) -> tuple[Gap, ...]:
    """Say that GPUs may be there, where nobody saw one and the bus was not seen whole."""
    if seen or not bus_gaps or any(gap.what == "gpus" for answer in answers.values() for gap in answer.gaps):
        return bus_gaps
    return tuple(Gap(what="gpus", why=gap.why) for gap in bus_gaps)
