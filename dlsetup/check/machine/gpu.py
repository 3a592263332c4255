"""m.gpu: which GPUs the machine has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import ok, unknown

if TYPE_CHECKING:
    from dlsetup.values.finding import Finding
    from dlsetup.values.host import Gpu
    from dlsetup.values.situation import Situation

NAME = "m.gpu"


def gpus_known(situation: Situation) -> Finding:
    """Name the GPUs of the machine; having none is no trouble."""
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
    if _on_cluster(situation):
        return ok(NAME, "no GPU on this node; a job on a GPU node sees its own", mode="no-gpu-on-this-node")
    return ok(NAME, "no GPU: training runs on the processor")


def described(gpu: Gpu) -> str:
    """Name a GPU with its memory."""
    name = gpu.name or f"a GPU of {gpu.vendor}"
    return f"{name}, {round(gpu.memory_bytes / 2**30)} GB" if gpu.memory_bytes else name


def _on_cluster(situation: Situation) -> bool:
    session = situation.session
    return session is not None and any(name.startswith("SLURM_") for name, _ in session.variables)
