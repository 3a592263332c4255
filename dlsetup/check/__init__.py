"""Asks about a situation, one question per check, hardware first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.check import build_tools, distributed, environment, fit, installer, loader, network, python
from dlsetup.check.check import Check
from dlsetup.check.machine import (
    amd,
    apple,
    container,
    gpu,
    health,
    intel,
    libc,
    nvidia,
    processor,
    resources,
    windows,
)
from dlsetup.check.packages import (
    abi,
    conflicts,
    cuda_libraries,
    extensions,
    integrity,
    jax,
    openmp,
    pytorch,
    requires,
    tensorflow,
)
from dlsetup.values.finding import Question, Status

if TYPE_CHECKING:
    from collections.abc import Container

    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

__all__ = ["CHECKS", "Check", "attribute_proofs", "blocked", "blocking", "questions", "run_checks"]

_OUTER = ("m.container", "m.wsl")
_BROKEN = ("py.env", "py.stdlib")
_UNUSABLE = (*_OUTER, "m.nvidia-driver", "m.amd", "m.intel")

CHECKS: tuple[Check, ...] = (
    Check(name="m.gpu", title="The GPUs of this machine are known", group="machine", question=gpu.gpus_known),
    Check(name="m.nvidia-health", title="The NVIDIA GPUs are sound", group="machine", question=health.sound),
    Check(
        name="m.container",
        title="A container has the GPU of its host",
        group="machine",
        question=container.container_passes_gpu,
    ),
    Check(name="m.wsl", title="WSL passes the GPU on", group="machine", question=container.wsl_passes_gpu),
    Check(
        name="m.nvidia-driver",
        title="The NVIDIA driver serves its GPUs",
        group="machine",
        question=nvidia.driver_serves,
        follows=("m.nvidia-health", *_OUTER),
    ),
    Check(
        name="m.nvidia-fabric",
        title="The switches between GPUs are set up",
        group="machine",
        question=health.joined,
        follows=("m.nvidia-driver",),
    ),
    Check(
        name="m.nvidia-visibility",
        title="No variable hides the NVIDIA GPUs",
        group="machine",
        question=nvidia.visible,
    ),
    Check(name="m.gpu-memory", title="The memory of the GPUs is free", group="machine", question=health.free),
    Check(name="m.amd", title="The AMD GPU can be used", group="machine", question=amd.usable, follows=_OUTER),
    Check(name="m.intel", title="The Intel GPU can be used", group="machine", question=intel.usable, follows=_OUTER),
    Check(
        name="m.apple",
        title="This Mac's Python is native, its macOS new enough",
        group="machine",
        question=apple.native,
    ),
    Check(name="m.windows", title="Windows has what frameworks need", group="machine", question=windows.set_up),
    Check(
        name="m.cpu",
        title="The processor can run the wheels",
        group="machine",
        question=processor.able,
        follows=("m.apple",),
        blocks=True,
    ),
    Check(name="m.libc", title="The C library carries the wheels", group="machine", question=libc.carries, blocks=True),
    Check(name="m.memory", title="There is enough memory", group="machine", question=resources.memory_suffices),
    Check(
        name="m.storage",
        title="There is room, and it can be written",
        group="machine",
        question=resources.storage_suffices,
        blocks=True,
    ),
    Check(
        name="py.version",
        title="Frameworks are published for this Python",
        group="interpreter",
        question=python.suits,
        follows=("m.apple", "m.libc"),
        blocks=True,
    ),
    Check(name="py.env", title="The environment is sound", group="interpreter", question=python.sound, blocks=True),
    Check(name="py.shadow", title="No file hides a package", group="interpreter", question=python.unshadowed),
    Check(name="py.stdlib", title="The standard library is whole", group="interpreter", question=python.complete),
    Check(
        name="inst.config",
        title="Packages come from where they should",
        group="installer",
        question=installer.configured,
    ),
    Check(name="inst.network", title="Packages can be fetched", group="installer", question=network.reachable),
    Check(name="inst.tool", title="pip is new enough", group="installer", question=installer.recent),
    Check(
        name="pkg.files",
        title="The files of packages are whole",
        group="packages",
        question=integrity.whole,
        follows=_BROKEN,
    ),
    Check(
        name="pkg.requires",
        title="What frameworks require is there",
        group="packages",
        question=requires.hold,
        follows=("py.env", "py.version", "pkg.files"),
    ),
    Check(
        name="pkg.conflicts",
        title="No two packages share their files",
        group="packages",
        question=conflicts.none_share_files,
        follows=("py.env",),
    ),
    Check(
        name="pkg.torch",
        title="torch and its companions are of one release and build",
        group="packages",
        question=pytorch.one_release,
        follows=("py.env", "pkg.files"),
    ),
    Check(
        name="pkg.tensorflow",
        title="TensorFlow, Keras and their plugins fit together",
        group="packages",
        question=tensorflow.fits,
        follows=("py.env", "pkg.files"),
    ),
    Check(
        name="pkg.jax",
        title="jax, jaxlib and plugins agree",
        group="packages",
        question=jax.agree,
        follows=("py.env", "pkg.files"),
    ),
    Check(
        name="pkg.cuda-libs",
        title="CUDA libraries are those that frameworks need",
        group="packages",
        question=cuda_libraries.right,
        follows=("py.env",),
    ),
    Check(
        name="pkg.extensions",
        title="Compiled extensions were made for this torch",
        group="packages",
        question=extensions.match,
        follows=("py.env",),
    ),
    Check(
        name="pkg.abi",
        title="Packages were built for what is installed beside them",
        group="packages",
        question=abi.compatible,
        follows=("py.env", "pkg.files"),
    ),
    Check(
        name="pkg.openmp",
        title="There is one OpenMP runtime",
        group="packages",
        question=openmp.single,
        follows=("py.env",),
    ),
    Check(
        name="fit.accelerator",
        title="The installed builds use the machine's GPU",
        group="fit",
        question=fit.uses_accelerator,
        follows=("py.env", "py.stdlib", *_OUTER),
    ),
    Check(
        name="fit.driver",
        title="The driver is new enough for the builds",
        group="fit",
        question=fit.driver_suffices,
        follows=("py.env", *_UNUSABLE, "fit.accelerator"),
    ),
    Check(
        name="fit.arch",
        title="The builds have code for the GPU",
        group="fit",
        question=fit.architecture_inside,
        follows=("py.env", "fit.accelerator"),
    ),
    Check(
        name="env.loader",
        title="No other library comes before the installed ones",
        group="environment",
        question=loader.unshadowed_libraries,
    ),
    Check(
        name="env.build",
        title="What frameworks start and compile with is there",
        group="environment",
        question=build_tools.tools_suit,
        follows=("py.env",),
    ),
    Check(name="env.vars", title="Variables make sense", group="environment", question=environment.sensible),
    Check(
        name="dist.network",
        title="The variables for several processes fit this machine",
        group="distributed",
        question=distributed.variables_fit,
    ),
    Check(
        name="dist.p2p",
        title="Nothing stands between several GPUs",
        group="distributed",
        question=distributed.peers_reach,
    ),
    Check(name="dist.rdma", title="InfiniBand can be used", group="distributed", question=distributed.rdma_usable),
)
"""Every check, in the order in which they are shown: by layer, so that the first failure is the cause."""


PROOFS: dict[str, tuple[str, ...]] = {
    "run.import": (
        *_BROKEN,
        "m.cpu",
        "m.libc",
        "m.windows",
        "py.version",
        "py.shadow",
        "pkg.files",
        "pkg.conflicts",
        "pkg.requires",
        "pkg.torch",
        "pkg.tensorflow",
        "pkg.jax",
        "pkg.cuda-libs",
        "pkg.abi",
        "env.loader",
        "env.vars",
    ),
    "run.device": (
        "m.nvidia-health",
        *_OUTER,
        *_UNUSABLE,
        "m.nvidia-fabric",
        "m.nvidia-visibility",
        "m.apple",
        "fit.accelerator",
        "fit.driver",
        "pkg.cuda-libs",
        "env.loader",
    ),
    "run.compute": ("fit.arch", "fit.driver", "env.loader", "pkg.abi"),
}
"""The checks whose failure explains that a smoke test fails, by what of it fails."""


def attribute_proofs(proofs: tuple[Finding, ...], findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Attribute what a smoke test found to the failed check that explains it, so that it is no second alarm."""
    failed = {finding.check: finding for finding in findings if finding.status is Status.FAIL}

    def attributed(proof: Finding) -> Finding:
        if proof.status is not Status.FAIL:
            return proof
        cause = next((name for name in PROOFS.get(proof.check, ()) if name in failed), None)
        return replace(proof, because=failed[cause].because or cause) if cause else proof

    return tuple(attributed(proof) for proof in proofs)


def run_checks(situation: Situation, chosen: Container[str] | None = None) -> tuple[Finding, ...]:
    """Ask every check (or the chosen ones), and attribute what follows from an earlier failure to that."""
    findings: dict[str, Finding] = {}
    for check in CHECKS:
        if chosen is None or check.name in chosen:
            findings[check.name] = check.attributed(check.ask(situation), findings)
    return tuple(findings.values())


DEEP: tuple[Question, ...] = (
    Question(check="run.import", group="run", title="The frameworks can be imported", deep=True),
    Question(check="run.device", group="run", title="They train on the device that they should use", deep=True),
    Question(check="run.compute", group="run", title="They compute right, and learn", deep=True),
)
"""What only running a framework answers, once for each of them."""


def questions() -> tuple[Question, ...]:
    """Return what can be asked, in display order."""
    return (*(Question(check=each.name, group=each.group, title=each.title) for each in CHECKS), *DEEP)


def blocking(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the answers of those checks whose failure forbids an installation."""
    names = {check.name for check in CHECKS if check.blocks}
    return tuple(finding for finding in findings if finding.check in names)


def blocked(findings: tuple[Finding, ...]) -> bool:
    """Tell whether a failure forbids an installation."""
    return any(finding.status is Status.FAIL for finding in blocking(findings))
