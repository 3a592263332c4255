"""Names of processors: architectures in one spelling, x86 levels, the cores behind ARM's numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SPELLED = {
    "amd64": "x86_64",
    "x64": "x86_64",
    "x86-64": "x86_64",
    "em64t": "x86_64",
    "aarch64": "arm64",
    "aarch64_be": "arm64_be",
    "armv8": "arm64",
    "armv8l": "armv7l",
    "powerpc64le": "ppc64le",
}

X86_LEVELS: tuple[tuple[str, frozenset[str]], ...] = (
    ("x86-64", frozenset({"cmov", "cx8", "fpu", "fxsr", "mmx", "sse", "sse2", "lm"})),
    ("x86-64-v2", frozenset({"cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"})),
    ("x86-64-v3", frozenset({"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"})),
    ("x86-64-v4", frozenset({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"})),
)
"""What each level adds, in Linux' names of the flags.

Source: x86-64 psABI, "Micro-Architecture Levels", https://gitlab.com/x86-psABIs/x86-64-ABI, read 2026-11-24; pni is
SSE3, abm is LZCNT.
"""

_ARM = {
    0xD03: "cortex-a53",
    0xD04: "cortex-a35",
    0xD05: "cortex-a55",
    0xD06: "cortex-a65",
    0xD07: "cortex-a57",
    0xD08: "cortex-a72",
    0xD09: "cortex-a73",
    0xD0A: "cortex-a75",
    0xD0B: "cortex-a76",
    0xD0C: "neoverse-n1",
    0xD0D: "cortex-a77",
    0xD0E: "cortex-a76ae",
    0xD40: "neoverse-v1",
    0xD41: "cortex-a78",
    0xD42: "cortex-a78ae",
    0xD43: "cortex-a65ae",
    0xD44: "cortex-x1",
    0xD46: "cortex-a510",
    0xD47: "cortex-a710",
    0xD48: "cortex-x2",
    0xD49: "neoverse-n2",
    0xD4A: "neoverse-e1",
    0xD4B: "cortex-a78c",
    0xD4C: "cortex-x1c",
    0xD4D: "cortex-a715",
    0xD4E: "cortex-x3",
    0xD4F: "neoverse-v2",
    0xD80: "cortex-a520",
    0xD81: "cortex-a720",
    0xD82: "cortex-x4",
    0xD83: "neoverse-v3ae",
    0xD84: "neoverse-v3",
    0xD85: "cortex-x925",
    0xD87: "cortex-a725",
    0xD88: "cortex-a520ae",
    0xD89: "cortex-a720ae",
    0xD8E: "neoverse-n3",
    0xC05: "cortex-a5",
    0xC07: "cortex-a7",
    0xC08: "cortex-a8",
    0xC09: "cortex-a9",
    0xC0D: "cortex-a17",
    0xC0E: "cortex-a17",
    0xC0F: "cortex-a15",
    0xB76: "arm1176",
}
_APPLE = {
    **dict.fromkeys((0x022, 0x023, 0x024, 0x025, 0x028, 0x029), "apple-m1"),
    **dict.fromkeys((0x032, 0x033, 0x034, 0x035, 0x038, 0x039), "apple-m2"),
}
_APPLE_BRANDS = {
    **dict.fromkeys((0x022, 0x023), "Apple M1"),
    **dict.fromkeys((0x024, 0x025), "Apple M1 Pro"),
    **dict.fromkeys((0x028, 0x029), "Apple M1 Max"),
    **dict.fromkeys((0x032, 0x033), "Apple M2"),
    **dict.fromkeys((0x034, 0x035), "Apple M2 Pro"),
    **dict.fromkeys((0x038, 0x039), "Apple M2 Max"),
}
_CORES: dict[int, tuple[str, dict[int, str]]] = {
    0x41: ("ARM", _ARM),
    0x42: ("Broadcom", {0x516: "thunderx2"}),
    0x43: ("Cavium", {0x0A1: "thunderx", 0x0A2: "thunderx-81xx", 0x0A3: "thunderx-83xx", 0x0AF: "thunderx2"}),
    0x46: ("Fujitsu", {0x001: "a64fx", 0x003: "monaka"}),
    0x48: ("HiSilicon", {0xD01: "tsv110", 0xD02: "tsv200", 0xD40: "cortex-a76"}),
    0x4E: ("NVIDIA", {0x000: "denver", 0x003: "denver2", 0x004: "carmel", 0x010: "olympus"}),
    0x50: ("APM", {0x000: "x-gene"}),
    0x51: (
        "Qualcomm",
        {0x001: "oryon", 0x002: "oryon", 0x800: "kryo-2xx-gold", 0x802: "kryo-3xx-gold", 0xC00: "falkor"},
    ),
    0x61: ("Apple", _APPLE),
    0x70: ("Phytium", {0x660: "ftc660", 0x661: "ftc661", 0x662: "ftc662", 0x663: "ftc663", 0x664: "ftc664"}),
    0xC0: ("Ampere", {0xAC3: "ampere-1", 0xAC4: "ampere-1a", 0xAC5: "ampere-1b"}),
}
"""Implementer and part numbers of the main id register.

Sources: arch/arm64/include/asm/cputype.h in Linux 6.18 and sys-utils/lscpu-arm.c in util-linux 2.41, read 2026-11-24.
"""

IBM_MACHINES = {
    "2817": "z196",
    "2818": "z114",
    "2827": "zec12",
    "2828": "zbc12",
    "2964": "z13",
    "2965": "z13s",
    "3906": "z14",
    "3907": "z14-zr1",
    "8561": "z15",
    "8562": "z15-t02",
    "3931": "z16",
    "3932": "z16-a02",
    "9175": "z17",
}
"""Machine types of IBM Z, from util-linux' sys-utils/lscpu-cputype.c and IBM's announcements."""


def architecture(word: str | None) -> str | None:
    """Return dlsetup's spelling of an architecture: "AMD64" is x86_64, "aarch64" is arm64."""
    plain = (word or "").strip().lower()
    return _SPELLED.get(plain, plain) or None


def x86_level(features: Iterable[str]) -> str | None:
    """Return the highest level whose flags, and those of the levels below, are all there."""
    known = frozenset(features)
    reached = None
    for level, needed in X86_LEVELS:
        if not needed <= known:
            break
        reached = level
    return reached


def arm_vendor(implementer: int) -> str | None:
    """Return the maker that an implementer number stands for."""
    return _CORES[implementer][0] if implementer in _CORES else None


def arm_core(implementer: int, part: int) -> str | None:
    """Return the core's name: "neoverse-n1"."""
    return _CORES[implementer][1].get(part) if implementer in _CORES else None


def apple_brand(part: int) -> str | None:
    """Return the chip that an Apple core belongs to."""
    return _APPLE_BRANDS.get(part)


def title(core: str) -> str:
    """Write a core's name as its maker does: "neoverse-n1" is "Neoverse-N1"."""
    # names of a letter and a number are capitals throughout: Cortex-A78AE, Neoverse-V2
    return "-".join(
        word.upper() if len(word) < 7 and word[1:2].isdecimal() else word.capitalize()  # noqa: PLR2004 - "a720ae"
        for word in core.split("-")
    )
