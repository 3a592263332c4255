"""The probes of one host, in order, and what they found together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dlsetup.probe import cpu, gpus, libc, memory, operating_system, pci, services
from dlsetup.probe.answers import recorded
from dlsetup.probe.sighting import Answer, joined
from dlsetup.values.host import Cpu, Driver, Gap, Host, Libc, OperatingSystem

if TYPE_CHECKING:
    from collections.abc import Callable

    from dlsetup.probe.operating_system import Uname
    from dlsetup.probe.sighting import Sighting
    from dlsetup.system.interface import System
    from dlsetup.values.build import Device


MOST_GPUS = 1024
"""16 GPUs of seven MIG instances each are the most that a machine has; a broken text may list thousands."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one operating system's probes found, before the hardware tables are asked."""

    os: OperatingSystem
    cpu: Cpu
    libc: Libc = field(default_factory=Libc)
    memory_bytes: int | None = None
    sightings: tuple[Sighting, ...] = ()
    drivers: tuple[Driver, ...] = ()
    gaps: tuple[Gap, ...] = ()


def probe_host(system: System, devices: Callable[[str], tuple[Device, ...]]) -> Host:
    """Return what the machine is; what could not be learned stands among its gaps.

    `devices` loads a vendor's hardware table. It is called only for a GPU of which the driver did not tell all.
    """
    uname = operating_system.read_uname(system)
    kind = system.platform if system.platform != "unknown" else uname.system
    probe = {"macos": _mac, "windows": _windows}.get(kind or "", _linux)
    found = probe(system, uname)
    sightings = found.sightings[:MOST_GPUS]
    # a text may list the same GPU many times
    alike = {each: gpus.described(each, devices) for each in set(sightings)}
    described = tuple(alike[each] for each in sightings)
    return Host(
        os=replace(found.os, service=services.read(system)),
        libc=found.libc,
        memory_bytes=found.memory_bytes,
        cpu=found.cpu,
        gpus=described,
        drivers=found.drivers,
        gaps=(*found.gaps, *gpus.gaps_of(described), *_left_out(len(found.sightings))),
    )


def _left_out(count: int) -> tuple[Gap, ...]:
    if count <= MOST_GPUS:
        return ()
    return (Gap(what="gpus.more", why=f"{count} are listed, more than a machine has; {MOST_GPUS} are told"),)


def _linux(system: System, uname: Uname) -> Found:
    os_found, os_gaps = operating_system.read_os(system, uname)
    library, libc_gaps = libc.read(system)
    size, memory_gaps = memory.read(system)
    processor, cpu_gaps = cpu.read(system, uname.machine)
    bus, bus_gaps = pci.read(system)
    answers = _ask(
        _questions(system, bus, whole=not bus_gaps, wsl=os_found.wsl),
        # with GPUs of one vendor at most there is nothing to wait for side by side
        together=not system.replayed and len({device.gpu.vendor for device in bus}) > 1,
    )
    sightings, gpu_gaps = _joined(bus, answers)
    sightings = _with_opencl(system, sightings)
    return Found(
        os=os_found,
        libc=library,
        memory_bytes=size,
        cpu=processor,
        sightings=sightings,
        drivers=tuple(answer.driver for answer in answers.values() if answer.driver),
        gaps=(
            *os_gaps,
            *libc_gaps,
            *memory_gaps,
            *cpu_gaps,
            *_hidden(bus_gaps, answers, seen=bool(sightings)),
            *gpu_gaps,
        ),
    )


NVIDIA_SIGNS = (
    "/proc/driver/nvidia/version",
    "/dev/nvidiactl",
    "/dev/nvhost-gpu",
    "/dev/nvgpu",
    "/etc/nv_tegra_release",
)
"""Where NVIDIA shows although no bus does: in containers without sysfs, and on boards of the Tegra family."""

NVML_FOLDERS = (
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/lib/wsl/lib",
    "/usr/local/nvidia/lib64",
    "/run/opengl-driver/lib",
)
"""Where the driver's library lies, by distribution: Debian, Fedora, Arch, WSL 2, Google's nodes, NixOS."""


def _has_nvml(system: System) -> bool:
    """Tell whether NVIDIA's library is where the loader looks: in gVisor and the like nothing else shows."""
    stated = (system.variable("LD_LIBRARY_PATH") or "").split(":")
    folders = (*(each.rstrip("/") for each in stated if each), *NVML_FOLDERS)
    return any(system.exists(f"{folder}/libnvidia-ml.so.1") for folder in folders)


def _questions(
    system: System, bus: tuple[Sighting, ...], *, whole: bool, wsl: int | None
) -> dict[str, Callable[[], Answer]]:
    """Return whom to ask. Where nothing hints at a vendor, not even its module is imported."""
    questions: dict[str, Callable[[], Answer]] = {}
    nvidias, amds, intels = (_of(bus, vendor) for vendor in ("nvidia", "amd", "intel"))
    signs = nvidias or wsl or system.replayed or any(system.exists(path) for path in NVIDIA_SIGNS)
    if signs or _has_nvml(system):
        from dlsetup.probe import nvidia

        questions["nvidia"] = lambda: nvidia.read(system, nvidias, whole=whole and not wsl)
    if amds or system.replayed:
        from dlsetup.probe import amd

        questions["amd"] = lambda: amd.read(system, amds)
    if intels or system.replayed:
        from dlsetup.probe import intel

        questions["intel"] = lambda: intel.read(system, intels)
    return questions


def _mac(system: System, uname: Uname) -> Found:
    from dlsetup.probe import apple

    mac = apple.read(system)
    os_found, os_gaps = apple.os_of(mac, uname)
    processor, cpu_gaps = cpu.finished(system, apple.cpu_of(mac, uname))
    answer = apple.gpus_of(replace(mac, cpu=processor))
    size, memory_gaps = (mac.memory_bytes, ()) if mac.memory_bytes else memory.read(system)
    return Found(
        os=os_found,
        memory_bytes=size,
        cpu=processor,
        sightings=answer.sightings,
        drivers=(answer.driver,) if answer.driver else (),
        gaps=(*os_gaps, *memory_gaps, *cpu_gaps, *answer.gaps),
    )


def _windows(system: System, uname: Uname) -> Found:
    from dlsetup.probe import nvidia, windows

    seen: list[windows.Pc] = []

    def adapters() -> Answer:
        seen.append(windows.read(system))
        return Answer(sightings=seen[0].gpus)

    answers = _ask({"nvidia": lambda: nvidia.read(system, ()), "windows": adapters}, together=not system.replayed)
    pc = seen[0]
    os_found, os_gaps = windows.os_of(pc, uname)
    processor = pc.cpu
    if not system.replayed or system.value("cpuinfo"):
        processor = cpu.filled(processor, cpu.from_py_cpuinfo(system.value("cpuinfo")))
    processor, cpu_gaps = cpu.finished(system, cpu.of_kernel(processor, uname.machine))
    size, memory_gaps = (pc.memory_bytes, ()) if pc.memory_bytes else memory.read(system)
    own = answers["nvidia"]
    nvidias = _of(pc.gpus, "nvidia")
    sightings, gpu_gaps = gpus.join(nvidias, own, "nvidia") if own.sightings else (nvidias, ())
    others = tuple(each for each in pc.gpus if each.gpu.vendor != "nvidia")
    drivers = [driver for driver in (own.driver, *pc.drivers) if driver]
    first = {driver.vendor: driver for driver in reversed(drivers)}
    gaps = tuple(gap for gap in own.gaps if not (sightings and gap.what == "gpus"))
    if not (sightings or others or gaps or system.value("adapters")):
        gaps = (Gap(what="gpus", why="Windows named no display adapter"),)
    return Found(
        os=os_found,
        memory_bytes=size,
        cpu=processor,
        sightings=(*sightings, *others),
        drivers=tuple(first.values()),
        gaps=(*os_gaps, *memory_gaps, *cpu_gaps, *gaps, *gpu_gaps),
    )


def _ask(questions: dict[str, Callable[[], Answer]], *, together: bool) -> dict[str, Answer]:
    """Ask every vendor; side by side where a tool that hangs would hold up the others."""
    if not together:
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


def _with_opencl(system: System, sightings: tuple[Sighting, ...]) -> tuple[Sighting, ...]:
    """Add what a recorded clinfo lists of vendors that nobody else named."""
    if not any(recorded(system, "clinfo")):
        return sightings
    from dlsetup.probe import opencl

    known = {each.gpu.vendor for each in sightings}
    listed = opencl.read(system)
    return (*sightings, *(each for each in joined(listed, ()) if each.gpu.vendor not in known))


def _hidden(bus_gaps: tuple[Gap, ...], answers: dict[str, Answer], *, seen: bool) -> tuple[Gap, ...]:
    """Say that GPUs may be there, where nobody saw one and the bus was not seen whole."""
    if seen:
        # what Windows lends to WSL 2 has been named by its driver
        return tuple(gap for gap in bus_gaps if gap.what != "gpus.windows")
    if not bus_gaps or any(gap.what == "gpus" for answer in answers.values() for gap in answer.gaps):
        return bus_gaps
    return tuple(Gap(what="gpus", why=gap.why) for gap in bus_gaps)
