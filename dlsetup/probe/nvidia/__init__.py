"""What NVIDIA's driver, its library and its tools say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.probe import told
from dlsetup.probe.answers import TOOL_SECONDS, clean, content, recorded
from dlsetup.probe.nvidia import nvml, smi_table, smi_text, smi_xml, tegra
from dlsetup.probe.nvidia.reading import Reading, cuda_version, driver_version, together, trouble
from dlsetup.probe.sighting import Answer, Sighting, merged
from dlsetup.values.host import Driver, Gap

if TYPE_CHECKING:
    from dlsetup.system.interface import Completed, System

MODULE = "/proc/driver/nvidia/version"

QUERY = (
    "nvidia-smi",
    "--query-gpu=index,name,memory.total,pci.bus_id,pci.device_id,driver_version,mig.mode.current,compute_cap",
    "--format=csv,noheader",
)
OLDER = ("nvidia-smi", "-q", "-x")
"""For drivers that refuse the query: compute_cap came with 510, mig.mode.current with 450."""


def read(system: System, bus: tuple[Sighting, ...], *, whole: bool = False) -> Answer:
    """Return NVIDIA's GPUs and driver; `bus` are its devices on the bus, `whole` tells that it was seen whole."""
    asked = nvml.parse(system.value("nvml"))
    answers = [asked] if asked else []
    smi = None
    if asked is None:
        smi, more = _run_smi(system)
        answers.extend(more)
    answers.extend(_recorded(system))
    readings = [answer for answer in answers if answer != Reading()]
    board, release = tegra.read(system)
    reading = _counted_none(_with_module(system, together(readings)), bus)
    if whole and reading.state == "missing" and not (bus or board or reading.version or reading.sightings):
        # libraries alone, as packages bring them along: neither a GPU nor a driver
        return Answer()
    if board:
        first = reading.sightings[0] if len(reading.sightings) == 1 else None
        reading = replace(reading, sightings=(merged(board, first) if first else board,))
    if not (readings or reading.version or bus or board or release):
        return Answer(gaps=(Gap(what="driver.nvidia", why="nvidia-smi said nothing of a driver"),) if answers else ())
    driver, gaps = _driver(system, reading, bus, asked is not None, smi)
    if release and driver is None:
        driver = Driver(vendor="nvidia", detail=f"Linux for Tegra {release}")
        gaps = (Gap(what="driver.nvidia.version", why="Linux for Tegra has no driver version of its own"),)
    gaps = (*gaps, *_gpu_gaps(reading, bus), *told.gaps(system, "nvidia", reading.sightings))
    return Answer(sightings=reading.sightings, driver=driver, gaps=gaps)


def _run_smi(system: System) -> tuple[Completed, list[Reading]]:
    """Ask nvidia-smi in NVML's place, in the older way if it does not know the newer."""
    answer = system.run(QUERY, timeout=TOOL_SECONDS)
    if answer.problem == "timeout":
        return answer, [Reading(state="error", detail=f"nvidia-smi did not answer within {TOOL_SECONDS:.0f} seconds")]
    if answer.problem:
        return answer, []
    text = clean(f"{answer.stdout}\n{answer.stderr}")
    if "is not a valid field" in text:
        older = system.run(OLDER, timeout=TOOL_SECONDS)
        return older, [smi_xml.parse(older.stdout)] if older.stdout else [Reading(state="error", detail=older.problem)]
    return answer, [smi_text.parse_query(text, smi_text.query_fields(QUERY[1]))]


def _recorded(system: System) -> list[Reading]:
    """Read every recorded answer of nvidia-smi, the most telling kind first."""
    ranked: list[tuple[int, Reading]] = []
    for line, text in recorded(system, "nvidia-smi"):
        if line != " ".join(QUERY):
            ranked.append(parse_smi(line, text))
    ranked.sort(key=lambda pair: pair[0])
    return [*(reading for _, reading in ranked), *_told(system)]


def _told(system: System) -> list[Reading]:
    """Read what a report tells in its own words."""
    driver = told.driver(system, "nvidia")
    reading = Reading(
        sightings=told.gpus(system, "nvidia"),
        version=driver_version(driver.get("version")),
        cuda=cuda_version((driver.get("supports") or "").removeprefix("CUDA ")),
    )
    return [] if reading == Reading() else [reading]


def parse_smi(command: str, text: str) -> tuple[int, Reading]:
    """Read what a command line of nvidia-smi printed, with its rank among such answers."""
    options = command.split()[1:]
    asked = smi_text.query_fields(command)
    if "<nvidia_smi_log" in text or "<gpu id=" in text:
        return 0, smi_xml.parse(text)
    if asked:
        return 2, smi_text.parse_query(text, asked)
    if smi_text.is_log(text):
        return 1, smi_text.parse_log(text)
    if "--version" in options:
        return 5, smi_text.parse_version(text)
    if "-L" in options or "--list-gpus" in options:
        return 4, smi_text.parse_list(text)
    return 3, smi_table.parse(text)


def _with_module(system: System, reading: Reading) -> Reading:
    """Add what the kernel module says of itself."""
    if reading.version:
        return reading
    return replace(reading, version=smi_text.parse_module(content(system, MODULE)).version)


def _counted_none(reading: Reading, bus: tuple[Sighting, ...]) -> Reading:
    """See trouble in a driver that counts no GPU while it has some."""
    idle = [each for each in bus if each.bound in {None, "nvidia"}]
    if not reading.counted or reading.sightings or not idle:
        return reading
    return replace(reading, state="error", detail="No devices were found by the driver, though the bus shows them")


def _driver(
    system: System, reading: Reading, bus: tuple[Sighting, ...], library: bool, smi: Completed | None
) -> tuple[Driver | None, tuple[Gap, ...]]:
    supports = f"CUDA {reading.cuda}" if reading.cuda else None
    if reading.state:
        driver = Driver(
            vendor="nvidia", version=reading.version, supports=supports, state=reading.state, detail=reading.detail
        )
        why = reading.detail or "the driver could not be asked"
        return driver, () if reading.version else (Gap(what="driver.nvidia.version", why=why),)
    if reading.version or reading.cuda or library:
        if not library and smi is not None and smi.problem == "not-found":
            detail = "the kernel's driver is loaded, but neither libnvidia-ml.so.1 nor nvidia-smi is here"
            return Driver(vendor="nvidia", version=reading.version, state="error", detail=detail), ()
        gap = Gap(what="driver.nvidia.version", why="what the driver supports is told, but not its version")
        return Driver(
            vendor="nvidia", version=reading.version, supports=supports
        ), () if reading.version or library else (gap,)
    return _unserved(system, reading, bus)


def _unserved(system: System, reading: Reading, bus: tuple[Sighting, ...]) -> tuple[Driver | None, tuple[Gap, ...]]:
    """Judge a machine of which no source told a driver version."""
    bound = sorted({each.bound for each in bus if each.bound})
    if "nvidia" in bound:
        gap = Gap(what="driver.nvidia.version", why="the driver is bound to the GPU, but no source told its version")
        return Driver(vendor="nvidia"), (gap,)
    gone = system.read(MODULE).absent or system.platform == "windows"
    if bus and (bound or (gone and not system.replayed) or (gone and system.exists("/dev/nvidiactl") is False)):
        detail = f"bound to {', '.join(bound)}" if bound else "no driver is bound to the GPU"
        return Driver(vendor="nvidia", state="missing", detail=detail), ()
    if bus or reading.sightings:
        return None, (Gap(what="driver.nvidia", why="no source told the driver's version"),)
    return None, ()


def _gpu_gaps(reading: Reading, bus: tuple[Sighting, ...]) -> tuple[Gap, ...]:
    """Name the GPUs that are there but could not be described."""
    if reading.sightings or bus or reading.counted:
        return ()
    if reading.state:
        return (Gap(what="gpus", why=reading.detail or "the NVIDIA driver could not be asked"),)
    return (Gap(what="gpus", why="an NVIDIA driver is installed, but no source named its GPUs"),)


__all__ = ["read", "trouble"]
