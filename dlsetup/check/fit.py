"""Checks of fit: is the installed build the one for this machine's GPU, its driver and its architecture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, unknown, warn
from dlsetup.check.commands import DEEP, dlsetup_install, untouchable
from dlsetup.check.installed import (
    VENDORS,
    Installed,
    build_of,
    code_inside,
    installed,
    interpreter_architecture,
    major,
)
from dlsetup.check.machine.nvidia import DOWNLOAD, GUIDE, install_driver, lent
from dlsetup.check.versions import version
from dlsetup.values.architecture import compute_capability, only_by_ptx, runs_on
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.version import Version

    from dlsetup.values.build import Build
    from dlsetup.values.finding import Finding
    from dlsetup.values.host import Driver, Gpu
    from dlsetup.values.situation import Situation

ACCELERATOR = "fit.accelerator"
DRIVER = "fit.driver"
ARCH = "fit.arch"

TITLES = {"nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel", "apple": "Apple"}
DRIVERS = "https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html"


def uses_accelerator(situation: Situation) -> Finding:
    """Hold each installed build against the GPUs of the machine."""
    builds = [each for each in installed(situation) if each.accelerator is not None]
    if not builds:
        return skip(ACCELERATOR, "no framework is installed")
    host = situation.host
    if not host.gpus:
        if host.unknown("gpus") is not None:
            return skip(ACCELERATOR, "which GPUs there are is not known")
        return _without_gpu(builds)
    for each in builds:
        found = _judge(situation, each)
        if found is not None:
            return found
    return ok(ACCELERATOR, ", ".join(f"{each.title} for {each.compute or each.accelerator}" for each in builds))


def _without_gpu(builds: list[Installed]) -> Finding:
    large = next((each for each in builds if each.accelerator in {"cuda", "rocm", "xpu"}), None)
    if large is None:
        return ok(ACCELERATOR, "builds for the processor, which is all there is")
    return ok(
        ACCELERATOR,
        f"{large.title} is a GPU build and runs on the processor here; the CPU build is far smaller",
        mode="cuda-wheels-on-cpu-only-host" if large.accelerator == "cuda" else None,
        evidence=(large.seen, "no GPU is on the bus"),
    )


def _judge(situation: Situation, this: Installed) -> Finding | None:
    host = situation.host
    if situation.plan is not None and this.framework in situation.plan.frameworks:
        return None
    vendor = VENDORS.get(this.accelerator or "")
    if vendor is not None and host.gpus_of(vendor):
        return None
    for other, accelerator in (("nvidia", "cuda"), ("amd", "rocm"), ("intel", "xpu")):
        if other == "nvidia" and lent(situation):
            continue
        gpus = [gpu for gpu in host.gpus_of(other) if not (other == "intel" and gpu.integrated is not False)]
        served = [gpu for gpu in gpus if _served(situation, this.framework, accelerator, gpu)]
        if served:
            return _not_used(situation, this, served[0], accelerator)
        unclear = [gpu for gpu in gpus if gpu.architecture is None and not gpu.integrated]
        if (
            unclear
            and this.accelerator == "cpu"
            and other == "nvidia"
            and _published(situation, this.framework, "cuda")
        ):
            return _unclear(situation, this, unclear[0])
    return _windows(situation, this)


def _published(situation: Situation, framework: str, accelerator: str) -> Iterator[Build] | tuple[Build, ...]:
    system, architecture = situation.host.os.system, interpreter_architecture(situation)
    return tuple(
        build
        for build in situation.catalog.builds_of(framework)
        if (build.system, build.architecture, build.accelerator) == (system, architecture, accelerator)
        and not build.caution
    )


def _served(situation: Situation, framework: str, accelerator: str, gpu: Gpu) -> bool:
    """Tell whether some published build of the framework has code for a GPU."""
    architecture = gpu.architecture
    return architecture is not None and any(
        runs_on(code, architecture) for build in _published(situation, framework, accelerator) for code in build.gpus
    )


def _not_used(situation: Situation, this: Installed, gpu: Gpu, accelerator: str) -> Finding | None:
    title = TITLES[gpu.vendor]
    name = gpu.name or f"a GPU of {title}"
    if this.framework == "tensorflow" and this.accelerator == "cpu" and gpu.vendor == "nvidia":
        # pkg.tensorflow says which libraries are missing
        return None
    kind = "a build for the processor alone" if this.accelerator == "cpu" else f"a build for {this.accelerator}"
    evidence = (this.seen, f"{name} is in this machine")
    remedy = Remedy(
        text=f"Install {this.title} for this GPU.",
        commands=(dlsetup_install(situation, this.framework, "--accelerator", accelerator),),
        automatic=not untouchable(situation),
        links=("https://pytorch.org/get-started/locally/",) if this.framework == "pytorch" else (),
    )
    answer = warn if gpu.vendor == "intel" else fail
    return answer(
        ACCELERATOR,
        _mode(situation, this, gpu),
        f"{this.title} cannot use your {title} GPU: it is {kind}.",
        evidence=evidence,
        remedy=remedy,
    )


def _mode(situation: Situation, this: Installed, gpu: Gpu) -> str | None:
    if this.framework == "jax":
        return "jax-cpu-only-on-gpu-machine" if this.accelerator == "cpu" else None
    if this.framework != "pytorch":
        return None
    if gpu.vendor == "intel":
        return "xpu-wheel-missing-on-intel-gpu"
    if this.accelerator == "cpu":
        environment = situation.environment
        distribution = environment.distribution(this.package) if environment else None
        by_conda = {name for name, _ in environment.conda_packages} if environment else set()
        if "cpuonly" in by_conda or (distribution is not None and distribution.installer == "conda"):
            return "conda-cpuonly-pinned"
        arm = interpreter_architecture(situation) == "arm64" and situation.host.os.system == "linux"
        return "aarch64-default-is-cpu" if arm else "torch-cpu-build-on-gpu-machine"
    return "cuda-wheel-on-amd" if gpu.vendor == "amd" and this.accelerator == "cuda" else None


def _unclear(situation: Situation, this: Installed, gpu: Gpu) -> Finding:
    del situation
    return unknown(
        ACCELERATOR,
        f"Whether {this.title} could use the NVIDIA GPU is not known.",
        evidence=(this.seen, f"the architecture of {gpu.name or 'the GPU'} could not be read"),
        text="Name the GPU, and see whether a build serves it.",
        commands=(f'dlsetup plan {this.framework} --gpu "NAME"',),
    )


def _windows(situation: Situation, this: Installed) -> Finding | None:
    gpus = situation.host.gpus_of("nvidia")
    if situation.host.os.system != "windows" or this.framework != "tensorflow" or not gpus:
        return None
    return warn(
        ACCELERATOR,
        "tensorflow-windows-native-no-gpu",
        "TensorFlow on Windows itself has no GPU code; it trains on the processor.",
        evidence=(this.seen, f"{gpus[0].name or 'an NVIDIA GPU'} is in this machine"),
        remedy=Remedy(
            text="Run TensorFlow in WSL 2, or use Keras with PyTorch, which has GPU builds for Windows.",
            commands=("wsl --install",),
            links=("https://www.tensorflow.org/install/pip#windows-native",),
        ),
    )


def driver_suffices(situation: Situation) -> Finding:
    """Compare the driver with the oldest that each installed build accepts."""
    host = situation.host
    gpus, driver = host.gpus_of("nvidia"), host.driver("nvidia")
    builds = [each for each in installed(situation) if each.accelerator == "cuda"]
    if not gpus or not builds:
        return skip(DRIVER, "no NVIDIA GPU" if not gpus else "no build for NVIDIA GPUs is installed")
    settled = _settled(situation, driver)
    if settled is not None:
        return settled
    here = version(driver.version) if driver is not None else None
    if driver is None or here is None:
        return unknown(
            DRIVER,
            "Whether the NVIDIA driver is new enough is not known.",
            evidence=(builds[0].seen, "the driver's version could not be read"),
            text="Ask the driver itself.",
            commands=("nvidia-smi",),
        )
    floors = [(each, floor) for each in builds if (floor := driver_floor(situation, each)) is not None]
    for each, floor in floors:
        if here < floor:
            return _too_old(situation, each, floor)
    if not floors:
        return unknown(
            DRIVER,
            f"Which driver {builds[0].title} {builds[0].version} needs is not in the catalog.",
            evidence=(builds[0].seen, f"NVIDIA driver {driver.version}"),
            text="Find out by running it.",
            commands=(DEEP,),
        )
    needed = max(floor for _, floor in floors)
    return ok(DRIVER, f"driver {driver.version} is new enough ({needed} is needed)")


def _settled(situation: Situation, driver: Driver | None) -> Finding | None:
    """Answer where no versions need be compared."""
    if driver is not None and "Tegra" in (driver.detail or ""):
        return skip(DRIVER, f"{driver.detail}: the driver is a part of the system")
    if situation.environment is not None and situation.environment.sees_gpu:
        return ok(DRIVER, "the installed framework reported that it sees the GPU")
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
        DRIVER,
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
    for build in _published(situation, this.framework, "cuda"):
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


def architecture_inside(situation: Situation) -> Finding:
    """Look for code for the GPU in each installed build."""
    builds = [each for each in installed(situation) if each.accelerator in {"cuda", "rocm", "xpu"}]
    pairs = [(each, gpus) for each in builds if (gpus := situation.host.gpus_of(VENDORS[str(each.accelerator)]))]
    if not pairs:
        return skip(ARCH, "no GPU, or no build for it")
    untold: list[Finding] = []
    for each, gpus in pairs:
        found = _inside(situation, each, gpus)
        if found is not None and found.status.value == "unknown":
            untold.append(found)
        elif found is not None:
            return found
    if untold:
        return untold[0]
    return ok(ARCH, ", ".join(f"{each.title} has code for {_best(gpus).architecture}" for each, gpus in pairs))


def _best(gpus: tuple[Gpu, ...]) -> Gpu:
    """Return the GPU that will be used: a discrete one before an integrated one, then the newest."""

    def rank(gpu: Gpu) -> tuple[bool, int, int, int]:
        capability = compute_capability(gpu.architecture or "")
        number = (capability.major, capability.minor) if capability else (0, 0)
        return (not gpu.integrated, *number, gpu.memory_bytes or 0)

    return max(gpus, key=rank)


def _inside(situation: Situation, this: Installed, gpus: tuple[Gpu, ...]) -> Finding | None:
    gpu = _best(gpus)
    build = build_of(situation, this)
    if build is not None and not build.gpus and this.accelerator == "xpu":
        return None
    codes = code_inside(situation, this)
    device = gpu.architecture
    if codes is None or device is None:
        told = f"the GPU is {device}" if device else f"the architecture of {gpu.name or 'the GPU'} could not be read"
        return unknown(
            ARCH,
            f"Whether {this.title} has code for {gpu.name or 'the GPU'} is not known.",
            evidence=(
                f"{this.seen}; {'its GPU code is not in the catalog' if codes is None else ', '.join(codes)}",
                told,
            ),
            text="Find out by running it.",
            commands=(DEEP,),
        )
    if not any(runs_on(code, device) for code in codes):
        return None if _overridden(situation, this) else _lacking(situation, this, gpu, codes)
    return _by_ptx(this, gpu, codes) if only_by_ptx(codes, device) else None


def _overridden(situation: Situation, this: Installed) -> bool:
    """Tell whether the user makes the ROCm run time take the GPU for another."""
    session = situation.session
    return this.accelerator == "rocm" and session is not None and bool(session.variable("HSA_OVERRIDE_GFX_VERSION"))


def _lacking(situation: Situation, this: Installed, gpu: Gpu, codes: tuple[str, ...]) -> Finding:
    served = _served(situation, this.framework, str(this.accelerator), gpu)
    name = gpu.name or "your GPU"
    text = f"Install a {this.title} with code for it."
    if not served:
        text = f"No published {this.title} has code for it: train on the processor."
    options = () if served else ("--accelerator", "cpu")
    return fail(
        ARCH,
        _arch_mode(this, gpu, codes),
        f"This {this.title} has no code for {name}.",
        evidence=(
            f"{this.title} {this.version} for {this.compute or this.accelerator} has {', '.join(codes)}",
            f"{name} is {gpu.architecture}",
        ),
        remedy=Remedy(
            text=text,
            commands=(dlsetup_install(situation, this.framework, *options),),
            automatic=not untouchable(situation),
            links=("https://developer.nvidia.com/cuda-gpus",) if gpu.vendor == "nvidia" else (),
        ),
    )


def _arch_mode(this: Installed, gpu: Gpu, codes: tuple[str, ...]) -> str | None:
    if this.accelerator == "rocm":
        return "rocm-gfx-not-in-wheel"
    device = compute_capability(gpu.architecture or "")
    built = [found for code in codes if (found := compute_capability(code)) is not None]
    if device is None or not built:
        return None
    oldest = min((each.major, each.minor) for each in built)
    return "gpu-arch-dropped" if (device.major, device.minor) < oldest else "gpu-arch-too-new"


def _by_ptx(this: Installed, gpu: Gpu, codes: tuple[str, ...]) -> Finding:
    name = gpu.name or "your GPU"
    return warn(
        ARCH,
        None,
        f"{this.title} has no compiled code for {name}: the first start compiles for half an hour, and may fail.",
        evidence=(f"{this.title} {this.version} has {', '.join(codes)}", f"{name} is {gpu.architecture}"),
        remedy=Remedy(
            text="Try it with a small training; if it fails, use NVIDIA's container or another framework.",
            commands=(f"dlsetup smoke {this.framework}",),
            links=("https://github.com/tensorflow/tensorflow/issues/89272",) if this.framework == "tensorflow" else (),
        ),
    )
