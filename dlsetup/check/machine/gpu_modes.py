"""Modes of NVIDIA GPUs that keep programs out: MIG without instances, and compute modes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, warn
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

VISIBILITY = "m.nvidia-visibility"
MIG = "https://docs.nvidia.com/datacenter/tesla/mig-user-guide/"


def closed(situation: Situation) -> Finding | None:
    """See what keeps programs from GPUs that the driver serves."""
    questions = (_unsplit, _several_instances, _prohibited)
    return next((found for question in questions if (found := question(situation)) is not None), None)


def _unsplit(situation: Situation) -> Finding | None:
    numbers = situation.machine.nvidia.unsplit if situation.machine.nvidia else ()
    gpus = situation.host.gpus_of("nvidia")
    if not numbers:
        return None
    answer = fail if len(numbers) == len(gpus) else warn
    return answer(
        VISIBILITY,
        "mig-instance-visibility",
        f"GPU {numbers[0]} is in MIG mode, but was not split into instances, so programs cannot use it.",
        evidence=(f"MIG is on for GPU {numbers[0]}", "/proc/driver/nvidia/capabilities shows no instance of it"),
        remedy=Remedy(
            text="Turn MIG off while nothing runs on the GPU, or create instances.",
            commands=(f"sudo nvidia-smi -i {numbers[0]} -mig 0",),
            needs_root=True,
            links=(MIG,),
        ),
    )


def _several_instances(situation: Situation) -> Finding | None:
    value = (situation.session.variable("CUDA_VISIBLE_DEVICES") if situation.session else None) or ""
    named = [part for part in value.split(",") if part.strip().startswith("MIG-")]
    if len(named) < 2:  # noqa: PLR2004 - one instance is what CUDA can use
        return None
    return warn(
        VISIBILITY,
        "mig-instance-visibility",
        "CUDA_VISIBLE_DEVICES names several MIG instances, of which a process can use only the first.",
        evidence=(f"CUDA_VISIBLE_DEVICES names {len(named)} instances",),
        remedy=Remedy(
            text="Start one process for each instance, and give each its own; or take larger instances.",
            commands=(f"export CUDA_VISIBLE_DEVICES={named[0].strip()}",),
            links=(MIG,),
        ),
    )


def _prohibited(situation: Situation) -> Finding | None:
    number = next((each.number for each in situation.machine.health or () if each.compute_mode == "prohibited"), None)
    if number is None:
        return None
    return fail(
        VISIBILITY,
        "gpu-exclusive-compute-mode",
        f"GPU {number} is closed to programs: its compute mode is Prohibited.",
        evidence=(f"nvidia-smi: the compute mode of GPU {number} is Prohibited",),
        remedy=Remedy(
            text="Open it again.",
            commands=(f"sudo nvidia-smi -i {number} -c DEFAULT",),
            needs_root=True,
            links=("https://docs.nvidia.com/deploy/nvidia-smi/index.html",),
        ),
    )
