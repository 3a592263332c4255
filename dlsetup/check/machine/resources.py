"""m.memory and m.storage: is there room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, warn
from dlsetup.check.installed import distribution_of, frameworks_in_scope, torch_in
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.environment import Storage
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

MEMORY = "m.memory"
STORAGE = "m.storage"

GIB = 2**30

_ENOUGH_FOR_IMPORT = GIB
"""Importing torch or TensorFlow takes 0.3 to 0.8 GiB of resident memory (measured with their CPU wheels)."""

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "lustre", "gpfs", "beegfs", "9p", "fuse.sshfs", "afs", "ceph"})


def memory_suffices(situation: Situation) -> Finding:
    """Look at the memory, and at what data loaders share in a container."""
    host = situation.host
    shared = next((each for each in situation.storage if each.purpose == "shared-memory"), None)
    small = shared is not None and shared.total_bytes is not None and shared.total_bytes < GIB
    if small and host.os.container is not None and torch_in(situation) is not None:
        return _shared_memory(host.os.container, shared.total_bytes if shared and shared.total_bytes else 0)
    if host.memory_bytes is None:
        return skip(MEMORY, "the amount of memory is not known")
    if host.memory_bytes < _ENOUGH_FOR_IMPORT and frameworks_in_scope(situation):
        return warn(
            MEMORY,
            "host-memory-exhausted",
            "There is hardly enough memory to import a framework.",
            evidence=(f"{_size(host.memory_bytes)} of memory", "an import takes up to 0.8 GB, training comes on top"),
            remedy=Remedy(text="Give the machine or the container more memory, at least 4 GB."),
        )
    return ok(MEMORY, f"{_size(host.memory_bytes)} of memory")


def _shared_memory(container: str, size: int) -> Finding:
    docker = container in {"docker", "podman"}
    text = "Start the container again with more shared memory; until then use num_workers=0."
    if container == "kubernetes":
        text = "Mount an emptyDir of medium Memory at /dev/shm; until then use num_workers=0."
    return warn(
        MEMORY,
        "shm-too-small",
        "Data loader workers will crash: the container's shared memory is too small for them.",
        evidence=(f"its size is {_size(size)}", "torch is installed, whose workers hand over their batches there"),
        remedy=Remedy(
            text=text,
            commands=(f"{container} run --shm-size=8g ...",) if docker else (),
            links=("https://pytorch.org/docs/stable/multiprocessing.html",),
        ),
    )


def storage_suffices(situation: Situation) -> Finding:
    """Hold what a plan needs against the free space, and look at folders that cannot be used."""
    by_purpose = {each.purpose: each for each in situation.storage}
    environment, temporary = by_purpose.get("environment"), by_purpose.get("temporary")
    if not situation.storage:
        return skip(STORAGE, "the disks are not known")
    found = _full(situation, environment) or _closed(situation, environment)
    if found is not None:
        return found
    if temporary is not None and temporary.noexec and _compiles(situation):
        return _noexec(temporary)
    cache = by_purpose.get("cache")
    if cache is not None and cache.writable is False and frameworks_in_scope(situation):
        return _cache_closed(situation, cache)
    place = environment or situation.storage[0]
    free = f"{_size(place.free_bytes)} free" if place.free_bytes is not None else "the free space is not known"
    if (place.filesystem or "").lower() in _NETWORK:
        slow = f"{free}; {place.path} is on a network disk ({place.filesystem}), imports are slower there"
        return ok(STORAGE, slow, mode="network-home-slow-or-locking")
    return ok(STORAGE, free)


def needed_bytes(situation: Situation) -> int | None:
    """Return what the plan unpacks, as far as it is known: never less than what it downloads."""
    plan = situation.plan
    if plan is None:
        return None
    sizes = [each.size_bytes for each in plan.packages]
    download = sum(size for size in sizes if size is not None)
    return max(plan.installed_bytes or 0, download) or None


def _full(situation: Situation, place: Storage | None) -> Finding | None:
    needed = needed_bytes(situation)
    if needed is None or place is None or place.free_bytes is None or place.free_bytes >= needed:
        return None
    return fail(
        STORAGE,
        "disk-full",
        "There is not enough space on the disk.",
        evidence=(f"the installation takes {_size(needed)}", f"{place.path} has {_size(place.free_bytes)} free"),
        remedy=Remedy(
            text="Free some space, choose an environment on another disk, or take the small CPU build.",
            commands=(
                "uv cache prune",
                f"dlsetup install {' '.join(situation.plan.frameworks)} --env /another/disk/.venv",
            )
            if situation.plan
            else ("uv cache prune",),
        ),
    )


def _closed(situation: Situation, place: Storage | None) -> Finding | None:
    environment = situation.environment
    closed = (place is not None and place.writable is False) or (
        environment is not None and environment.writable is False
    )
    if situation.plan is None or not closed:
        return None
    path = environment.path if environment else (place.path if place else "the environment")
    return fail(
        STORAGE,
        "permission-denied-site-packages",
        "You may not write into the environment.",
        evidence=(f"{path} is not writable for you", "the plan installs there"),
        remedy=Remedy(
            text="Install into an environment of your own.",
            commands=(f"dlsetup install {' '.join(situation.plan.frameworks)} --env .venv",),
        ),
    )


def _compiles(situation: Situation) -> bool:
    """Tell whether something that compiles and runs code in the temporary folder is installed."""
    environment = situation.environment
    return environment is not None and any(environment.distribution(name) for name in ("torch", "triton"))


def _noexec(place: Storage) -> Finding:
    return warn(
        STORAGE,
        "noexec-or-readonly-dir",
        "Programs may not run from the temporary folder, where torch.compile puts what it compiles.",
        evidence=(f"{place.path} is mounted noexec", "torch or triton is installed"),
        remedy=Remedy(
            text="Use another temporary folder.",
            commands=("mkdir -p ~/tmp", 'export TMPDIR="$HOME/tmp"'),
            links=("https://docs.python.org/3/library/tempfile.html#tempfile.gettempdir",),
        ),
    )


def _cache_closed(situation: Situation, place: Storage) -> Finding:
    scope = [each.title for each in frameworks_in_scope(situation) if distribution_of(situation, each) is not None]
    who = scope[0] if scope else "the installer"
    return warn(
        STORAGE,
        "cache-dir-not-writable",
        "The cache folder cannot be written.",
        evidence=(f"{place.path} is not writable for you", f"{who} keeps compiled code and downloads there"),
        remedy=Remedy(text="Name another folder for caches.", commands=('export XDG_CACHE_HOME="$(mktemp -d)"',)),
    )


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.0f} MB"  # noqa: PLR2004
