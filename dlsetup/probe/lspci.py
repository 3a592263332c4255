"""What `lspci` prints, with any of its options."""

from __future__ import annotations

import re

from dlsetup.probe.amd import chips as amd_chips
from dlsetup.probe.amd.chips import is_integrated
from dlsetup.probe.answers import clean
from dlsetup.probe.nvidia import chips as nvidia_chips
from dlsetup.probe.nvidia.chips import board_name
from dlsetup.probe.pci import VENDORS, integrated, is_gpu
from dlsetup.probe.sighting import Sighting, address
from dlsetup.values.host import Gpu

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
_CHIPS = {"nvidia": nvidia_chips.chip_architecture, "amd": amd_chips.chip_architecture}

_HEAD = re.compile(
    r"^(?P<at>(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f])\s+"
    r"(?:(?P<bare>[0-9a-f]{4})|(?P<kind>\w[^:\[\n]*?)\s*(?:\[(?P<class>[0-9a-f]{4})\])?):\s+(?P<rest>.*)$",
    re.IGNORECASE,
)
_IDS = re.compile(r"\b([0-9a-f]{4}):([0-9a-f]{4})\b", re.IGNORECASE)
_TAIL = re.compile(r"\s*(?:\(rev \w+\)|\(prog-if [^)]*\)|\[[0-9a-f]{4}:[0-9a-f]{4}\])", re.IGNORECASE)
_MACHINE_READABLE = re.compile(r'^(\S+) "([^"]*)" "([^"]*)" "([^"]*)"')


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
        integrated=integrated(code, match["at"]) or (is_integrated(chip) if vendor == "amd" else None),
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
