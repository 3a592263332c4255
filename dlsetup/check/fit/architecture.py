"""fit.arch: do the installed builds have code for the GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, unknown, warn
from dlsetup.check.commands import DEEP, dlsetup_install, untouchable
from dlsetup.check.fit.published import served
from dlsetup.check.installed import VENDORS, Installed, build_of, code_inside, installed
from dlsetup.check.versions import older, public
from dlsetup.values.architecture import compute_capability, only_by_ptx, runs_on
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.finding import Finding
    from dlsetup.values.host import Gpu
    from dlsetup.values.situation import Situation

NAME = "fit.arch"


def architecture_inside(situation: Situation) -> Finding:
    """Look for code for the GPU in each installed build."""
    builds = [each for each in installed(situation) if each.accelerator in {"cuda", "rocm", "xpu"}]
    pairs = [(each, gpus) for each in builds if (gpus := situation.host.gpus_of(VENDORS[str(each.accelerator)]))]
    if not pairs:
        return skip(NAME, "no GPU, or no build for it")
    untold: list[Finding] = []
    for each, gpus in pairs:
        found = _inside(situation, each, gpus)
        if found is not None and found.status.value == "unknown":
            untold.append(found)
        elif found is not None:
            return found
    if untold:
        return untold[0]
    unassembled = _old_assembler(situation)
    if unassembled is not None:
        return unassembled
    return ok(NAME, ", ".join(f"{each.title} has code for {_best(gpus).architecture}" for each, gpus in pairs))


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
            NAME,
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
    """Tell whether the user makes the ROCm runtime take the GPU for another."""
    session = situation.session
    return this.accelerator == "rocm" and session is not None and bool(session.variable("HSA_OVERRIDE_GFX_VERSION"))


def _lacking(situation: Situation, this: Installed, gpu: Gpu, codes: tuple[str, ...]) -> Finding:
    elsewhere = served(situation, this.framework, str(this.accelerator), gpu)
    name = gpu.name or "your GPU"
    text = f"Install a {this.title} with code for it."
    if not elsewhere:
        text = f"No published {this.title} has code for it: train on the processor."
    options = () if elsewhere else ("--accelerator", "cpu")
    mode = _arch_mode(this, gpu, codes)
    if situation.host.os.service == "kaggle" and mode == "gpu-arch-dropped" and "P100" in name:
        mode = "kaggle-p100-unsupported"
        text = "Choose the accelerator GPU T4 x2 in the notebook's settings, or install a build with code for the P100."
    return fail(
        NAME,
        mode,
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
        NAME,
        None,
        f"{this.title} has no compiled code for {name}: the first start compiles for half an hour, and may fail.",
        evidence=(f"{this.title} {this.version} has {', '.join(codes)}", f"{name} is {gpu.architecture}"),
        remedy=Remedy(
            text="Try it with a small training; if it fails, use NVIDIA's container or another framework.",
            commands=(f"dlsetup smoke {this.framework}",),
            links=("https://github.com/tensorflow/tensorflow/issues/89272",) if this.framework == "tensorflow" else (),
        ),
    )


def _old_assembler(situation: Situation) -> Finding | None:
    """See a triton whose own assembler does not know the GPU, so that nothing can be compiled for it."""
    environment, session = situation.environment, situation.session
    gpus = situation.host.gpus_of("nvidia")
    if environment is None or not gpus or (session is not None and session.variable("TRITON_PTXAS_PATH")):
        return None
    device = _best(gpus).architecture
    for rule in situation.catalog.assemblers:
        compiler = environment.distribution(rule.package)
        if compiler is None or device not in rule.unknown or not older(public(compiler.version), rule.below):
            continue
        return warn(
            NAME,
            "triton-ptxas-too-old-for-gpu",
            f"{compiler.name} cannot compile for this GPU, so torch.compile fails.",
            evidence=(
                f"{compiler.name} {compiler.version} is installed; its assembler knows {device} from {rule.below} on",
                f"{_best(gpus).name or 'the GPU'} is {device}",
            ),
            remedy=Remedy(
                text=f"Install a newer torch, which brings {compiler.name} {rule.below} or newer.",
                commands=(dlsetup_install(situation, "pytorch"),),
                automatic=not untouchable(situation),
                links=(rule.source,),
            ),
        )
    return None
