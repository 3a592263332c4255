"""Devices on the PCI bus, whether or not a driver serves them: from sysfs, or from what lspci printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe.amd import chips as amd_chips
from dlsetup.probe.amd.chips import is_integrated
from dlsetup.probe.answers import clean, recorded
from dlsetup.probe.nvidia import chips as nvidia_chips
from dlsetup.probe.nvidia.chips import board_name
from dlsetup.probe.sighting import Sighting, address
from dlsetup.values.host import Gap, Gpu

if TYPE_CHECKING:
    from dlsetup.system.interface import System

BUS = "/sys/bus/pci/devices"

VENDORS = {
    "10de": "nvidia",
    "1002": "amd",
    "8086": "intel",
    "1da3": "habana",
    "1e52": "tenstorrent",
    "1ed5": "moore-threads",
    "19e5": "huawei",
}
"""PCI vendors whose display adapters or accelerators compute.

Whatever else shows a picture (QEMU, VMware, Cirrus, ASPEED, Matrox, Hyper-V, VirtualBox, virtio) is no GPU for us.
Source: https://pci-ids.ucw.cz/, read 2026-11-24.
"""

HYPER_V_GPU = "1414:008e"
"""The adapter through which Windows lends its GPU to WSL 2 (dxgkrnl); it does not tell what is behind it."""

_NAMES = (
    ("NVIDIA Corporation", "nvidia"),
    ("nVidia Corporation", "nvidia"),
    ("Advanced Micro Devices, Inc.", "amd"),
    ("Advanced Micro Devices [AMD]", "amd"),
    ("ATI Technologies Inc", "amd"),
    ("Intel Corporation", "intel"),
    ("Habana Labs", "habana"),
    ("Tenstorrent", "tenstorrent"),
    ("Moore Threads", "moore-threads"),
)
_DISPLAYS = ("VGA compatible controller", "3D controller", "Display controller")
_ACCELERATORS = ("Processing accelerators",)
_NOT_GPU = {"intel": ("12",), "huawei": ("03",)}
"""Classes that say nothing for one maker: Intel's accelerators are NPUs, Huawei's displays are management chips."""

_CHIPS = {"nvidia": nvidia_chips.chip_architecture, "amd": amd_chips.chip_architecture}

_HEAD = re.compile(
    r"^(?P<at>(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f])\s+"
    r"(?:(?P<bare>[0-9a-f]{4})|(?P<kind>\w[^:\[\n]*?)\s*(?:\[(?P<class>[0-9a-f]{4})\])?):\s+(?P<rest>.*)$",
    re.IGNORECASE,
)
_IDS = re.compile(r"\b([0-9a-f]{4}):([0-9a-f]{4})\b", re.IGNORECASE)
_TAIL = re.compile(r"\s*(?:\(rev \w+\)|\(prog-if [^)]*\)|\[[0-9a-f]{4}:[0-9a-f]{4}\])", re.IGNORECASE)
_MACHINE_READABLE = re.compile(r'^(\S+) "([^"]*)" "([^"]*)" "([^"]*)"')


def is_gpu(vendor: str, kind: str) -> bool:
    """Tell whether a maker's device of that class ("0x030000", "0300") computes."""
    name, digits = VENDORS.get(vendor), kind.removeprefix("0x")
    if name is None or digits[:2] in _NOT_GPU.get(name, ()):
        return False
    return digits[:4] in {"0300", "0302", "0380", "1200"}


def read(system: System) -> tuple[tuple[Sighting, ...], tuple[Gap, ...]]:
    """Return the GPUs on the bus; a gap where the bus cannot be seen."""
    names = system.listing(BUS)
    if names is not None:
        seen = tuple(each for each in (_device(system, name) for name in names) if each)
        return tuple(each for each in seen if each.gpu.vendor != "windows"), _lent(seen)
    texts = dict(recorded(system, "lspci"))
    if texts:
        text = "\n".join(texts.values())
        found = parse_lspci(text)
        # without the bridges that every bus has, these are picked lines, and others may be missing
        whole = bool(found) or re.search(r"bridge", text, re.IGNORECASE) is not None
        return found, () if whole else (Gap(what="gpus.bus", why="lspci: an excerpt"),)
    return (), (Gap(what="gpus.bus", why=f"{BUS} cannot be listed"),)


def _device(system: System, name: str) -> Sighting | None:
    folder = f"{BUS}/{name}"
    kind = (system.read(f"{folder}/class").text or "").strip()
    if kind[:4] not in {"0x03", "0x12"}:
        return None
    vendor, device = (_hexadecimal(system.read(f"{folder}/{file}").text) for file in ("vendor", "device"))
    number = f"{vendor}:{device}"
    if number == HYPER_V_GPU:
        return Sighting(gpu=Gpu(vendor="windows", pci_id=number), address=address(name))
    if vendor is None or device is None or not is_gpu(vendor, kind):
        return None
    driver = system.link(f"{folder}/driver")
    return Sighting(
        gpu=Gpu(vendor=VENDORS[vendor], pci_id=number, integrated=_integrated(vendor, name)),
        address=address(name),
        bound=driver.replace("\\", "/").rsplit("/", 1)[-1] if driver else None,
    )


def _integrated(vendor: str, place: str) -> bool | None:
    # Intel's integrated graphics have sat at device 2 of the root bus in every generation
    return True if vendor == "8086" and (address(place) or "").endswith("0000:00:02.0") else None


def _lent(seen: tuple[Sighting, ...]) -> tuple[Gap, ...]:
    lent = any(each.gpu.vendor == "windows" for each in seen)
    return (Gap(what="gpus.windows", why="Windows lends a GPU that the bus does not name"),) if lent else ()


def _hexadecimal(text: str | None) -> str | None:
    word = (text or "").strip().lower().removeprefix("0x")
    return word if re.fullmatch(r"[0-9a-f]{4}", word) else None


def parse_lspci(text: str) -> tuple[Sighting, ...]:
    """Read lspci's lines: plain, -n, -nn, -mm, -k, -v, of one or several calls."""
    found: dict[str, Sighting] = {}
    current = None
    for line in clean(text).splitlines():
        head = _head(line)
        if head is not None or _HEAD.match(line):
            current = head.address if head else None
            if head and current:
                found[current] = _richer(head, found.get(current))
        elif current and "Kernel driver in use:" in line:
            seen, bound = found[current], line.rpartition(":")[2].strip()
            found[current] = Sighting(gpu=seen.gpu, address=seen.address, bound=bound or None)
    return tuple(found.values())


def _richer(new: Sighting, old: Sighting | None) -> Sighting:
    if old is None:
        return new
    gpu = Gpu(
        vendor=new.gpu.vendor,
        name=new.gpu.name or old.gpu.name,
        pci_id=new.gpu.pci_id or old.gpu.pci_id,
        architecture=new.gpu.architecture or old.gpu.architecture,
        integrated=new.gpu.integrated or old.gpu.integrated,
    )
    return Sighting(gpu=gpu, address=new.address, bound=new.bound or old.bound)


def _head(line: str) -> Sighting | None:
    """Read a device's first line; None for devices that are no GPUs."""
    quoted = _MACHINE_READABLE.match(line)
    if quoted:
        place, kind, maker, device = quoted.groups()
        line = f"{place} {kind}: {maker} {device}"
    match = _HEAD.match(line)
    if match is None:
        return None
    kind, rest = match["kind"] or "", match["rest"]
    number = next((":".join(pair).lower() for pair in reversed(_IDS.findall(rest))), None)
    vendor = next((name for words, name in _NAMES if rest.startswith(words)), None)
    if vendor is None and number:
        vendor = VENDORS.get(number[:4])
    digits = match["class"] or match["bare"] or _digits(kind)
    code = next((code for code, name in VENDORS.items() if name == vendor), "")
    if vendor is None or digits is None or not is_gpu(code, digits):
        return None
    name = device_name(rest) if kind else None
    chip = _CHIPS[vendor](name) if name and vendor in _CHIPS else None
    gpu = Gpu(
        vendor=vendor,
        name=board_name(name) if name and vendor == "nvidia" else name,
        architecture=chip,
        pci_id=number,
        integrated=_integrated(code, match["at"]) or (is_integrated(chip) if vendor == "amd" else None),
    )
    return Sighting(gpu=gpu, address=address(match["at"]))


def _digits(kind: str) -> str | None:
    if kind.strip() in _DISPLAYS:
        return "0300"
    return "1200" if kind.strip() in _ACCELERATORS else None


def device_name(rest: str) -> str | None:
    """Return what lspci calls a device, without its maker: "GP102 [GeForce GTX 1080 Ti]"."""
    plain = _TAIL.sub("", rest).strip()
    for words, _ in _NAMES:
        plain = plain.removeprefix(words)
    plain = re.sub(r"^\s*(?:\[AMD(?:/ATI)?\]|\[AMD\]|Inc\.?)\s*", "", plain).strip()
    return None if re.fullmatch(r"(?:Device )?[0-9a-f]{4}|", plain) else plain
