"""dist.network, dist.p2p and dist.rdma: what one machine can tell of training with several processes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, warn
from dlsetup.check.commands import export, unset
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.environment import Session
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NETWORK = "dist.network"
P2P = "dist.p2p"
RDMA = "dist.rdma"

NCCL = "https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/env.html"
TROUBLE = "https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html"
TORCHRUN = "https://docs.pytorch.org/docs/stable/elastic/run.html"


def variables_fit(situation: Situation) -> Finding:
    """Hold the variables of a launch against this machine's interfaces, ports and GPUs."""
    session = situation.session
    if session is None or not any(session.variable(name) for name in _LAUNCH):
        return skip(NETWORK, "no variable is set for training with several processes")
    questions = (_interface, _port, _crowded)
    found = next((found for question in questions if (found := question(situation, session)) is not None), None)
    return found or ok(NETWORK, "the variables for several processes fit this machine")


_LAUNCH = ("MASTER_ADDR", "MASTER_PORT", "NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME", "LOCAL_WORLD_SIZE", "WORLD_SIZE")


def _interface(situation: Situation, session: Session) -> Finding | None:
    interfaces = situation.machine.network.interfaces
    if interfaces is None:
        return None
    for name in ("NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME"):
        value = session.variable(name)
        if value and not matching(value, interfaces, exact=name.startswith("GLOO")):
            return fail(
                NETWORK,
                "nccl-socket-interface",
                f"{name} names a network interface that this machine does not have.",
                evidence=(f"{name} is {value}", f"the interfaces are {', '.join(interfaces)}"),
                remedy=Remedy(
                    text="Remove the variable, or name the interface by which the machines reach each other.",
                    commands=("ip -br addr", unset(situation, name)),
                    links=(NCCL,),
                ),
            )
    return None


def matching(value: str, interfaces: tuple[str, ...], *, exact: bool = False) -> tuple[str, ...]:
    """Return the interfaces that NCCL takes: a list of beginnings; "=" asks for the whole name, "^" for all others.

    A port may follow a name (NCCL_SOCKET_IFNAME). Gloo knows whole names only.
    """
    without = value.startswith("^")
    whole = exact or value.lstrip("^").startswith("=")
    wanted = [part.split(":")[0] for part in value.lstrip("^=").split(",") if part]

    def named(interface: str) -> bool:
        return any(interface == part if whole else interface.startswith(part) for part in wanted)

    return tuple(interface for interface in interfaces if named(interface) != without)


def _port(situation: Situation, session: Session) -> Finding | None:
    value = session.variable("MASTER_PORT") or ""
    number = int(value) if re.fullmatch(r"\d{1,5}", value) else None
    if number is None:
        return None
    lowest = situation.machine.network.lowest_port
    if lowest is not None and 0 < number < lowest:
        return fail(
            NETWORK,
            "master-port-privileged",
            "MASTER_PORT is a port that only root may use.",
            evidence=(f"MASTER_PORT is {number}", f"ports below {lowest} are reserved"),
            remedy=Remedy(
                text="Choose a higher one.", commands=(export(situation, "MASTER_PORT", "29500"),), links=(TORCHRUN,)
            ),
        )
    started = any(session.variable(name) for name in ("RANK", "LOCAL_RANK"))
    if number in situation.machine.network.listening and not started:
        return fail(
            NETWORK,
            "master-port-in-use",
            "Something on this machine already waits at MASTER_PORT.",
            evidence=(f"MASTER_PORT is {number}", f"/proc/net/tcp shows a process that listens at {number}"),
            remedy=Remedy(
                text="End the run from before, or choose another port.",
                commands=(f"ss -ltnp 'sport = :{number}'", export(situation, "MASTER_PORT", str(_other(number)))),
                links=(TORCHRUN,),
            ),
        )
    return None


def _other(number: int) -> int:
    return number + 11 if number < 65_000 else 29_511  # noqa: PLR2004 - the last port is 65,535


def _crowded(situation: Situation, session: Session) -> Finding | None:
    """See more processes on this machine than it has GPUs: NCCL refuses two on one GPU."""
    value = session.variable("LOCAL_WORLD_SIZE") or ""
    count = len(situation.host.gpus_of("nvidia"))
    if not count or not re.fullmatch(r"\d{1,4}", value) or any(gpu.mig for gpu in situation.host.gpus):
        return None
    visible = session.variable("CUDA_VISIBLE_DEVICES")
    if visible is not None and visible.strip():
        count = min(count, len([part for part in visible.split(",") if part.strip()]))
    if int(value) <= count:
        return None
    return warn(
        NETWORK,
        "nccl-duplicate-gpu",
        "More processes are started on this machine than it has GPUs for them.",
        evidence=(f"LOCAL_WORLD_SIZE is {value}", f"{count} NVIDIA GPU{'s are' if count > 1 else ' is'} visible"),
        remedy=Remedy(
            text="Start one process for each GPU.",
            commands=(f"torchrun --nproc_per_node={count} ...",),
            links=(TORCHRUN,),
        ),
    )


def peers_reach(situation: Situation) -> Finding:
    """Mention what may stand between GPUs; whether it does shows only when they talk to each other."""
    gpus = situation.host.gpus_of("nvidia") or situation.host.gpus_of("amd")
    if len(gpus) < 2:  # noqa: PLR2004 - one GPU has no peer
        return skip(P2P, "there are no two GPUs")
    if situation.machine.translates_addresses:
        return ok(
            P2P,
            "the IOMMU translates between GPUs: if training on several of them hangs, start Linux with iommu=pt",
            mode="gpu-p2p-broken-iommu-acs",
        )
    return ok(P2P, f"nothing is seen between the {len(gpus)} GPUs")


def rdma_usable(situation: Situation) -> Finding:
    """Ask what InfiniBand needs, in a job that spans several machines."""
    network, limits = situation.machine.network, situation.machine.limits
    if not network.rdma:
        return skip(RDMA, "no InfiniBand")
    if not _spans_machines(situation):
        return ok(RDMA, f"{', '.join(network.rdma[:4])}; nothing here spans several machines")
    if network.rdma_device_files is False:
        return ok(
            RDMA,
            "InfiniBand's device files are not here, so NCCL takes the slower network",
            evidence=("/dev/infiniband has no uverbs",),
            mode="ib-device-not-usable",
        )
    if limits.locked_memory_bytes is not None and limits.locked_memory_bytes < _ENOUGH_LOCKED:
        return _locked(situation, limits.locked_memory_bytes)
    return ok(RDMA, f"{', '.join(network.rdma[:4])} can be used")


_ENOUGH_LOCKED = 2**30
"""NCCL registers some megabytes for each pair of channels; a limit of a gigabyte was never in the way."""


def _spans_machines(situation: Situation) -> bool:
    session = situation.session
    if session is None or not situation.host.gpus:
        return False
    nodes = next((value for name in _NODES if (value := session.variable(name))), "")
    here, all_ = session.variable("LOCAL_WORLD_SIZE") or "", session.variable("WORLD_SIZE") or ""
    several = bool(here.isdecimal() and all_.isdecimal() and int(all_[:6]) > int(here[:6]))
    return several or (nodes.isdecimal() and int(nodes[:6]) > 1)


_NODES = ("SLURM_JOB_NUM_NODES", "SLURM_NNODES")


def _locked(situation: Situation, size: int) -> Finding:
    container = situation.host.os.container in {"docker", "podman"}
    slurm = situation.session is not None and situation.session.variable("SLURM_JOB_ID") is not None
    text = "Raise the limit for memory that stays in place."
    if slurm:
        text = "Have LimitMEMLOCK=infinity set for slurmd; the job's limit comes from there."
    return fail(
        RDMA,
        "rdma-memlock-limit",
        "InfiniBand cannot be used: processes may not keep enough memory in place.",
        evidence=(f"the limit is {size // 1024} KiB (ulimit -l)", "the job spans several machines"),
        remedy=Remedy(
            text=text,
            commands=("docker run --ulimit memlock=-1 --cap-add IPC_LOCK --device /dev/infiniband ...",)
            if container
            else ("echo '* - memlock unlimited' | sudo tee /etc/security/limits.d/rdma.conf",),
            needs_root=not container,
            links=(TROUBLE,),
        ),
    )
