"""Every reason that stands against a build on a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlsetup.values.architecture import compute_capability, runs_on
from dlsetup.values.plan import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.values.build import Build
    from dlsetup.values.host import Driver, Gpu, Host
    from dlsetup.values.plan import Target
    from dlsetup.values.request import Request

VENDORS = {"cuda": "nvidia", "rocm": "amd", "xpu": "intel", "mps": "apple", "metal": "apple"}
"""Whose GPUs an accelerator runs on."""

_SAY = "say --accelerator cpu if the processor will do"

TITLES = {"nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel", "apple": "Apple"}


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What a build is held against."""

    host: Host
    target: Target
    request: Request

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
    wanted = next((each for each in request.wanted if each.framework == build.framework), None)
    if wanted is not None and not wanted.versions.contains(build.version, prereleases=True):
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


def _c_library(build: Build, situation: Situation) -> Iterator[Reason]:
    from packaging.version import Version

    target = situation.target
    if build.system != "linux" or build.glibc is None:
        return
    if target.musl is not None:
        yield Reason(code="musl", text="its wheels need glibc, and this Linux uses musl")
    elif target.glibc is None:
        yield Reason(code="glibc-unknown", text=f"it needs glibc {build.glibc}, and this machine's is not known")
    elif Version(target.glibc) < build.glibc:
        yield Reason(code="glibc", text=f"it needs glibc {build.glibc} or newer, and this machine has {target.glibc}")


def _macos(build: Build, situation: Situation) -> Iterator[Reason]:
    from packaging.version import Version

    target = situation.target
    if build.system != "macos" or build.macos is None:
        return
    if target.macos is None:
        yield Reason(code="macos-unknown", text=f"it needs macOS {build.macos}, and this machine's is not known")
    elif Version(target.macos) < build.macos:
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
    gpus = situation.host.gpus_of(vendor)
    if not gpus and not situation.stated(build.accelerator):
        gap = situation.host.unknown("gpus")
        if gap is None:
            yield Reason(code="gpu-none", text=f"it needs a GPU of {TITLES[vendor]}, and this machine has none")
        else:
            yield Reason(code="gpu-unknown", text=f"whether there is a GPU of {TITLES[vendor]} is unknown: {gap.why}")
    if gpus and build.gpus:
        yield from _architecture(build, most_capable(gpus))


def _open_question(build: Build, situation: Situation) -> Iterator[Reason]:
    """Hold back a build for the processor while a probe that failed leaves open whether there is a better one."""
    if build.accelerator != "cpu" or situation.request.accelerator or situation.request.compute:
        return
    gap = situation.host.unknown("gpus")
    if gap is not None:
        yield Reason(code="gpu-unknown", text=f"whether this machine has a GPU is not known ({gap.why}): {_SAY}")
    for driver in situation.host.drivers:
        if driver.state in {"mismatch", "error"} and situation.host.gpus_of(driver.vendor):
            yield Reason(
                code="driver-broken", text=f"{_driver_trouble(driver, driver.vendor).text}: mend it, or {_SAY}"
            )


def _architecture(build: Build, gpu: Gpu) -> Iterator[Reason]:
    name = gpu.name or "the GPU"
    if gpu.architecture is None:
        yield Reason(code="gpu-architecture-unknown", text=f"the architecture of {name} is not known")
    elif not any(runs_on(code, gpu.architecture) for code in build.gpus):
        inside = ", ".join(build.gpus)
        yield Reason(code="gpu-architecture", text=f"it has no code for {name} ({gpu.architecture}); inside: {inside}")


def most_capable(gpus: tuple[Gpu, ...]) -> Gpu:
    """Return the GPU that a build has to serve: discrete before integrated, then the newest, then the largest."""

    def rank(gpu: Gpu) -> tuple[bool, int, int, int]:
        capability = compute_capability(gpu.architecture or "")
        major, minor = (capability.major, capability.minor) if capability else (0, 0)
        return (not gpu.integrated, major, minor, gpu.memory_bytes or 0)

    return max(gpus, key=rank)


def _driver(build: Build, situation: Situation) -> Iterator[Reason]:
    vendor = VENDORS.get(build.accelerator)
    if vendor is None or vendor == "apple":
        return
    driver = situation.host.driver(vendor)
    usable = driver is not None and driver.state == "ok"
    if not usable and not situation.stated(build.accelerator) and situation.host.gpus_of(vendor):
        yield _driver_trouble(driver, vendor)
    if build.driver is not None and driver is not None:
        yield from _driver_age(build, driver, situation, vendor)


def _driver_trouble(driver: Driver | None, vendor: str) -> Reason:
    title = TITLES[vendor]
    if driver is None:
        return Reason(code="driver-unknown", text=f"the state of the {title} driver is not known")
    if driver.state == "missing":
        return Reason(code="driver-missing", text=f"it needs a driver of {title}, and none is loaded")
    detail = f": {driver.detail}" if driver.detail else ""
    return Reason(code="driver-broken", text=f"the {title} driver does not answer as it should{detail}")


def _driver_age(build: Build, driver: Driver, situation: Situation, vendor: str) -> Iterator[Reason]:
    from packaging.version import InvalidVersion, Version

    try:
        version = Version(driver.version or "")
    except InvalidVersion:
        if driver.state == "ok" and not situation.stated(build.accelerator):
            yield Reason(code="driver-unknown", text=f"the version of the {TITLES[vendor]} driver is not known")
        return
    if build.driver is not None and version < build.driver:
        needs = f"it needs driver {build.driver} or newer of {TITLES[vendor]}"
        yield Reason(code="driver-old", text=f"{needs}, and this machine has {driver.version}")


_QUESTIONS = (_platform, _wishes, _python, _c_library, _macos, _processor, _gpu, _driver)
