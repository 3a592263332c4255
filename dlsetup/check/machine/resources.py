"""m.memory and m.storage: is there room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, warn
from dlsetup.check.commands import dlsetup_install
from dlsetup.check.installed import distribution_of, frameworks_in_scope, planned, torch_in
from dlsetup.check.versions import older
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.environment import Storage
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

MEMORY = "m.memory"
STORAGE = "m.storage"

GIB = 2**30

_DEFAULT_FILES = 1024
_WANTED_FILES = 65_536

_ENOUGH_FOR_OLD_PIP = 2 * GIB
"""Its peak was three to four times the wheel's size; those of CUDA builds have 0.5 to 0.9 GB."""

WSL_SETTINGS = "https://learn.microsoft.com/windows/wsl/wsl-config"

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
    sizes = [size for size in (host.memory_bytes, situation.machine.limits.memory_bytes) if size is not None]
    if not sizes:
        return _open_files(situation) or skip(MEMORY, "the amount of memory is not known")
    size = min(sizes)
    if size < _ENOUGH_FOR_IMPORT and frameworks_in_scope(situation):
        return _little_memory(situation, size)
    return _old_pip(situation, size) or _open_files(situation) or ok(MEMORY, f"{_size(size)} of memory")


def _little_memory(situation: Situation, size: int) -> Finding:
    host, limit = situation.host, situation.machine.limits.memory_bytes
    allowed = limit is not None and limit == size and limit != host.memory_bytes
    seen = f"{_size(size)} of memory" + (", which is all that this container or service may take" if allowed else "")
    remedy = Remedy(text="Give the machine or the container more memory, at least 4 GB.")
    wsl = host.os.wsl is not None and not allowed
    if wsl:
        remedy = Remedy(
            text="Give WSL more memory: memory=8GB below [wsl2] in .wslconfig in your Windows home folder.",
            commands=("wsl --shutdown",),
            links=(WSL_SETTINGS,),
        )
    if allowed:
        remedy = _more_allowed(situation)
    return warn(
        MEMORY,
        "container-memory-limit" if allowed else "wsl-memory-limit" if wsl else "host-memory-exhausted",
        "There is hardly enough memory to import a framework.",
        evidence=(seen, "an import takes up to 0.8 GB, training comes on top"),
        remedy=remedy,
    )


def _more_allowed(situation: Situation) -> Remedy:
    """Say where a limit comes from that is not the machine's own."""
    container, session = situation.host.os.container, situation.session
    if session is not None and session.variable("SLURM_JOB_ID") is not None:
        link = "https://slurm.schedmd.com/sbatch.html"
        return Remedy(
            text="Ask for more memory when you start the job.", commands=("sbatch --mem=16G ...",), links=(link,)
        )
    link = "https://docs.docker.com/engine/containers/resource_constraints/"
    if container in {"docker", "podman"}:
        command = f"{container} run --memory 8g ..."
        return Remedy(text="Start the container again with more memory.", commands=(command,), links=(link,))
    return Remedy(text="Raise the limit of the container, pod or service to at least 4 GB.", links=(link,))


def _old_pip(situation: Situation, size: int) -> Finding | None:
    """See a pip that holds a whole wheel in memory several times (mended in 23.3), where there is little of it."""
    environment = situation.environment
    pip = environment.version("pip") if environment else None
    wanted = (*situation.wanted, *planned(situation))
    if size >= _ENOUGH_FOR_OLD_PIP or not wanted or not older(pip, "23.3"):
        return None
    return warn(
        MEMORY,
        "pip-install-oom-killed",
        "This pip would be killed while it downloads a framework: it holds whole wheels in memory.",
        evidence=(f"pip {pip} is installed; releases from 23.3 on do not", f"{_size(size)} of memory"),
        remedy=Remedy(
            text="Install with dlsetup, which holds no wheel in memory, or update pip.",
            commands=(dlsetup_install(situation, " ".join(dict.fromkeys(wanted))),),
            links=("https://github.com/pypa/pip/pull/11143",),
        ),
    )


def _open_files(situation: Situation) -> Finding | None:
    """See a limit below Linux' own default: each batch that a data loader hands over takes an open file."""
    limits = situation.machine.limits
    if limits.open_files is None or limits.open_files >= _DEFAULT_FILES or torch_in(situation) is None:
        return None
    most = limits.open_files_most
    allowed = most is None or most > limits.open_files
    text = "Raise the limit, or call torch.multiprocessing.set_sharing_strategy('file_system')."
    return warn(
        MEMORY,
        "open-files-limit",
        "Data loader workers will fail: processes may open only few files.",
        evidence=(
            f"the limit is {limits.open_files} open files (ulimit -n)",
            "each batch that a worker hands over takes one",
        ),
        remedy=Remedy(
            text=text,
            commands=(f"ulimit -n {min(most or _WANTED_FILES, _WANTED_FILES)}",) if allowed else (),
            links=("https://pytorch.org/docs/stable/multiprocessing.html",),
        ),
    )


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
    return _room(situation, environment or situation.storage[0], cache)


def _room(situation: Situation, place: Storage, cache: Storage | None) -> Finding:
    """Say how much room there is, and mention what makes installing or importing slower."""
    free = f"{_size(place.free_bytes)} free" if place.free_bytes is not None else "the free space is not known"
    if (place.filesystem or "").lower() in _NETWORK:
        slow = f"{free}; {place.path} is on a network disk ({place.filesystem}), imports are slower there"
        return ok(STORAGE, slow, mode="network-home-slow-or-locking")
    if _two_disks(situation, cache, place):
        return ok(STORAGE, f"{free}; uv copies from its cache, which is on another disk", mode="uv-link-mode-warning")
    return ok(STORAGE, free)


def _two_disks(situation: Situation, cache: Storage | None, environment: Storage) -> bool:
    """Tell whether uv's cache is surely on another file system than the environment: their sizes differ."""
    session = situation.session
    if (
        cache is None
        or environment.purpose != "environment"
        or (session is not None and session.variable("UV_LINK_MODE"))
    ):
        return False
    sizes = {cache.total_bytes, environment.total_bytes}
    return None not in sizes and len(sizes) > 1


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
