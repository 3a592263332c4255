"""NVIDIA's chips by code name, as lspci prints them, and by the name of a system on a chip."""

from __future__ import annotations

import re

_CHIPS = (
    ("GT21[568]", "sm_12"),
    ("G[89][0-9]|GT200", ""),
    ("GF1[01]0", "sm_20"),
    ("GF1[01][4-9]", "sm_21"),
    ("GK10[467]", "sm_30"),
    ("GK20A", "sm_32"),
    ("GK110|GK208", "sm_35"),
    ("GK180", "sm_35"),
    ("GK210", "sm_37"),
    ("GM10[78]", "sm_50"),
    ("GM20[0-8]", "sm_52"),
    ("GM20B", "sm_53"),
    ("GP100", "sm_60"),
    ("GP10[2-8]", "sm_61"),
    ("GP10B", "sm_62"),
    ("GV100", "sm_70"),
    ("GV11B", "sm_72"),
    ("TU1[01][0-9]", "sm_75"),
    ("GA100", "sm_80"),
    ("GA10[2-7]", "sm_86"),
    ("GA10B", "sm_87"),
    ("AD10[2-7]", "sm_89"),
    ("GH100", "sm_90"),
    ("GB10[02]", "sm_100"),
    ("GB20[2-7]", "sm_120"),
)
"""Sources: https://developer.nvidia.com/cuda-gpus and the CUDA C++ Programming Guide for the capability of the boards,
https://nouveau.freedesktop.org/CodeNames.html for the chips on them; both read 2026-11-24. Left out: GK208 boards that
carry a GK107 name, and chips of which the capability differs by board.
"""

_PATTERN = re.compile("|".join(f"(?P<c{index}>{chip})" for index, (chip, _) in enumerate(_CHIPS)))

TEGRA = {
    "nvidia,tegra210": ("Tegra X1", "sm_53"),
    "nvidia,tegra186": ("Tegra X2", "sm_62"),
    "nvidia,tegra194": ("Xavier", "sm_72"),
    "nvidia,tegra234": ("Orin", "sm_87"),
    "nvidia,tegra264": ("NVIDIA Thor", "sm_110"),
}
"""The integrated GPU of each Tegra, as CUDA names it, and its capability under the newest CUDA.

Source: https://developer.nvidia.com/cuda-gpus ("Jetson Products"), read 2026-11-24. Thor is 11.0 since CUDA 13.0.
"""


_BOARDS = {
    "orin": "sm_87",
    "xavier": "sm_72",
    "nvidia tegra x1": "sm_53",
    "nvidia tegra x2": "sm_62",
    "nvidia thor": "sm_110",
}


def board_architecture(name: str | None) -> str | None:
    """Return the capability behind the name that CUDA or NVML gives to a Tegra's GPU: "Orin (nvgpu)"."""
    return _BOARDS.get((name or "").removesuffix("(nvgpu)").strip().lower())


def chip_architecture(name: str) -> str | None:
    """Return the capability of the chip that lspci's name begins with: "GP102 [GeForce GTX 1080 Ti]"."""
    word = name.split(" ", 1)[0].split("[", 1)[0]
    match = _PATTERN.match(word)
    if match is None or not re.fullmatch(r"(?:GLM?|BM|M|GL|-[A-Z0-9]+|T)?", word[match.end() :]):
        return None
    return _CHIPS[int((match.lastgroup or "c0")[1:])][1] or None


def board_name(name: str) -> str:
    """Return the board that lspci names in brackets, or the whole name where it names several or none."""
    match = re.search(r"\[([^\]]+)\]$", name)
    if match is None or " / " in match.group(1):
        return name
    return match.group(1)
