"""AMD's chips by code name, and the numbers behind a gfx target."""

from __future__ import annotations

import re

_CHIPS = {
    "tahiti": "gfx600",
    "pitcairn": "gfx601",
    "curacao": "gfx601",
    "cape verde": "gfx601",
    "oland": "gfx602",
    "hainan": "gfx602",
    "kaveri": "gfx700",
    "spectre": "gfx700",
    "hawaii": "gfx701",
    "bonaire": "gfx704",
    "carrizo": "gfx801",
    "tonga": "gfx802",
    "fiji": "gfx803",
    "ellesmere": "gfx803",
    "baffin": "gfx803",
    "lexa": "gfx803",
    "polaris 20": "gfx803",
    "vega 10": "gfx900",
    "vega 12": "gfx904",
    "vega 20": "gfx906",
    "arcturus": "gfx908",
    "aldebaran": "gfx90a",
    "renoir": "gfx90c",
    "lucienne": "gfx90c",
    "cezanne": "gfx90c",
    "barcelo": "gfx90c",
    "aqua vanjaram": "gfx942",
    "navi 10": "gfx1010",
    "navi 12": "gfx1011",
    "navi 14": "gfx1012",
    "navi 21": "gfx1030",
    "navi 22": "gfx1031",
    "navi 23": "gfx1032",
    "vangogh": "gfx1033",
    "navi 24": "gfx1034",
    "rembrandt": "gfx1035",
    "raphael": "gfx1036",
    "mendocino": "gfx1036",
    "navi 31": "gfx1100",
    "navi 32": "gfx1101",
    "navi 33": "gfx1102",
    "phoenix1": "gfx1103",
    "strix": "gfx1150",
    "strix halo": "gfx1151",
    "krackan": "gfx1152",
    "navi 44": "gfx1200",
    "navi 48": "gfx1201",
}
"""Sources: https://llvm.org/docs/AMDGPUUsage.html#processors for products, amdgpu's asic families in Linux 6.18 for the
code names that pci.ids prints; both read 2026-11-24. Left out: names that stand for several chips (Raven, Picasso).
"""

_INTEGRATED = frozenset({"gfx700", "gfx801", "gfx90c", "gfx1033", "gfx1035", "gfx1036", "gfx1103"})
_INTEGRATED_NEWER = frozenset({"gfx1150", "gfx1151", "gfx1152", "gfx1153"})


def chip_architecture(name: str) -> str | None:
    """Return the target of the chip that pci.ids names: "Navi 22 [Radeon RX 6700/6700 XT / 6800M]"."""
    word = name.partition("[")[0].partition("/")[0].strip().lower()
    if word in _CHIPS:
        return _CHIPS[word]
    # "Vega 10 XL/XT", "Fiji XT", "Curacao PRO", "Navi 21 GL-XL": variants of one chip
    shorter = re.sub(r"\s+(?:xtx?|xl|pro|lex|glxt|gl.*|ttx|le|kxl.*|sr-iov.*)$", "", word)
    return _CHIPS.get(shorter)


def is_integrated(architecture: str | None) -> bool | None:
    """Tell whether a target is that of processors with graphics; None where boards share it."""
    return True if architecture in _INTEGRATED or architecture in _INTEGRATED_NEWER else None


def target(version: int) -> str | None:
    """Turn the kernel's number into a target: 90402 is gfx942, 90010 is gfx90a, 100301 is gfx1031.

    Source: HSA_OVERRIDE_GFX_VERSION and gfx_target_version in drivers/gpu/drm/amd/amdkfd (major * 10000 + minor * 100
    + stepping), minor and stepping printed in hexadecimal.
    """
    if not 60000 <= version < 1000000:  # noqa: PLR2004 - gfx6 is the first, and no more than two digits are known
        return None
    major, minor, stepping = version // 10000, version // 100 % 100, version % 100
    return f"gfx{major}{minor:x}{stepping:x}"


def exact(word: str | None) -> str | None:
    """Return a target without its features: "gfx90a:sramecc+:xnack-" is gfx90a; generic ones are none."""
    match = re.fullmatch(r"(gfx[0-9a-f]{3,4})(?::.*)?", (word or "").strip().lower())
    return match.group(1) if match else None
