"""m.nvidia-health, m.nvidia-fabric and m.gpu-memory: are the GPUs sound, joined, and free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, warn
from dlsetup.check.commands import DEEP
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.values.finding import Finding
    from dlsetup.values.nvidia import GpuHealth
    from dlsetup.values.situation import Situation

HEALTH = "m.nvidia-health"
FABRIC = "m.nvidia-fabric"
MEMORY = "m.gpu-memory"

ERRORS = "https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/index.html"
XID = "https://docs.nvidia.com/deploy/xid-errors/index.html"
LICENCE = "https://docs.nvidia.com/vgpu/latest/grid-licensing-user-guide/index.html"
SWITCHES = "https://docs.nvidia.com/datacenter/tesla/fabric-manager-user-guide/index.html"

_LITTLE = 0.1
"""What share of a GPU's memory has to be free for a small network to train."""

_GONE = ("GPU is lost", "fallen off the bus", "GPU requires reset")


def sound(situation: Situation) -> Finding:
    """Look for errors of the hardware; what the driver says of a lost GPU is known without asking more."""
    gpus = situation.host.gpus_of("nvidia")
    driver = situation.host.driver("nvidia")
    if not gpus and driver is None:
        return skip(HEALTH, "no NVIDIA GPU")
    detail = (driver.detail if driver and driver.state == "error" else None) or ""
    health = situation.machine.health
    if any(word in detail for word in _GONE) or any(each.lost for each in health or ()):
        return _lost(detail)
    if health is None:
        return skip(HEALTH, f"asked only by {DEEP}")
    return next(_troubles(health), None) or _persistence(health) or ok(HEALTH, "the GPUs report no errors")


def _lost(detail: str) -> Finding:
    return fail(
        HEALTH,
        "gpu-fallen-off-bus",
        "A GPU has stopped answering: the machine has lost it.",
        evidence=(detail or "nvidia-smi: GPU is lost",),
        remedy=Remedy(
            text="Restart the machine. If it happens again, look at power cables, heat and seating of the card.",
            commands=("sudo reboot",),
            needs_root=True,
            needs_reboot=True,
            links=(XID,),
        ),
    )


def _troubles(health: tuple[GpuHealth, ...]) -> Iterator[Finding]:
    for each in health:
        if each.remapping == "failed":
            yield fail(
                HEALTH,
                "gpu-ecc-uncorrectable",
                f"The memory of GPU {each.number} is worn out: it has no spare rows left.",
                evidence=(f"GPU {each.number}: replacing a row of memory failed",),
                remedy=Remedy(
                    text="Have the board replaced.", commands=("nvidia-smi -q -d ROW_REMAPPER",), links=(ERRORS,)
                ),
            )
        if each.remapping == "pending" or each.uncorrectable_errors:
            yield _memory_errors(each)
        if each.slowed_by:
            yield _slowed(each)
        if each.licence is not None and each.licence.startswith("Unlicensed (Restricted"):
            yield warn(
                HEALTH,
                "vgpu-unlicensed",
                "This virtual GPU has no licence, so it was slowed down.",
                evidence=(f"GPU {each.number}: licence status {each.licence}",),
                remedy=Remedy(
                    text="Put the client's token into /etc/nvidia/ClientConfigToken, and restart the licence service.",
                    commands=("sudo systemctl restart nvidia-gridd",),
                    needs_root=True,
                    links=(LICENCE,),
                ),
            )


def _memory_errors(gpu: GpuHealth) -> Finding:
    seen = []
    if gpu.uncorrectable_errors:
        seen.append(
            f"GPU {gpu.number}: {gpu.uncorrectable_errors} uncorrectable memory errors since the driver started"
        )
    if gpu.remapping == "pending":
        seen.append(f"GPU {gpu.number}: rows of memory wait to be replaced")
    return warn(
        HEALTH,
        "gpu-ecc-uncorrectable",
        f"The memory of GPU {gpu.number} had errors that could not be corrected.",
        evidence=tuple(seen),
        remedy=Remedy(
            text="End what runs on it and reset it, or restart the machine; results from before may be wrong.",
            commands=(f"sudo nvidia-smi --gpu-reset -i {gpu.number}",),
            needs_root=True,
            links=(ERRORS,),
        ),
    )


def _slowed(gpu: GpuHealth) -> Finding:
    by_power = "hw-power-brake" in gpu.slowed_by
    return warn(
        HEALTH,
        "gpu-throttled",
        f"GPU {gpu.number} has slowed itself down to "
        + ("stay within the power that it gets." if by_power else "keep from overheating."),
        evidence=(f"nvidia-smi: {', '.join(gpu.slowed_by)} slowdown is active",),
        remedy=Remedy(
            text="Look at its power cables and supply." if by_power else "Look at its fans and the air around it.",
            commands=("nvidia-smi -q -d PERFORMANCE,TEMPERATURE,POWER",),
            links=("https://docs.nvidia.com/deploy/nvidia-smi/index.html",),
        ),
    )


def _persistence(health: tuple[GpuHealth, ...]) -> Finding | None:
    if not health or any(each.persistence is not False for each in health):
        return None
    return ok(
        HEALTH,
        "the GPUs report no errors; their first use takes a little longer (persistence mode is off)",
        mode="gpu-persistence-mode-off",
    )


def joined(situation: Situation) -> Finding:
    """Ask whether the switches between GPUs were set up: without that CUDA does not start on such machines."""
    service = situation.machine.nvidia.fabric if situation.machine.nvidia else None
    states = tuple(each.fabric for each in situation.machine.health or () if each.fabric)
    if service is None and not states:
        return skip(FABRIC, "no switches between GPUs")
    waiting = next((state for state in states if state in {"in-progress", "not-started"}), None)
    if service in {"inactive", "failed"} or waiting is not None:
        return _not_joined(situation, service, waiting)
    return ok(FABRIC, "the switches between GPUs are set up")


def _not_joined(situation: Situation, service: str | None, waiting: str | None) -> Finding:
    driver = situation.host.driver("nvidia")
    seen = []
    if service in {"inactive", "failed"}:
        seen.append(f"the service nvidia-fabricmanager is {service}")
    if waiting:
        seen.append(f"nvidia-smi: the state of the fabric is {waiting}")
    seen.append(f"the driver is {driver.version}" if driver and driver.version else "/dev/nvidia-nvswitchctl is there")
    return fail(
        FABRIC,
        "fabric-manager-not-running",
        "The service that sets up the switches between the GPUs does not run, so CUDA does not start.",
        evidence=tuple(seen),
        remedy=Remedy(
            text="Start it; it has to be of the very version of the driver.",
            commands=("sudo systemctl enable --now nvidia-fabricmanager", "journalctl -u nvidia-fabricmanager"),
            needs_root=True,
            links=(SWITCHES,),
        ),
    )


def free(situation: Situation) -> Finding:
    """Look how much of the GPUs' memory others hold."""
    health = situation.machine.health
    if health is None:
        return skip(MEMORY, f"asked only by {DEEP}" if situation.host.gpus_of("nvidia") else "no NVIDIA GPU")
    for each in health:
        if each.memory_bytes and each.used_bytes is not None:
            left = each.memory_bytes - each.used_bytes
            if left < each.memory_bytes * _LITTLE:
                return _held(each, each.memory_bytes, left)
    return ok(MEMORY, "the memory of the GPUs is free enough")


def _held(gpu: GpuHealth, size: int, left: int) -> Finding:
    holders = sorted(gpu.processes, key=lambda pair: pair[1] or 0, reverse=True)[:3]
    told = ", ".join(f"{pid}" + (f" ({held / 2**30:.1f} GiB)" if held else "") for pid, held in holders)
    return warn(
        MEMORY,
        "gpu-memory-held-by-other-process",
        f"The memory of GPU {gpu.number} is nearly full before anything of yours has started.",
        evidence=(
            f"{left / 2**30:.1f} of {size / 2**30:.1f} GiB are free",
            f"held by the processes {told}"
            if told
            else "no process of yours is listed, so another user or container holds it",
        ),
        remedy=Remedy(
            text="End what you no longer need (a notebook, an earlier run), or choose another GPU.",
            commands=("nvidia-smi", *((f"ps -o pid,user,start,args -p {holders[0][0]}",) if holders else ())),
            links=("https://docs.nvidia.com/deploy/nvidia-smi/index.html",),
        ),
    )
