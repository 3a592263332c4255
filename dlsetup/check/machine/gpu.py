"""m.gpu: which GPUs the machine has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import ok, unknown, warn
from dlsetup.check.commands import pip_install
from dlsetup.check.installed import installed
from dlsetup.check.remedies import change_packages

if TYPE_CHECKING:
    from dlsetup.values.finding import Finding
    from dlsetup.values.host import Gpu
    from dlsetup.values.situation import Situation

NAME = "m.gpu"


def gpus_known(situation: Situation) -> Finding:
    """Name the GPUs of the machine; having none is no trouble."""
    return _tpu(situation) or _named(situation)


def _named(situation: Situation) -> Finding:
    host = situation.host
    gap = host.unknown("gpus")
    if host.gpus:
        partly = (f"not all may be seen: {gap.why}",) if gap else ()
        return ok(NAME, ", ".join(described(gpu) for gpu in host.gpus), evidence=partly)
    if gap is not None and "No devices were found" in gap.why:
        # a login node: the tools of the cluster are there, the GPUs are on other nodes
        return ok(NAME, "NVIDIA's driver sees no GPU on this node", mode="no-gpu-on-this-node")
    if gap is not None:
        return unknown(
            NAME,
            "Which GPUs this machine has could not be read.",
            evidence=(f"{gap.what}: {gap.why}",),
            text="Name the GPU and its driver yourself, and see what would be chosen for them.",
            commands=('dlsetup plan --gpu "NAME" --driver VERSION',),
        )
    return _without(situation)


def _without(situation: Situation) -> Finding:
    if _on_cluster(situation):
        return ok(NAME, "no GPU on this node; a job on a GPU node sees its own", mode="no-gpu-on-this-node")
    if any(each.framework == "tensorflow" and each.accelerator == "cuda" for each in installed(situation)):
        return ok(
            NAME,
            "no GPU: training runs on the processor, and TensorFlow says at its start that it found no CUDA driver",
            mode="tf-no-cuda-driver-found",
        )
    return ok(NAME, "no GPU: training runs on the processor")


def _tpu(situation: Situation) -> Finding | None:
    """See TPUs that the installed JAX has no library for."""
    count, environment = situation.machine.tpus, situation.environment
    if not count or environment is None or environment.distribution("jax") is None:
        return None
    if environment.distribution("libtpu") is not None or environment.distribution("libtpu-nightly") is not None:
        return None
    return warn(
        NAME,
        "tpu-environment",
        "This machine has TPUs, and JAX has no library for them, so it computes on the processor.",
        evidence=(f"{count} TPU{'s are' if count > 1 else ' is'} on the bus", "libtpu is not installed"),
        remedy=change_packages(
            situation,
            "Install JAX with what it needs for TPUs.",
            pip_install(situation, "jax[tpu]"),
            automatic=False,
            links=("https://docs.jax.dev/en/latest/installation.html",),
        ),
    )


def described(gpu: Gpu) -> str:
    """Name a GPU with its memory."""
    name = gpu.name or f"a GPU of {gpu.vendor}"
    return f"{name}, {round(gpu.memory_bytes / 2**30)} GB" if gpu.memory_bytes else name


def _on_cluster(situation: Situation) -> bool:
    session = situation.session
    return session is not None and any(name.startswith("SLURM_") for name, _ in session.variables)
