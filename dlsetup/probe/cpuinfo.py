"""What /proc/cpuinfo and lscpu print, on every architecture that Linux prints it for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe.answers import clean, usable
from dlsetup.probe.instruction_sets import (
    IBM_MACHINES,
    apple_brand,
    architecture,
    arm_core,
    arm_vendor,
    title,
    x86_level,
)
from dlsetup.values.host import Cpu

if TYPE_CHECKING:
    from collections.abc import Sequence

_FLAG = re.compile(r"[a-z0-9][a-z0-9_.]*")
_NUMBER = re.compile(r"0x[0-9a-f]{1,8}|\d{1,8}", re.IGNORECASE)

Fields = dict[str, list[str]]


def fields(text: str) -> Fields:
    """Collect "key : value" lines; a key that comes again (once a processor) keeps all of its values."""
    found: Fields = {}
    for line in clean(text).splitlines():
        key, colon, value = line.partition(":")
        if colon:
            found.setdefault(key.strip().lower(), []).append(value.strip())
    return found


def parse_cpuinfo(text: str) -> Cpu:
    """Read /proc/cpuinfo."""
    found = fields(text)
    if "cpu implementer" in found:
        return _arm(found)
    if found.get("vendor_id", [""])[0] == "IBM/S390":
        return _s390(found)
    if "flags" in found or "vendor_id" in found:
        return _x86(found)
    if "cpu" in found and "clock" in found:
        # big- and little-endian kernels print the same: the architecture must come from elsewhere
        name = re.sub(r"[,(].*", "", found["cpu"][0]).strip()
        return Cpu(
            vendor="IBM", brand=name or None, microarchitecture=name.lower() or None, logical_cores=_counted(found)
        )
    return _others(found)


def _x86(found: Fields) -> Cpu:
    flags = flag_words(found.get("flags", []))
    physical, logical = _x86_cores(found)
    return Cpu(
        architecture="x86_64" if flags and "lm" in flags else None,
        vendor=usable(_first(found, "vendor_id")),
        brand=usable(_first(found, "model name")),
        microarchitecture=x86_level(flags) if flags else None,
        features=flags,
        translated=imitated(_first(found, "vendor_id"), _first(found, "model name")),
        physical_cores=physical,
        logical_cores=logical,
    )


def _x86_cores(found: Fields) -> tuple[int | None, int | None]:
    """Count cores. A text that shows fewer processors than one socket has is an excerpt and counts nothing."""
    logical = len(found.get("processor", []))
    siblings = _int(_first(found, "siblings"))
    if not logical or (siblings is not None and siblings > logical):
        return None, None
    sockets, cores = found.get("physical id", []), found.get("core id", [])
    whole = len(sockets) == logical and len(cores) == logical
    physical = len(set(zip(sockets, cores, strict=True))) if whole else None
    return physical, logical


def _arm(found: Fields) -> Cpu:
    numbers = {
        (implementer, part)
        for implementer, part in zip(
            map(_int, found.get("cpu implementer", [])), map(_int, found.get("cpu part", [])), strict=False
        )
        if implementer is not None and part is not None
    }
    ordered = sorted(numbers)
    cores = [arm_core(*pair) for pair in ordered]
    names = list(dict.fromkeys(name for name in cores if name))
    implementer = _int(_first(found, "cpu implementer"))
    features = flag_words(found.get("features", []))
    return Cpu(
        architecture=_arm_architecture(found, features),
        vendor=arm_vendor(implementer) if implementer is not None else None,
        brand=_arm_brand(found, ordered, names),
        microarchitecture="+".join(names) if names and None not in cores else None,
        features=features,
        logical_cores=_counted(found),
    )


def _arm_architecture(found: Fields, features: tuple[str, ...] | None) -> str | None:
    level = _first(found, "cpu architecture") or ""
    if features and ("asimd" in features or "fp" in features):
        return "arm64"
    model = _first(found, "model name") or _first(found, "processor") or ""
    return "armv7l" if level.startswith("7") and "v7l" in model else None


def _arm_brand(found: Fields, parts: Sequence[tuple[int, int]], names: Sequence[str]) -> str | None:
    """Return the model's name; ARM kernels mostly print none, or one that names the instruction set only."""
    models = [_first(found, "model name"), *found.get("processor", [])]
    printed = next((model for model in models if model and not model.isdecimal()), None)
    apple = {apple_brand(part) for implementer, part in parts if implementer == 0x61}  # noqa: PLR2004 - Apple's number
    if len(apple) == 1 and None not in apple:
        return apple.pop()
    if printed or not names:
        return usable(printed)
    return " + ".join(title(name) for name in names)


def _s390(found: Fields) -> Cpu:
    count = _int(_first(found, "# processors"))
    machines = {match for key in found for value in found[key] for match in re.findall(r"machine\s*=\s*(\d{4})", value)}
    name = IBM_MACHINES.get(machines.pop()) if len(machines) == 1 else None
    return Cpu(
        architecture="s390x",
        vendor="IBM",
        microarchitecture=name,
        features=flag_words(found.get("features", [])),
        logical_cores=count,
    )


def _others(found: Fields) -> Cpu:
    """Read RISC-V and LoongArch."""
    isa = _first(found, "isa") or ""
    kind = "riscv64" if isa.startswith("rv64") else "loongarch64" if "loongarch64" in isa else None
    if kind is None:
        return Cpu()
    brand = usable(_first(found, "model name")) or usable(_first(found, "uarch"))
    listed = flag_words(found.get("features", [])) if kind == "loongarch64" else _riscv_features(isa)
    vendor = "Loongson" if kind == "loongarch64" else None
    return Cpu(architecture=kind, vendor=vendor, brand=brand, features=listed, logical_cores=_counted(found))


def _riscv_features(isa: str) -> tuple[str, ...]:
    base, *extensions = isa.lower().split("_")
    return tuple(sorted({*base.removeprefix("rv64"), *extensions}))


def parse_lscpu(text: str) -> Cpu:
    """Read lscpu's lines, of one or several kinds of cores."""
    found = fields(text)
    kind = architecture(_first(found, "architecture"))
    flags = flag_words(found.get("flags", []))
    models = list(dict.fromkeys(name for name in map(usable, found.get("model name", [])) if name))
    vendor = usable(_first(found, "vendor id"))
    logical = _int(_first(found, "cpu(s)"))
    return Cpu(
        architecture=kind,
        vendor=vendor,
        brand=" + ".join(models) or None,
        microarchitecture=_lscpu_core(kind, flags, models),
        features=flags,
        physical_cores=_lscpu_cores(found, logical),
        logical_cores=logical,
        translated=imitated(vendor, " ".join(models)),
    )


def _lscpu_core(kind: str | None, flags: tuple[str, ...] | None, models: Sequence[str]) -> str | None:
    if kind == "x86_64":
        return x86_level(flags) if flags else None
    cores = [name.lower() for name in models if re.fullmatch(r"(?:Cortex|Neoverse)-\w+|Carmel|POWER\d+\w*", name)]
    return "+".join(cores) if cores and len(cores) == len(models) else None


def _lscpu_cores(found: Fields, logical: int | None) -> int | None:
    threads = found.get("thread(s) per core", [])
    if threads and all(count == "1" for count in threads):
        return logical
    each, sockets = found.get("core(s) per socket", []), found.get("socket(s)", [])
    counts = [_int(count) for count in (*each, *sockets)]
    if len(each) == len(sockets) == 1 and counts[0] and counts[1]:
        return counts[0] * counts[1]
    return None


def imitated(vendor: str | None, brand: str | None) -> str | None:
    """Tell who imitates this processor.

    QEMU's own models call themselves "QEMU Virtual CPU" or "QEMU TCG CPU" (target/i386/cpu.c); Apple's Rosetta shows
    "VirtualApple" as vendor and model in Linux guests and processes.
    """
    words = f"{vendor or ''} {brand or ''}"
    if "VirtualApple" in words:
        return "rosetta"
    return "qemu" if "QEMU" in words or "TCGTCGTCG" in words else None


def flag_words(lines: Sequence[str]) -> tuple[str, ...] | None:
    """Return the flags that every kind of core has; None where the text is no list of flags."""
    sets = []
    for line in dict.fromkeys(lines):
        words = line.lower().split()
        if not words or not all(_FLAG.fullmatch(word) for word in words):
            return None
        sets.append(frozenset(words))
    return tuple(sorted(frozenset.intersection(*sets))) if sets else None


def _counted(found: Fields) -> int | None:
    """Count the processors that are listed; a lone one is as likely the beginning of a longer list."""
    count = sum(value.isdecimal() for value in found.get("processor", []))
    return count if count > 1 else None


def _first(found: Fields, key: str) -> str | None:
    values = found.get(key)
    return values[0] if values else None


def _int(text: str | None) -> int | None:
    match = _NUMBER.fullmatch((text or "").strip())
    if match is None:
        return None
    word = match.group()
    return int(word, 16) if word[:2].lower() == "0x" else int(word)
