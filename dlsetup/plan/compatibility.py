"""Every reason that stands against a build on a machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from packaging.version import Version

from dlsetup.values.architecture import compute_capability, runs_on
from dlsetup.values.plan import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.values.build import Build, Override, Supply
    from dlsetup.values.environment import Java
    from dlsetup.values.host import Driver, Gpu, Host
    from dlsetup.values.plan import Target
    from dlsetup.values.request import Request, Wanted

VENDORS = {"cuda": "nvidia", "rocm": "amd", "xpu": "intel", "mps": "apple", "metal": "apple"}
"""Whose GPUs an accelerator runs on."""

UNKNOWN_GPU = "gpu-architecture-unknown"

ASK_FOR_GPU = Reason(
    code=UNKNOWN_GPU,
    text="a build for this machine's GPU may fit, whose architecture is not known: --compute takes one, or "
    "say --accelerator cpu if the processor will do",
)
"""What stands against a build for the processor where nothing but an unknown architecture holds another back."""

_SAY = "say --accelerator cpu if the processor will do"

TITLES = {"nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel", "apple": "Apple"}


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What a build is held against."""

    host: Host
    target: Target
    request: Request
    assumed: frozenset[str] = frozenset()
    """Vendors whose driver is taken to be new enough, since nothing is known of its age."""
    overrides: tuple[Override, ...] = ()
    java: Java | None = None
    """The Java that Spark would start; None where nobody looked."""
    supplies: tuple[Supply, ...] = ()

    @cached_property
    def gpus(self) -> dict[str, tuple[Gpu, ...]]:
        """The GPUs of each vendor that will be used, the most capable first."""
        return {vendor: used(self.host.gpus_of(vendor)) for vendor in TITLES}

    @cached_property
    def wanted(self) -> dict[str, Wanted]:
        """What was asked for, by framework."""
        return {each.framework: each for each in self.request.wanted}

    def stated(self, accelerator: str) -> bool:
        """Tell whether the user has asked for this accelerator, whatever the probes say."""
        return self.request.accelerator == accelerator


def obstacles(build: Build, situation: Situation) -> tuple[Reason, ...]:
    """Return every reason against a build; none means that it fits."""
    return tuple(reason for question in _QUESTIONS for reason in question(build, situation))


def _platform(build: Build, situation: Situation) -> Iterator[Reason]:
    target = situation.target
    if (build.system, build.architecture) != (target.system, target.architecture):
        yield Reason(
            code="platform",
            text=f"it is published for {build.system}-{build.architecture}, not {target.system}-{target.architecture}",
        )


def _wishes(build: Build, situation: Situation) -> Iterator[Reason]:
    request = situation.request
    wanted = situation.wanted.get(build.framework)
    if wanted is not None and len(wanted.versions) and not wanted.versions.contains(build.version, prereleases=True):
        yield Reason(code="version-unwanted", text=f"you asked for {wanted.versions}")
    if request.accelerator and build.accelerator not in {request.accelerator, "any"}:
        yield Reason(code="accelerator-unwanted", text=f"you asked for the accelerator {request.accelerator}")
    if request.compute and build.compute not in {request.compute, "any"}:
        yield Reason(code="compute-unwanted", text=f"you asked for {request.compute}")
    if build.caution and not situation.stated(build.accelerator) and request.compute != build.compute:
        yield Reason(code="caution", text=build.caution)


def _python(build: Build, situation: Situation) -> Iterator[Reason]:
    target = situation.target
    wanted = target.python + ("t" if target.free_threaded else "")
    if wanted not in build.pythons:
        kind = "free-threaded Python" if target.free_threaded else "Python"
        known = ", ".join(build.pythons)
        yield Reason(code="python", text=f"it has no wheel for {kind} {target.python} (only for {known})")


@cache
def _version(text: str) -> Version | None:
    """Read a version once; None for what is none."""
    try:
        return Version(text)
    except ValueError:
        return None


def _c_library(build: Build, situation: Situation) -> Iterator[Reason]:
    target = situation.target
    if build.system != "linux" or build.glibc is None:
        return
    if target.musl is not None:
        yield Reason(code="musl", text="its wheels need glibc, and this Linux uses musl")
        return
    here = _version(target.glibc or "")
    if here is None:
        yield Reason(code="glibc-unknown", text=f"it needs glibc {build.glibc}, and this machine's is not known")
    elif here < build.glibc:
        yield Reason(code="glibc", text=f"it needs glibc {build.glibc} or newer, and this machine has {target.glibc}")


def _macos(build: Build, situation: Situation) -> Iterator[Reason]:
    target = situation.target
    if build.system != "macos" or build.macos is None:
        return
    here = _version(target.macos or "")
    if here is None:
        yield Reason(code="macos-unknown", text=f"it needs macOS {build.macos}, and this machine's is not known")
    elif here < build.macos:
        yield Reason(code="macos", text=f"it needs macOS {build.macos} or newer, and this machine has {target.macos}")


def _processor(build: Build, situation: Situation) -> Iterator[Reason]:
    features = situation.host.cpu.features
    # an unknown processor is not held against a build: the smoke test proves it, and doctor says that it is unknown
    missing = [each for each in build.cpu_features if features is not None and each not in features]
    if missing:
        names = ", ".join(each.upper() for each in missing)
        yield Reason(code="cpu-feature", text=f"it needs a processor with {names}, which this one lacks")


def _gpu(build: Build, situation: Situation) -> Iterator[Reason]:
    vendor = VENDORS.get(build.accelerator)
    if vendor is None:
        yield from _open_question(build, situation)
        return
    gpus = situation.gpus[vendor]
    if not gpus and not situation.stated(build.accelerator):
        gap = situation.host.unknown("gpus")
        if gap is None:
            yield Reason(code="gpu-none", text=f"it needs a GPU of {TITLES[vendor]}, and this machine has none")
        else:
            yield Reason(code="gpu-unknown", text=f"whether there is a GPU of {TITLES[vendor]} is unknown: {gap.why}")
    if situation.host.os.wsl == 1:
        yield Reason(code="wsl1", text="the first version of WSL has no GPU: wsl --set-version makes it the second")
    if gpus and build.gpus:
        yield from _architecture(build, gpus, situation)


def _open_question(build: Build, situation: Situation) -> Iterator[Reason]:
    """Hold back a build for the processor while a probe that failed leaves open whether there is a better one."""
    host = situation.host
    if build.accelerator != "cpu" or situation.request.accelerator or situation.request.compute:
        return
    gap = host.unknown("gpus")
    if gap is not None:
        yield Reason(code="gpu-unknown", text=f"whether this machine has a GPU is not known ({gap.why}): {_SAY}")
    for vendor in dict.fromkeys(gpu.vendor for gpu in host.gpus if gpu.vendor in TITLES):
        yield from _open_driver(vendor, situation)


def _open_driver(vendor: str, situation: Situation) -> Iterator[Reason]:
    driver = situation.host.driver(vendor)
    if driver is not None and driver.state in {"mismatch", "error"}:
        trouble = _driver_trouble(driver, vendor).text
        yield Reason(code="driver-broken", text=f"{trouble}: mend it, or {_SAY}")
    unknown = driver is None or (driver.state == "ok" and driver.version is None and jetpack(driver) is None)
    if vendor == "nvidia" and unknown and vendor not in situation.assumed:
        gpus = situation.host.gpus_of(vendor)
        if not all(gpu.integrated for gpu in gpus):
            text = f"the version of the {TITLES[vendor]} driver is not known: --driver states it, or {_SAY}"
            yield Reason(code="driver-unknown", text=text)


def _architecture(build: Build, gpus: tuple[Gpu, ...], situation: Situation) -> Iterator[Reason]:
    if any(serves(build, gpu) for gpu in gpus):
        return
    gpu = gpus[0]
    name = gpu.name or "the GPU"
    inside = ", ".join(build.gpus)
    override = override_for(build, gpu, situation)
    if gpu.architecture is None:
        if not situation.stated(build.accelerator) and situation.request.compute != build.compute:
            yield Reason(code=UNKNOWN_GPU, text=f"the architecture of {name} is not known")
    elif override is None or situation.request.compute != build.compute:
        # a documented override counts only where the user names the very build line that it is for
        yield Reason(code="gpu-architecture", text=f"it has no code for {name} ({gpu.architecture}); inside: {inside}")


def serves(build: Build, gpu: Gpu) -> bool:
    """Tell whether there is code inside for a GPU."""
    architecture = gpu.architecture
    return not build.gpus or (architecture is not None and any(runs_on(code, architecture) for code in build.gpus))


def override_for(build: Build, gpu: Gpu, situation: Situation) -> Override | None:
    """Return the documented way to run a GPU with the code that a build has for its relative."""
    return next(
        (
            each
            for each in situation.overrides
            if each.gpu == gpu.architecture and each.system == build.system and each.runs_as in build.gpus
        ),
        None,
    )


def used(gpus: tuple[Gpu, ...]) -> tuple[Gpu, ...]:
    """Return the GPUs that will be used, the most capable first: integrated ones only where there is no other."""
    discrete = tuple(gpu for gpu in gpus if not gpu.integrated)
    return tuple(sorted(discrete or gpus, key=_capability, reverse=True))


def most_capable(gpus: tuple[Gpu, ...]) -> Gpu:
    """Return the GPU that a build has to serve: discrete before integrated, then the newest, then the largest."""
    return used(gpus)[0]


_GFX = re.compile(r"gfx([0-9]{1,2})([0-9])[0-9a-f]")


def _capability(gpu: Gpu) -> tuple[int, int, int]:
    capability = compute_capability(gpu.architecture or "")
    if capability is not None:
        return (capability.major, capability.minor, gpu.memory_bytes or 0)
    gfx = _GFX.fullmatch(gpu.architecture or "")
    return (int(gfx.group(1)), int(gfx.group(2)), gpu.memory_bytes or 0) if gfx else (0, 0, gpu.memory_bytes or 0)


def _driver(build: Build, situation: Situation) -> Iterator[Reason]:
    vendor = VENDORS.get(build.accelerator)
    if vendor is None or vendor == "apple":
        return
    driver = situation.host.driver(vendor)
    if vendor in situation.assumed or (driver is None and situation.stated(build.accelerator)):
        return
    usable = driver is not None and driver.state == "ok"
    if not usable and not situation.stated(build.accelerator) and situation.gpus[vendor]:
        yield _driver_trouble(driver, vendor)
    if driver is not None:
        yield from _driver_age(build, driver, situation, vendor)


def _driver_trouble(driver: Driver | None, vendor: str) -> Reason:
    title = TITLES[vendor]
    if driver is None:
        return Reason(code="driver-unknown", text=f"the state of the {title} driver is not known")
    if driver.state == "missing":
        return Reason(code="driver-missing", text=f"it needs a driver of {title}, and none is loaded")
    detail = f": {driver.detail}" if driver.detail else ""
    return Reason(code="driver-broken", text=f"the {title} driver does not answer as it should{detail}")


def floor_of(build: Build, host: Host) -> Version | None:
    """Return the oldest driver for a build: under WSL the driver is the one of Windows, with numbers of its own."""
    return (build.driver_wsl or build.driver) if host.os.wsl else build.driver


def shown(floor: Version) -> str:
    """Write a driver's version as its maker does, whose third number has two digits: 450.80.02."""
    return ".".join(f"{number:02}" if place == _THIRD else str(number) for place, number in enumerate(floor.release))


_THIRD = 2

JETPACK_7 = 38
"""The first Linux for Tegra with CUDA 13; on Orin, whose first is 39.2, CUDA 13.2.

Source: https://docs.nvidia.com/deeplearning/frameworks/install-pytorch-jetson-platform/, with
https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/index.html.
"""

_TEGRA = re.compile(r"Linux for Tegra (\d+)")


def jetpack(driver: Driver | None) -> int | None:
    """Return the major release of Linux for Tegra, which stands for the driver of a Jetson."""
    found = _TEGRA.search((driver.detail if driver else None) or "")
    return int(found.group(1)) if found else None


def _driver_age(build: Build, driver: Driver, situation: Situation, vendor: str) -> Iterator[Reason]:
    floor = floor_of(build, situation.host)
    if floor is None:
        return
    version = _version(driver.version or "")
    release = jetpack(driver)
    if version is not None and version < floor:
        needs = f"it needs driver {shown(floor)} or newer of {TITLES[vendor]}"
        yield Reason(code="driver-old", text=f"{needs}, and this machine has {driver.version}")
    elif version is None and release is not None:
        if floor.major >= _R580 and release < JETPACK_7:
            text = f"it needs JetPack 7 or newer (Linux for Tegra {JETPACK_7}), and this Jetson has {release}"
            yield Reason(code="jetpack-old", text=text)
    elif version is None and driver.state == "ok" and not situation.stated(build.accelerator):
        yield Reason(code="driver-unknown", text=f"the version of the {TITLES[vendor]} driver is not known")


_R580 = 580
"""The driver branch of CUDA 13."""


_JAVA = re.compile(r"java>=(\d+)")


def _java(build: Build, situation: Situation) -> Iterator[Reason]:
    oldest = next((int(match[1]) for need in build.needs if (match := _JAVA.fullmatch(need))), None)
    java = situation.java
    # where nobody could look, or a Java does not tell its version, the smoke test proves it
    if oldest is None or java is None or (java.path is not None and java.major is None):
        return
    if java.path is None:
        where = f"JAVA_HOME ({java.home}) has none" if java.home else "none is on the PATH, and JAVA_HOME is not set"
        yield Reason(code="java-none", text=f"it needs Java {oldest} or newer, and {where}{_supply(situation)}")
    elif java.major is not None and java.major < oldest:
        where = f"JAVA_HOME names Java {java.version}" if java.home else f"{java.path} is Java {java.version}"
        yield Reason(code="java-old", text=f"it needs Java {oldest} or newer, and {where}{_supply(situation)}")


def _supply(situation: Situation) -> str:
    wanted = (situation.host.os.distribution or "", situation.host.os.system or "")
    found = next((each for name in wanted for each in situation.supplies if name in each.names), None)
    return f": {found.command}" if found else ""


_QUESTIONS = (_platform, _wishes, _python, _c_library, _macos, _processor, _gpu, _driver, _java)
