"""What surrounds NVIDIA's driver: the flavour of its module, the library that is loaded, device files, services."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from dlsetup.probe import paths
from dlsetup.probe.answers import clean, content
from dlsetup.values.nvidia import Libcuda, Nvidia

if TYPE_CHECKING:
    from dlsetup.system.interface import System
    from dlsetup.values.host import Host

MODULE = "/proc/driver/nvidia/version"
WAITING = "/var/run/reboot-required.pkgs"
SPECIFICATIONS = ("/etc/cdi/nvidia.yaml", "/var/run/cdi/nvidia.yaml")
DOCKER = "/etc/docker/daemon.json"
TOOLKIT = ("/usr/bin/nvidia-ctk", "/usr/bin/nvidia-container-runtime", "/usr/local/bin/nvidia-ctk")
SWITCHES = "/dev/nvidia-nvswitchctl"
FABRIC = ("systemctl", "is-active", "nvidia-fabricmanager")

LENT = "/usr/lib/wsl/lib/libcuda.so.1"

_SECONDS = 2.0
_CACHED = re.compile(r"^\s+libcuda\.so\.1 \(([^)]*)\) => (\S+)\s*$", re.MULTILINE)
_NUMBERED = re.compile(r"libcuda\.so\.(\d{3}\.\d{1,3}(?:\.\d{1,3})?)$")
_FLAVOUR = re.compile(r"^NVRM version: NVIDIA UNIX (Open )?.*?Kernel Module", re.MULTILINE)
_WAITS = re.compile(r"^(?:(?:lib)?nvidia-[\w.+-]+|linux-(?:image|modules-nvidia)-[\w.+-]+)$", re.MULTILINE)


def read(system: System, host: Host) -> Nvidia:
    """Return what is there; the folders of the module are searched only where the driver does not work."""
    driver = host.driver("nvidia")
    native = host.os.wsl is None
    works = driver is not None and driver.state == "ok"
    if native and not works and host.os.container is None:
        from dlsetup.probe.machine import nvidia_module

        module = nvidia_module.read(system, host)
    else:
        module = None
    return Nvidia(
        open_module=parse_flavour(content(system, MODULE)),
        libcuda=_libcuda(system, host) if host.gpus_of("nvidia") else None,
        lent_library=None if native else system.exists(LENT),
        devices=_devices(system),
        creates_devices=_creates(system),
        module=module,
        waiting=tuple(dict.fromkeys(_WAITS.findall(content(system, WAITING)))),
        unsplit=_unsplit(system, host),
        fabric=_fabric(system) if host.os.container is None else None,
        **(_containers(system) if native and host.os.container is None else {}),
    )


def parse_flavour(text: str) -> bool | None:
    """Tell the open kernel module from the closed one by what it says of itself; None where it says nothing."""
    match = _FLAVOUR.search(clean(text))
    return None if match is None else match[1] is not None


def _libcuda(system: System, host: Host) -> Libcuda | None:
    """Return the library that the loader takes: of LD_LIBRARY_PATH's first, then of its cache."""
    for folder in paths.folders_of(system, "LD_LIBRARY_PATH"):
        path = paths.join(system, folder, "libcuda.so.1")
        if paths.is_absolute(system, folder) and system.exists(path):
            return Libcuda(path=path, version=_version(system.link(path)))
    answer = system.run(("ldconfig", "-p"), timeout=_SECONDS)
    if not answer.ok or "libs found in cache" not in answer.stdout:
        return None
    cached = parse_cache(answer.stdout, host.cpu.architecture)
    return Libcuda(path=cached, version=_version(system.link(cached)) if cached else None)


def parse_cache(text: str, architecture: str | None) -> str | None:
    """Return the first libcuda.so.1 of the machine's architecture that `ldconfig -p` lists."""
    word = {"x86_64": "x86-64", "arm64": "AArch64"}.get(architecture or "")
    found = _CACHED.findall(clean(text))
    return next((path for kind, path in found if word is None or word in kind), None)


def _version(path: str | None) -> str | None:
    match = _NUMBERED.search(path or "")
    return match[1] if match else None


def _devices(system: System) -> tuple[str, ...] | None:
    """Return the names of the device files; they are asked for one by one, as /dev holds much that is private."""
    names = ("nvidia0", "nvidiactl", "nvidia-uvm")
    stands = {name: system.exists(f"/dev/{name}") for name in names}
    if all(answer is None for answer in stands.values()):
        return None
    return tuple(name for name, answer in stands.items() if answer)


def _creates(system: System) -> bool | None:
    """Tell whether CUDA could create missing device files: by nvidia-modprobe, or with root's rights."""
    if system.value("writable:/dev"):
        return True
    return system.exists("/usr/bin/nvidia-modprobe")


def _unsplit(system: System, host: Host) -> tuple[int, ...]:
    """Return the GPUs that are in MIG mode and have no instance: /proc/driver/nvidia/capabilities/gpu0/mig/gi1."""
    found = []
    for number, gpu in enumerate(host.gpus_of("nvidia")):
        names = system.listing(f"/proc/driver/nvidia/capabilities/gpu{number}/mig") if gpu.mig else None
        if names is not None and not any(re.fullmatch(r"gi\d+", name) for name in names):
            found.append(number)
    return tuple(found)


def _fabric(system: System) -> str | None:
    if not system.exists(SWITCHES):
        return None
    word = system.run(FABRIC, timeout=_SECONDS).stdout.strip()
    return word if word in {"active", "activating", "inactive", "failed"} else None


def _containers(system: System) -> dict[str, Any]:
    """Return what containers on this machine would get of the GPU."""
    text = content(system, DOCKER)
    runtime = parse_runtime(text)
    docker = bool(system.exists("/usr/bin/dockerd"))
    toolkit = [system.exists(path) for path in TOOLKIT] if docker or runtime else []
    return {
        "container_runtime": runtime if runtime and _absent(system, runtime) else None,
        "docker_without_toolkit": docker and all(answer is False for answer in toolkit),
        "cdi_version": next((found for path in SPECIFICATIONS if (found := _described(system, path))), None),
    }


def _absent(system: System, program: str) -> bool:
    if program.startswith("/"):
        return system.exists(program) is False
    return all(system.exists(f"{folder}/{program}") is False for folder in ("/usr/bin", "/usr/local/bin"))


def parse_runtime(text: str) -> str | None:
    """Return the program of the runtime "nvidia" in Docker's daemon.json."""
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError):
        return None
    runtimes = settings.get("runtimes") if isinstance(settings, dict) else None
    nvidia = runtimes.get("nvidia") if isinstance(runtimes, dict) else None
    path = nvidia.get("path") if isinstance(nvidia, dict) else None
    return path if isinstance(path, str) and re.fullmatch(r"[\w./-]{1,200}", path) else None


def _described(system: System, path: str) -> str | None:
    return parse_specification(content(system, path))


def parse_specification(text: str) -> str | None:
    """Return the driver version whose libraries a CDI specification mounts; None where it names several."""
    versions = set(re.findall(r"libcuda\.so\.(\d{3}\.\d{1,3}(?:\.\d{1,3})?)\b", clean(text)))
    return versions.pop() if len(versions) == 1 else None
