"""Which frameworks are installed, as which build, told from metadata alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlsetup.check.requirements import needs
from dlsetup.check.versions import label, public, version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.values.build import Build, Framework
    from dlsetup.values.environment import Distribution, Environment
    from dlsetup.values.situation import Situation

VENDORS = {"cuda": "nvidia", "rocm": "amd", "xpu": "intel", "metal": "apple", "mps": "apple"}
"""Whose GPUs an accelerator runs on."""


@dataclass(frozen=True, kw_only=True)
class Installed:
    """One installed framework, and the build it is as far as metadata tell."""

    framework: str
    title: str
    package: str
    version: str
    """Public: without the local label."""
    accelerator: str | None
    """None where the metadata do not tell."""
    compute: str | None = None
    """The compute platform's name: cu126."""
    cuda: str | None = None
    """The CUDA version, "12.6", or its major alone."""
    seen: str = ""
    """What tells it, as evidence."""


def frameworks_in_scope(situation: Situation) -> tuple[Framework, ...]:
    """Return the frameworks that are installed, asked about or planned."""
    asked = {
        each.name for name in (*situation.wanted, *planned(situation)) if (each := situation.catalog.framework(name))
    }
    return tuple(
        each
        for each in situation.catalog.frameworks
        if each.name in asked or distribution_of(situation, each) is not None
    )


def planned(situation: Situation) -> tuple[str, ...]:
    """Return the frameworks that the plan installs."""
    return situation.plan.frameworks if situation.plan else ()


def distribution_of(situation: Situation, framework: Framework) -> Distribution | None:
    """Return the installed distribution that provides a framework."""
    environment = situation.environment
    if environment is None:
        return None
    names = (framework.package, *framework.variants)
    return next((found for name in names if (found := environment.distribution(name)) is not None), None)


def framework_distributions(situation: Situation) -> tuple[Distribution, ...]:
    """Return the installed frameworks."""
    found = (distribution_of(situation, each) for each in situation.catalog.frameworks)
    return tuple(each for each in found if each is not None)


def framework_packages(situation: Situation) -> frozenset[str]:
    """Return the names of all distributions that are a framework or of its family."""
    return frozenset(
        name
        for framework in situation.catalog.frameworks
        for name in (framework.package, *framework.family, *framework.variants)
    )


def installed(situation: Situation) -> tuple[Installed, ...]:
    """Return the installed frameworks, in the catalog's order."""
    found: list[Installed] = []
    for framework in situation.catalog.frameworks:
        distribution = distribution_of(situation, framework)
        if distribution is None or situation.environment is None or public(distribution.version) is None:
            continue
        told = _TELL.get(framework.name, _by_name)(situation, situation.environment, distribution)
        found.append(
            Installed(
                framework=framework.name,
                title=framework.title,
                package=distribution.name,
                version=public(distribution.version) or "",
                accelerator=told.accelerator,
                compute=told.compute,
                cuda=told.cuda,
                seen=told.seen,
            )
        )
    return tuple(found)


def build_of(situation: Situation, this: Installed) -> Build | None:
    """Return the catalog's build that is installed, if the catalog knows it."""
    return next(iter(_builds_of(situation, this)), None)


def _builds_of(situation: Situation, this: Installed) -> Iterator[Build]:
    host = situation.host
    architecture = interpreter_architecture(situation)
    for build in situation.catalog.builds_of(this.framework):
        if (
            str(build.version) == this.version
            and build.system == host.os.system
            and build.architecture == architecture
            and build.accelerator == this.accelerator
            and (this.compute in {None, build.compute} or this.framework != "pytorch")
        ):
            yield build


def interpreter_architecture(situation: Situation) -> str | None:
    """Return the architecture that wheels have to be of: the interpreter's, or the machine's."""
    environment = situation.environment
    own = environment.interpreter.architecture if environment else None
    return own or situation.host.cpu.architecture


def code_inside(situation: Situation, this: Installed) -> tuple[str, ...] | None:
    """Return the GPU architectures with code inside the installed build, None where that is not known."""
    if interpreter_architecture(situation) is None:
        return _of_any_architecture(situation, this)
    build = build_of(situation, this)
    return build.gpus if build is not None and build.gpus else None


def _of_any_architecture(situation: Situation, this: Installed) -> tuple[str, ...] | None:
    """Return what the builds for every kind of processor share, where a report does not name the processor."""
    sets = [
        build.gpus
        for build in situation.catalog.builds_of(this.framework)
        if (str(build.version), build.system) == (this.version, situation.host.os.system)
        and (build.accelerator, build.compute) == (this.accelerator, this.compute)
    ]
    same = bool(sets) and all(set(each) == set(sets[0]) for each in sets)
    return sets[0] if same and sets[0] else None


def cuda_of(compute: str | None) -> str | None:
    """Return the CUDA version in a wheel's local label, "12.6" of "cu126".

    The label is "cu", the major and a one-digit minor (https://download.pytorch.org/whl/torch/).
    """
    match = re.fullmatch(r"cu(\d+)(\d)", compute or "")
    return f"{match.group(1)}.{match.group(2)}" if match else None


def major(cuda: str | None) -> str | None:
    """Return a CUDA version's major, "12"."""
    return cuda.split(".")[0] if cuda else None


@dataclass(frozen=True, kw_only=True)
class _Told:
    accelerator: str | None
    compute: str | None = None
    cuda: str | None = None
    seen: str = ""


def _torch(situation: Situation, environment: Environment, distribution: Distribution) -> _Told:
    build, tag = environment.torch, label(distribution.version)
    if build is None:
        told = _labelled(situation, distribution, tag)
        return told if told.accelerator or not environment.listed else _from_default_index(situation, distribution)
    told_by = "built with" if environment.listed else "torch/version.py has"
    seen = f"torch {build.version or distribution.version}: {told_by} "
    own = tag or label(build.version)
    known = own if own and situation.catalog.compute(own) else None
    if build.cuda:
        compute = known or "cu" + "".join(build.cuda.split(".")[:2])
        return _Told(accelerator="cuda", compute=compute, cuda=build.cuda, seen=f"{seen}cuda {build.cuda}")
    if build.hip:
        compute = known or "rocm" + ".".join(build.hip.split(".")[:2])
        return _Told(accelerator="rocm", compute=compute, seen=f"{seen}hip {build.hip}")
    if build.xpu:
        return _Told(accelerator="xpu", compute="xpu", seen=f"{seen}xpu {build.xpu}")
    if situation.host.os.system == "macos":
        native = interpreter_architecture(situation) == "arm64"
        return _Told(accelerator="mps" if native else "cpu", seen=seen + "no CUDA, as on every Mac")
    return _Told(accelerator="cpu", compute="cpu", seen=f"{seen}neither cuda, hip nor xpu")


def _from_default_index(situation: Situation, distribution: Distribution) -> _Told:
    """Tell the build of a torch without label from what is listed beside it.

    Wheels of the PyTorch index bear a label, those of the default index none; conda's have none either. So the default
    index' build is only believed where the NVIDIA wheels of its very CUDA are there, which conda's do without.
    """
    seen = f"{distribution.name} {distribution.version}"
    system, architecture = situation.host.os.system, interpreter_architecture(situation)
    if system == "macos":
        return _Told(accelerator="mps" if architecture == "arm64" else None, seen=f"{seen}, on a Mac")
    for build in situation.catalog.builds_of("pytorch"):
        if build.index is None and build.system == system and str(build.version) == public(distribution.version):
            wheel = _runtime_wheel(situation, cuda_of(build.compute))
            if wheel is not None:
                cuda = cuda_of(build.compute)
                return _Told(accelerator="cuda", compute=build.compute, cuda=cuda, seen=f"{seen} with {wheel}")
    return _Told(accelerator=None, seen=seen)


def _runtime_wheel(situation: Situation, cuda: str | None) -> str | None:
    """Return the installed CUDA runtime, if it is of that version."""
    environment = situation.environment
    if environment is None or cuda is None:
        return None
    for name in (f"nvidia-cuda-runtime-cu{major(cuda)}", "nvidia-cuda-runtime"):
        version = environment.version(name)
        if version is not None and version.startswith(cuda + "."):
            return f"{name} {version}"
    return None


def _labelled(situation: Situation, distribution: Distribution, tag: str | None) -> _Told:
    compute = situation.catalog.compute(tag) if tag else None
    if compute is None:
        return _Told(accelerator=None, seen=f"{distribution.name} {distribution.version}")
    cuda = cuda_of(compute.name)
    seen = f"{distribution.name} {distribution.version}"
    return _Told(accelerator=compute.accelerator, compute=compute.name, cuda=cuda, seen=seen)


_WITH_CUDA = {("linux", "x86_64")}
"""Where TensorFlow's wheels have GPU code: https://www.tensorflow.org/install/pip."""


def _tensorflow(situation: Situation, environment: Environment, distribution: Distribution) -> _Told:
    seen = f"{distribution.name} {distribution.version}"
    system = situation.host.os.system
    metal = environment.distribution("tensorflow-metal")
    if system == "macos":
        if metal is None:
            return _Told(accelerator="cpu", compute="cpu", seen=f"{seen} without tensorflow-metal")
        return _Told(accelerator="metal", compute="metal", seen=f"{seen} with tensorflow-metal {metal.version}")
    architecture = interpreter_architecture(situation)
    if (
        environment.listed
        and distribution.name != "tensorflow-cpu"
        and (system, architecture or "x86_64") in _WITH_CUDA
    ):
        # what [and-cuda] brings is not told, and other packages bring the same libraries
        return _Told(accelerator=None, seen=seen)
    if distribution.name == "tensorflow-cpu" or (system, architecture) not in _WITH_CUDA:
        return _Told(accelerator="cpu", compute="cpu", seen=f"{seen} for {system} has no GPU code")
    libraries = [need for need in needs(situation, distribution, ("and-cuda",)) if need.name.startswith("nvidia-")]
    there = [need for need in libraries if need.there]
    if not there:
        return _Told(accelerator="cpu", seen=f"{seen} without the CUDA libraries of tensorflow[and-cuda]")
    cuda = _cuda_of_wheels(there[0].name)
    return _Told(accelerator="cuda", cuda=cuda, seen=f"{seen} with {there[0].name} {there[0].found}")


def _cuda_of_wheels(name: str) -> str | None:
    match = re.search(r"-cu(\d+)$", name)
    return match.group(1) if match else None


_JAX_PLUGIN = re.compile(r"jax-(?:cuda|rocm|metal|mps)|metaljax$|libtpu$")


def _jax(situation: Situation, environment: Environment, distribution: Distribution) -> _Told:
    del situation
    seen = f"{distribution.name} {distribution.version}"
    if environment.partial and not any(_JAX_PLUGIN.match(each.name) for each in environment.distributions):
        return _Told(accelerator=None, seen=seen)
    for each in environment.distributions:
        match = re.fullmatch(r"jax-(cuda|rocm)(\d+)-p(?:lugin|jrt)", each.name)
        if match:
            kind, number = match.groups()
            cuda = number if kind == "cuda" else None
            plugin = f"{seen} with {each.name} {each.version}"
            return _Told(accelerator=kind, compute=kind + number, cuda=cuda, seen=plugin)
        if each.name in {"jax-metal", "jax-mps", "metaljax"}:
            return _Told(accelerator="metal", compute="metal", seen=f"{seen} with {each.name} {each.version}")
        if each.name == "libtpu":
            return _Told(accelerator=None, seen=f"{seen} with libtpu {each.version}")
    return _Told(accelerator="cpu", compute="cpu", seen=f"{seen} without a GPU plugin")


def _mlx(situation: Situation, environment: Environment, distribution: Distribution) -> _Told:
    seen = f"{distribution.name} {distribution.version}"
    if situation.host.os.system == "macos":
        return _Told(accelerator="metal", compute="metal", seen=seen)
    for each in environment.distributions:
        match = re.fullmatch(r"mlx-cuda-(\d+)", each.name)
        if match:
            plugin = f"{seen} with {each.name} {each.version}"
            return _Told(accelerator="cuda", cuda=match.group(1), seen=plugin)
    if environment.partial:
        return _Told(accelerator=None, seen=seen)
    return _Told(accelerator="cpu", compute="cpu", seen=seen)


def _by_name(situation: Situation, environment: Environment, distribution: Distribution) -> _Told:
    """Tell nothing of a framework whose metadata name no build (Keras has none; MXNet and CNTK are told by name)."""
    del situation, environment
    match = re.search(r"-cu(\d+)$", distribution.name)
    seen = f"{distribution.name} {distribution.version}"
    return _Told(
        accelerator="cuda" if match else None, cuda=cuda_of(f"cu{match.group(1)}") if match else None, seen=seen
    )


_TELL = {"pytorch": _torch, "tensorflow": _tensorflow, "jax": _jax, "mlx": _mlx}


def torch_in(situation: Situation) -> Distribution | None:
    """Return the installed torch."""
    environment = situation.environment
    found = environment.distribution("torch") if environment else None
    return found if found is not None and version(found.version) is not None else None
