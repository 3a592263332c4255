"""From a recording to the mode that doctor names: machines whose drivers, libraries and settings do not fit."""

from __future__ import annotations

import pytest

from dlsetup.check import run_checks
from dlsetup.commands.look import look
from dlsetup.system.recorded import RecordedSystem

SITE = "/env/lib/python3.12/site-packages"
ADDRESS = "0000:01:00.0"
BUS = f"/sys/bus/pci/devices/{ADDRESS}"
KERNEL = "6.8.0-71-generic"
LIBRARY = "/lib/x86_64-linux-gnu/libcuda.so.1"
DOCKER = {"exists:/.dockerenv": True}
NVML = {
    "state": "ok",
    "driver": "580.95.05",
    "cuda": 13000,
    "gpus": [
        {
            "name": "NVIDIA GeForce RTX 4090",
            "capability": [8, 9],
            "pci": "10de:2684",
            "address": ADDRESS,
            "memory_bytes": 24 * 2**30,
            "mig": False,
            "virtual": False,
        }
    ],
}


def recording(files=None, commands=None, env=None, nvml=NVML, **values):
    """Record a Linux machine with one GPU, healthy but for what is said."""
    return {
        "platform": "linux",
        "files": {
            "/etc/os-release": 'ID=ubuntu\nVERSION_ID="24.04"\n',
            "/proc/1/cgroup": "0::/init.scope\n",
            "/proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05\n",
            f"{BUS}/class": "0x030000\n",
            f"{BUS}/vendor": "0x10de\n",
            f"{BUS}/device": "0x2684\n",
            **(files or {}),
        },
        "commands": {
            "ldconfig -p": f"1 libs found in cache `/etc/ld.so.cache'\n\tlibcuda.so.1 (libc6,x86-64) => {LIBRARY}\n",
            **(commands or {}),
        },
        "env": {"PATH": "/env/bin", **(env or {})},
        "values": {
            "environment": "",
            "kernel": KERNEL,
            "machine": "x86_64",
            "memory_bytes": 32 * 2**30,
            "listing:/sys/bus/pci/devices": [ADDRESS],
            f"link:{BUS}/driver": "/sys/bus/pci/drivers/nvidia",
            f"link:{LIBRARY}": "/usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05",
            "exists:/.dockerenv": False,
            "exists:/dev/nvidiactl": True,
            "exists:/dev/nvidia0": True,
            "exists:/dev/nvidia-uvm": True,
            "nvml": nvml,
            **values,
        },
    }


GONE = {"state": "missing", "detail": "Driver Not Loaded"}
OTHER = {f"link:{LIBRARY}": "/usr/lib/x86_64-linux-gnu/libcuda.so.570.86.10"}
UNLOADED = {"/proc/driver/nvidia/version": None}
WITH_MODULE = {
    f"link:{BUS}/driver": None,
    f"listing:/lib/modules/{KERNEL}": ["kernel", "updates"],
    f"listing:/lib/modules/{KERNEL}/updates/dkms": ["nvidia.ko.zst"],
}
SECURE = {"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c": "\x06\0\0\0\1"}
UNSIGNED = {"modinfo -F signer nvidia": {"stdout": "\n", "exit": 0}}


CASES = [
    (recording(**OTHER), "m.nvidia-driver", "cuda-user-kernel-driver-mix-803"),
    (recording(**OTHER, **DOCKER), "m.container", "container-driver-libs-baked-in"),
    (
        recording(
            {"/proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05\n"},
            nvml={"state": "ok", "driver": "580.95.05", "gpus": []},
        ),
        "m.nvidia-driver",
        "nvidia-rm-init-failed",
    ),
    (
        recording(
            UNLOADED,
            nvml=GONE,
            **{
                **WITH_MODULE,
                f"listing:/lib/modules/{KERNEL}/updates/dkms": [],
                "listing:/var/lib/dkms/nvidia": ["580.95.05"],
            },
        ),
        "m.nvidia-driver",
        "nvidia-module-build-failed",
    ),
    (
        recording(UNLOADED | SECURE, UNSIGNED, nvml=GONE, **WITH_MODULE),
        "m.nvidia-driver",
        "secure-boot-module-rejected",
    ),
    (recording(UNLOADED, UNSIGNED, nvml=GONE, **WITH_MODULE), "m.nvidia-driver", "nvidia-module-not-loaded"),
    (
        recording(
            **{"exists:/dev/nvidia-uvm": False, "exists:/usr/bin/nvidia-modprobe": False, "writable:/dev": False}
        ),
        "m.nvidia-driver",
        "nvidia-uvm-broken-after-suspend",
    ),
    (recording(**DOCKER, **{"exists:/dev/nvidia-uvm": False}), "m.nvidia-driver", "nvidia-device-nodes-missing"),
    (
        recording(
            env={"NVIDIA_REQUIRE_CUDA": "cuda>=13.0"},
            nvml={**NVML, "driver": "550.54.15", "cuda": 12040},
            **DOCKER,
            **{f"link:{LIBRARY}": "/usr/lib/libcuda.so.550.54.15"},
        ),
        "m.container",
        "container-image-needs-newer-driver",
    ),
    (
        recording({"/etc/cdi/nvidia.yaml": "hostPath: /usr/lib/libcuda.so.570.86.10\n"}),
        "m.container",
        "cdi-spec-missing",
    ),
    (
        recording(
            commands={"systemctl is-active nvidia-fabricmanager": {"stdout": "inactive\n", "exit": 3}},
            **{"exists:/dev/nvidia-nvswitchctl": True},
        ),
        "m.nvidia-fabric",
        "fabric-manager-not-running",
    ),
    (
        recording(env={"GLOO_SOCKET_IFNAME": "ib0"}, **{"listing:/sys/class/net": ["eth0", "lo"]}),
        "dist.network",
        "nccl-socket-interface",
    ),
    (
        recording({"/proc/sys/net/ipv4/ip_unprivileged_port_start": "1024\n"}, env={"MASTER_PORT": "443"}),
        "dist.network",
        "master-port-privileged",
    ),
    (
        recording(env={"SSL_CERT_FILE": "/old/cacert.pem"}, **{"exists:/old/cacert.pem": False}),
        "inst.network",
        "ssl-interception",
    ),
]


@pytest.mark.parametrize(("recorded", "check", "mode"), CASES, ids=[f"{check}-{mode}" for _, check, mode in CASES])
def test_a_recorded_fault_is_named(recorded, check, mode):
    found = {each.check: each for each in run_checks(look(RecordedSystem(recorded)))}
    assert found[check].mode == mode, found[check]
    assert found[check].status.value in {"fail", "warn"}
    assert found[check].because is None


@pytest.mark.parametrize("more", [{}, DOCKER], ids=["machine", "container"])
def test_the_same_machine_without_the_fault_raises_no_alarm(more):
    found = run_checks(look(RecordedSystem(recording(**more))))
    assert [each for each in found if each.status.value in {"fail", "warn"}] == []
