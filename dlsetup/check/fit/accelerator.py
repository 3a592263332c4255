"""fit.accelerator: do the installed builds use the machine's GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, unknown, warn
from dlsetup.check.commands import dlsetup_install, untouchable
from dlsetup.check.fit import directml
from dlsetup.check.fit.published import published, served
from dlsetup.check.installed import VENDORS, Installed, installed, interpreter_architecture
from dlsetup.check.machine.nvidia import lent
from dlsetup.check.versions import older
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.finding import Finding
    from dlsetup.values.host import Gpu
    from dlsetup.values.situation import Situation

NAME = "fit.accelerator"

TITLES = {"nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel", "apple": "Apple"}


def uses_accelerator(situation: Situation) -> Finding:
    """Hold each installed build against the GPUs of the machine."""
    builds = [each for each in installed(situation) if each.accelerator is not None]
    if not builds:
        return skip(NAME, "no framework is installed")
    host = situation.host
    if not host.gpus:
        if host.unknown("gpus") is not None:
            return skip(NAME, "which GPUs there are is not known")
        return _without_gpu(situation, builds)
    for each in builds:
        found = directml.mismatched(situation, each) or _judge(situation, each) or _old_macos(situation, each)
        if found is not None:
            return found
    return _by_plugin(situation, builds) or ok(
        NAME, ", ".join(f"{each.title} for {each.compute or each.accelerator}" for each in builds)
    )


def _by_plugin(situation: Situation, builds: list[Installed]) -> Finding | None:
    for each in builds:
        plugin = directml.plugin_of(situation, each.framework)
        if plugin is not None:
            return directml.serves(each, plugin)
    return None


_NOTEBOOKS = {"colab": "Google Colab", "kaggle": "Kaggle"}


def _without_gpu(situation: Situation, builds: list[Installed]) -> Finding:
    service = _NOTEBOOKS.get(situation.host.os.service or "")
    if service is not None:
        # a session without GPU is what its user chose, or has used up: worth saying, and no fault of the set-up
        return ok(
            NAME,
            f"this {service} session has no GPU: one is chosen in its settings (the kind of runtime, or accelerator)",
            mode="colab-runtime-without-gpu",
            evidence=(builds[0].seen, "no GPU is on the bus"),
        )
    large = next((each for each in builds if each.accelerator in {"cuda", "rocm", "xpu"}), None)
    if large is None:
        return ok(NAME, "builds for the processor, which is all there is")
    return ok(
        NAME,
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
        usable = [gpu for gpu in gpus if served(situation, this.framework, accelerator, gpu)]
        plugin = directml.plugin_of(situation, this.framework) if this.accelerator == "cpu" else None
        if usable and plugin is not None:
            return directml.outlived(situation, this, plugin, accelerator)
        if usable:
            return _not_used(situation, this, usable[0], accelerator)
        unclear = [gpu for gpu in gpus if gpu.architecture is None and not gpu.integrated]
        if unclear and this.accelerator == "cpu" and other == "nvidia" and published(situation, this.framework, "cuda"):
            return _unclear(situation, this, unclear[0])
    return _windows(situation, this)


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
        NAME,
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
        NAME,
        f"Whether {this.title} could use the NVIDIA GPU is not known.",
        evidence=(this.seen, f"the architecture of {gpu.name or 'the GPU'} could not be read"),
        text="Name the GPU, and see whether a build serves it.",
        commands=(f'dlsetup plan {this.framework} --gpu "NAME"',),
    )


def _windows(situation: Situation, this: Installed) -> Finding | None:
    gpus = situation.host.gpus_of("nvidia")
    if situation.host.os.system != "windows" or this.framework != "tensorflow" or not gpus:
        return None
    if directml.plugin_of(situation, this.framework) is not None:
        return None
    return warn(
        NAME,
        "tensorflow-windows-native-no-gpu",
        "TensorFlow on Windows itself has no GPU code; it trains on the processor.",
        evidence=(this.seen, f"{gpus[0].name or 'an NVIDIA GPU'} is in this machine"),
        remedy=Remedy(
            text="Run TensorFlow in WSL 2, or use Keras with PyTorch, which has GPU builds for Windows.",
            commands=("wsl --install",),
            links=("https://www.tensorflow.org/install/pip#windows-native",),
        ),
    )


def _old_macos(situation: Situation, this: Installed) -> Finding | None:
    """See a macOS on which this torch does not find the Apple GPU, though its wheel goes on it."""
    if this.accelerator != "mps" or situation.host.os.system != "macos":
        return None
    rules = (each for each in situation.catalog.minima if (each.package, each.other) == ("torch", "macos"))
    rule = next((each for each in rules if not older(this.version, each.from_)), None)
    if rule is None or not older(situation.host.os.version, rule.least):
        return None
    return fail(
        NAME,
        rule.mode,
        f"{this.title} finds no Apple GPU on this macOS, and uses the processor.",
        evidence=(
            f"{this.title} {this.version} needs macOS {rule.least} or newer for it",
            f"this is macOS {situation.host.os.version}",
        ),
        remedy=Remedy(
            text="Upgrade macOS, or install an older release by its number.",
            commands=("softwareupdate --list",),
            links=(rule.source,),
        ),
    )
