"""NVIDIA's kernel module where the driver does not work: is it built, may it be loaded, has the GPU its room."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe.answers import content
from dlsetup.values.nvidia import KernelModule

if TYPE_CHECKING:
    from dlsetup.system.interface import Completed, System
    from dlsetup.values.host import Host

BUS = "/sys/bus/pci/devices"
SOURCES = "/var/lib/dkms/nvidia"
SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
KEY = "/var/lib/shim-signed/mok/MOK.der"

FOLDERS = (
    "updates/dkms",
    "updates",
    "extra",
    "extra/nvidia",
    "kernel/drivers/video",
    "extramodules",
)
"""Where the distributions put the module, below /lib/modules/KERNEL: Debian and Ubuntu, the runfile, Fedora, SUSE.

Ubuntu's ready modules lie in kernel/nvidia-BRANCH.
"""

_SECONDS = 3.0
_FILE = re.compile(r"nvidia(?:-current)?\.ko(?:\.\w+)?")
_UNSET = 0x20000000
"""IORESOURCE_UNSET (include/linux/ioport.h): the kernel found no place for that region."""

_MEMORY = 0x200
"""IORESOURCE_MEM."""


def read(system: System, host: Host) -> KernelModule:
    """Return what can be told of the module for the running kernel."""
    kernel = host.os.kernel
    if kernel is None:
        return KernelModule()
    folder = f"/lib/modules/{kernel}"
    built = _built(system, folder)
    return KernelModule(
        built=built,
        sources=tuple(name for name in system.listing(SOURCES) or () if re.fullmatch(r"\d{3}\.[\d.]{1,12}", name)),
        headers=system.exists(f"{folder}/build"),
        signer=_signer(system) if built else None,
        enrolled=_enrolled(system) if built and system.exists(KEY) else None,
        secure_boot=parse_secure_boot(system.read(SECURE_BOOT).text or ""),
        unplaced=tuple(_unplaced(system)),
    )


def _built(system: System, folder: str) -> bool | None:
    names = system.listing(folder)
    if names is None:
        return None
    found = [f"kernel/{name}" for name in system.listing(f"{folder}/kernel") or () if name.startswith("nvidia-")]
    for place in (*FOLDERS, *found):
        if any(_FILE.fullmatch(name) for name in system.listing(f"{folder}/{place}") or ()):
            return True
    # depmod knows every module, wherever it lies
    return (
        re.search(r"(?:^|/)nvidia(?:-current)?\.ko", content(system, f"{folder}/modules.dep"), re.MULTILINE) is not None
    )


def _signer(system: System) -> str | None:
    answer = system.run(("modinfo", "-F", "signer", "nvidia"), timeout=_SECONDS)
    if not answer.ok:
        return None
    # the name of the key may be that of the machine
    return "somebody" if answer.stdout.strip() else ""


def _enrolled(system: System) -> bool | None:
    return parse_enrolled(system.run(("mokutil", "--test-key", KEY), timeout=_SECONDS))


def parse_enrolled(answer: Completed) -> bool | None:
    """Read `mokutil --test-key`, which answers with 1 for a key that is enrolled."""
    text = answer.stdout + answer.stderr
    if "is not enrolled" in text:
        return False
    return True if "is already enrolled" in text else None


def parse_secure_boot(text: str) -> bool | None:
    """Read the firmware's variable: four bytes of attributes, then 1 or 0 (UEFI, section 3.3)."""
    return None if len(text) != 5 or text[4] not in "\0\1" else text[4] == "\1"  # noqa: PLR2004


def _unplaced(system: System) -> list[str]:
    found = []
    for name in system.listing(BUS) or ():
        folder = f"{BUS}/{name}"
        if (system.read(f"{folder}/vendor").text or "").strip() != "0x10de":
            continue
        kind = (system.read(f"{folder}/class").text or "").strip()
        if kind.startswith("0x03") and parse_unplaced(content(system, f"{folder}/resource")):
            found.append(name)
    return found


def parse_unplaced(text: str) -> bool:
    """Tell whether a memory region of a device has no place: lines of start, end and flags (sysfs-pci)."""
    rows = re.findall(r"^0x([0-9a-f]{16}) 0x([0-9a-f]{16}) 0x([0-9a-f]{16})$", text, re.MULTILINE)
    return any(int(flags, 16) & _UNSET and int(flags, 16) & _MEMORY for _, _, flags in rows[:6])
