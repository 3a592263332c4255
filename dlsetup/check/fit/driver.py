"""fit.driver: is the driver new enough for the installed builds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, unknown
from dlsetup.check.commands import DEEP, dlsetup_install, untouchable
from dlsetup.check.fit.published import published
from dlsetup.check.installed import Installed, build_of, code_inside, distribution_of, installed, major
from dlsetup.check.machine.nvidia import DOWNLOAD, GUIDE, install_driver
from dlsetup.check.requirements import needs
from dlsetup.check.versions import version
from dlsetup.values.architecture import only_by_ptx, runs_on
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from packaging.version import Version

    from dlsetup.values.finding import Finding
    from dlsetup.values.host import Driver
    from dlsetup.values.situation import Situation

NAME = "fit.driver"
DRIVERS = "https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html"


def driver_suffices(situation: Situation) -> Finding:
    """Compare the driver with the oldest that each installed build accepts."""
    host = situation.host
    gpus, driver = host.gpus_of("nvidia"), host.driver("nvidia")
    builds = [each for each in installed(situation) if each.accelerator == "cuda"]
    if not gpus or not builds:
        return skip(NAME, "no NVIDIA GPU" if not gpus else "no build for NVIDIA GPUs is installed")
    settled = _settled(situation, driver)
    if settled is not None:
        return settled
    here = version(driver.version) if driver is not None else None
    if driver is None or here is None:
        return unknown(
            NAME,
            "Whether the NVIDIA driver is new enough is not known.",
            evidence=(builds[0].seen, "the driver's version could not be read"),
            text="Ask the driver itself.",
            commands=("nvidia-smi",),
        )
    floors = [(each, floor) for each in builds if (floor := driver_floor(situation, each)) is not None]
    too_old = (_too_old(situation, each, floor) for each, floor in floors if here < floor)
    refused = (_newer_toolchain(situation, each, driver) for each in builds)
    trouble = next(too_old, None) or next(filter(None, refused), None)
    if trouble is not None:
        return trouble
    if not floors:
        return unknown(
            NAME,
            f"Which driver {builds[0].title} {builds[0].version} needs is not in the catalog.",
            evidence=(builds[0].seen, f"NVIDIA driver {driver.version}"),
            text="Find out by running it.",
            commands=(DEEP,),
        )
    needed = max(floor for _, floor in floors)
    return _slow_compilation(situation, driver) or ok(
        NAME, f"driver {driver.version} is new enough ({needed} is needed)"
    )


def _supported(driver: Driver) -> Version | None:
    """Return the newest CUDA that a driver offers."""
    return version((driver.supports or "").removeprefix("CUDA").strip() or None)


def _toolchain(situation: Situation, this: Installed) -> Version | None:
    """Return the CUDA that a build was compiled with: its own, else the oldest compiler that it asks for."""
    if this.cuda is not None and "." in this.cuda:
        return version(this.cuda)
    framework = situation.catalog.framework(this.framework)
    distribution = distribution_of(situation, framework) if framework else None
    bounds = [
        found
        for need in (needs(situation, distribution, ("and-cuda",)) if distribution is not None else ())
        if need.name.startswith("nvidia-cuda-nvcc")
        for each in need.requirement.specifier
        if each.operator in {"==", ">="} and (found := version(each.version)) is not None
    ]
    return min(bounds, default=None)


def _newer_toolchain(situation: Situation, this: Installed, driver: Driver) -> Finding | None:
    """See code that the driver has to compile itself, of a CUDA that is newer than the driver's.

    Minor version compatibility covers machine code alone: the PTX of a newer CUDA is refused (error 222).
    """
    gpus, codes = situation.host.gpus_of("nvidia"), code_inside(situation, this)
    device = gpus[0].architecture if gpus else None
    if codes is None or device is None or not only_by_ptx(codes, device):
        return None
    built, offered = _toolchain(situation, this), _supported(driver)
    if built is None or offered is None or (offered.major, offered.minor) >= (built.major, built.minor):
        return None
    drivers = install_driver(situation)
    return fail(
        NAME,
        "ptx-toolchain-newer-than-driver",
        f"The driver cannot compile the code that {this.title} has for this GPU.",
        evidence=(
            f"{this.title} {this.version} has only PTX for {device}, made by CUDA {built.major}.{built.minor}",
            f"driver {driver.version} offers CUDA {offered.major}.{offered.minor}",
        ),
        remedy=Remedy(
            text="Install a build with machine code for this GPU; or upgrade the driver"
            + (f" ({drivers[0]}, then restart)." if drivers else " and restart."),
            commands=(dlsetup_install(situation, this.framework),),
            automatic=False,
            links=(DRIVERS,),
        ),
    )


def _slow_compilation(situation: Situation, driver: Driver) -> Finding | None:
    """Name what makes JAX compile one thing at a time: an assembler that is newer than the driver."""
    environment, offered = situation.environment, _supported(driver)
    if environment is None or offered is None or not any(each.framework == "jax" for each in installed(situation)):
        return None
    for name in ("nvidia-cuda-nvcc-cu12", "nvidia-cuda-nvcc-cu13", "nvidia-cuda-nvcc"):
        own = version(environment.version(name))
        if own is not None and (own.major, own.minor) > (offered.major, offered.minor):
            return ok(
                NAME,
                f"driver {driver.version} is new enough; JAX compiles in parallel only with a newer one",
                evidence=(f"{name} {own} is installed", f"the driver offers CUDA {offered}"),
                mode="driver-older-than-ptxas",
            )
    return None


def _settled(situation: Situation, driver: Driver | None) -> Finding | None:
    """Answer where no versions need be compared."""
    if driver is not None and "Tegra" in (driver.detail or ""):
        return skip(NAME, f"{driver.detail}: the driver is a part of the system")
    if situation.environment is not None and situation.environment.sees_gpu:
        return ok(NAME, "the installed framework reported that it sees the GPU")
    return None


def driver_floor(situation: Situation, this: Installed) -> Version | None:
    """Return the oldest driver for an installed build: its own, else that of its CUDA's major.

    From CUDA 11 on, every release of one major runs on the same drivers ("minor version compatibility").
    """
    build = build_of(situation, this)
    if build is not None and build.driver is not None:
        return build.driver
    system = "windows" if situation.host.os.wsl else situation.host.os.system or ""
    own = situation.catalog.compute(this.compute) if this.compute else None
    kin = [each for each in situation.catalog.computes if _kin(each.name, this.cuda)]
    for each in (own, *kin):
        floor = each.driver.get(system) if each is not None else None
        if floor is not None:
            return floor
    return None


def _kin(name: str, cuda: str | None) -> bool:
    number = major(cuda)
    return number is not None and number.isdigit() and int(number) >= 11 and name.startswith(f"cu{number}")  # noqa: PLR2004


def _too_old(situation: Situation, this: Installed, floor: Version) -> Finding:
    driver = situation.host.driver("nvidia")
    here = driver.version if driver else None
    older = _older_line(situation, this)
    options = ("--compute", older) if older else ()
    wanted = f"{this.title} {this.version}" + (f" ({this.compute})" if this.compute else "")
    supports = f" ({driver.supports})" if driver and driver.supports else ""
    drivers = install_driver(situation)
    return fail(
        NAME,
        "nvidia-driver-too-old",
        f"The NVIDIA driver is too old for this {this.title}.",
        evidence=(f"{wanted} needs driver {floor} or newer", f"this machine has {here}{supports}"),
        remedy=Remedy(
            text=f"Install a build for this driver, which needs no root; or upgrade the driver to {floor} or newer"
            + (f" ({drivers[0]}, then restart)." if drivers else " and restart."),
            commands=(dlsetup_install(situation, this.framework, *options),),
            automatic=not untouchable(situation),
            links=(DOWNLOAD if situation.host.os.system == "windows" else GUIDE, DRIVERS),
        ),
    )


def _older_line(situation: Situation, this: Installed) -> str | None:
    """Return the newest compute platform that the driver and the GPU can run."""
    host = situation.host
    driver, gpus = host.driver("nvidia"), host.gpus_of("nvidia")
    here = version(driver.version) if driver else None
    best: tuple[Version, int, str] | None = None
    for build in published(situation, this.framework, "cuda"):
        platform = situation.catalog.compute(build.compute)
        if here is None or build.driver is None or here < build.driver or platform is None:
            continue
        architecture = gpus[0].architecture
        if architecture is not None and build.gpus and not any(runs_on(code, architecture) for code in build.gpus):
            continue
        best = (
            max(best, (build.version, platform.rank, build.compute))
            if best
            else (build.version, platform.rank, build.compute)
        )
    return best[2] if best else None
