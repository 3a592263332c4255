"""Macs: what sysctl, ioreg, sw_vers and system_profiler say of system, processor and GPU."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dlsetup.probe import system_profiler, told
from dlsetup.probe.answers import TOOL_SECONDS, clean, content, recorded, said
from dlsetup.probe.instruction_sets import architecture, x86_level
from dlsetup.probe.sighting import Answer, Sighting
from dlsetup.values.host import Cpu, Driver, Gap, Gpu, OperatingSystem

if TYPE_CHECKING:
    from dlsetup.probe.operating_system import Uname
    from dlsetup.system.interface import System

PLIST = "/System/Library/CoreServices/SystemVersion.plist"
SYSCTL = ("sysctl", "machdep.cpu", "hw", "kern.hv_vmm_present", "sysctl.proc_translated")
IOREG = ("ioreg", "-rc", "AGXAccelerator", "-d1")
PROFILER = ("system_profiler", "SPDisplaysDataType", "-json")
PROFILER_SECONDS = 15.0

_FAMILIES = {
    0x1B588BB3: "apple-m1",
    0xDA33D83D: "apple-m2",
    0xFA33415E: "apple-m3",
    0x5F4DEA93: "apple-m3",
    0x72015832: "apple-m3",
    0x6F5129AC: "apple-m4",
    0x17D5B93A: "apple-m4",
}
"""hw.cpufamily of Apple's chips. Source: mach/machine.h of Apple's xnu, read 2026-11-24."""

_LINUX_NAMES = {
    "sse3": "pni",
    "sse4.1": "sse4_1",
    "sse4.2": "sse4_2",
    "avx1.0": "avx",
    "em64t": "lm",
    "lahf": "lahf_lm",
    "lzcnt": "abm",
    "xd": "nx",
    "htt": "ht",
    "clfsh": "clflush",
}
_ARM_NAMES = {
    "FEAT_AES": "aes",
    "FEAT_BF16": "bf16",
    "FEAT_BTI": "bti",
    "FEAT_CRC32": "crc32",
    "FEAT_DotProd": "asimddp",
    "FEAT_FHM": "asimdfhm",
    "FEAT_FP16": "asimdhp",
    "FEAT_I8MM": "i8mm",
    "FEAT_LSE": "atomics",
    "FEAT_PMULL": "pmull",
    "FEAT_RDM": "asimdrdm",
    "FEAT_SHA1": "sha1",
    "FEAT_SHA256": "sha2",
    "FEAT_SHA3": "sha3",
    "FEAT_SHA512": "sha512",
    "FEAT_SME": "sme",
    "FEAT_SME2": "sme2",
}


@dataclass(frozen=True, kw_only=True)
class Mac:
    """What a Mac's tools told together."""

    version: str | None = None
    product: str | None = None
    cpu: Cpu = field(default_factory=Cpu)
    memory_bytes: int | None = None
    virtual: bool | None = None
    gpus: tuple[Sighting, ...] = ()
    supports: str | None = None
    """The newest Metal that is told: "Metal 3"."""
    kernel: str | None = None


def parse_sysctl(text: str) -> Mac:
    """Read sysctl's lines, of Intel and Apple processors."""
    found = dict(re.findall(r"^([\w.]+)\s*[:=]\s*(.*?)\s*$", clean(text), re.MULTILINE))
    brand = found.get("machdep.cpu.brand_string")
    arm = found.get("hw.optional.arm64") == "1" or (brand or "").startswith("Apple")
    features = _arm_features(found) if arm else _intel_features(found)
    kind = "arm64" if arm else "x86_64" if found.get("machdep.cpu.vendor") or (features and "lm" in features) else None
    cpu = Cpu(
        architecture=kind,
        vendor="Apple" if arm else found.get("machdep.cpu.vendor"),
        brand=brand,
        microarchitecture=_chip(found, brand) if arm else x86_level(features) if features else None,
        features=features,
        physical_cores=_int(found.get("hw.physicalcpu") or found.get("machdep.cpu.core_count")),
        logical_cores=_int(found.get("hw.logicalcpu") or found.get("machdep.cpu.thread_count")),
        translated="rosetta" if found.get("sysctl.proc_translated") == "1" else None,
    )
    if not found.get("machdep.cpu.brand_string") and "hw.optional.arm64" not in found and features is None:
        cpu = replace(cpu, architecture=None, vendor=None)
    virtual = found.get("kern.hv_vmm_present") == "1" or (brand or "").endswith("(Virtual)")
    return Mac(
        cpu=cpu,
        memory_bytes=_int(found.get("hw.memsize")),
        virtual=virtual or (None if "kern.hv_vmm_present" not in found else False),
    )


def _chip(found: dict[str, str], brand: str | None) -> str | None:
    match = re.match(r"Apple (M\d+)\b", brand or "")
    return f"apple-{match.group(1).lower()}" if match else _FAMILIES.get(_int(found.get("hw.cpufamily")) or 0)


def _intel_features(found: dict[str, str]) -> tuple[str, ...] | None:
    names = ("machdep.cpu.features", "machdep.cpu.leaf7_features", "machdep.cpu.extfeatures")
    words = " ".join(found.get(name, "") for name in names).lower().split()
    return tuple(sorted({_LINUX_NAMES.get(word, word) for word in words})) if words else None


def _arm_features(found: dict[str, str]) -> tuple[str, ...] | None:
    told = {key.rpartition(".")[2]: value for key, value in found.items() if key.startswith("hw.optional")}
    if not told:
        return None
    names = {linux for apple, linux in _ARM_NAMES.items() if told.get(apple) == "1"}
    # every 64-bit ARM processor has these two; the kernel names them one way or the other
    return tuple(sorted({*names, "fp", "asimd"}))


def _int(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,15}", text) and int(text) else None


def parse_sw_vers(text: str) -> Mac:
    """Read sw_vers, or SystemVersion.plist with the same names."""
    plain = re.sub(r"<key>(\w+)</key>\s*<string>([^<]*)</string>", r"\n\1: \2\n", clean(text))
    found = dict(re.findall(r"^\s*(Product\w+):\s*(.*?)\s*$", plain, re.MULTILINE))
    version = found.get("ProductVersion", "")
    return Mac(
        version=version if re.fullmatch(r"\d+(?:\.\d+){0,3}", version) else None,
        product="macOS" if found.get("ProductName") in {"macOS", "Mac OS X", "OS X"} else None,
    )


def parse_ioreg(text: str) -> tuple[Sighting, ...]:
    """Read the accelerator's entry: Apple's name of the GPU and how many cores it has."""
    plain = clean(text)
    cores = re.search(r'"gpu-core-count"\s*=\s*(\d{1,4})\b', plain)
    model = re.search(r'"model"\s*=\s*<?"([^"]+)"', plain)
    if cores is None and model is None:
        return ()
    name = model.group(1) if model else None
    return (system_profiler.apple_gpu(name, int(cores.group(1)) if cores else None),)


def read(system: System) -> Mac:
    """Return all that a Mac tells."""
    parts = [parse_sw_vers(content(system, PLIST))]
    asked = system.value("macos")
    parts.append(Mac(version=asked if isinstance(asked, str) else None))
    if system.replayed:
        parts.extend(_recorded(system))
    parts.append(Mac(cpu=_of_brand(told.processor(system))))
    parts.append(parse_sysctl(said(system, SYSCTL)))
    parts.append(Mac(gpus=parse_ioreg(said(system, IOREG))))
    mac = together(parts)
    if not mac.gpus and mac.cpu.architecture != "arm64" and not system.replayed:
        mac = together([mac, _profiled(said(system, PROFILER, PROFILER_SECONDS))])
    return mac


def _profiled(text: str) -> Mac:
    found = system_profiler.parse(text)
    return Mac(
        version=found.version,
        product="macOS" if found.version else None,
        kernel=found.kernel,
        cpu=Cpu(
            architecture=found.architecture,
            brand=found.brand,
            vendor="Apple" if found.architecture == "arm64" else None,
            physical_cores=found.cores,
            microarchitecture=system_profiler.chip(found.brand),
        ),
        memory_bytes=found.memory_bytes,
        gpus=found.gpus,
        supports=found.metal,
    )


def _of_brand(cpu: Cpu) -> Cpu:
    """Add what the brand alone tells: Apple makes no processor but arm64 ones."""
    if not (cpu.brand or "").startswith("Apple "):
        return replace(cpu, architecture="x86_64", vendor="GenuineIntel") if "Intel(R)" in (cpu.brand or "") else cpu
    chip = system_profiler.chip(cpu.brand)
    return replace(cpu, architecture="arm64", vendor="Apple", microarchitecture=chip)


def _recorded(system: System) -> list[Mac]:
    parts = [parse_sw_vers(text) for _, text in recorded(system, "sw_vers")]
    parts += [parse_sysctl(text) for _, text in recorded(system, "sysctl")]
    parts += [_profiled(text) for _, text in recorded(system, "system_profiler")]
    parts += [Mac(gpus=parse_ioreg(text)) for _, text in recorded(system, "ioreg")]
    return parts


def together(parts: list[Mac]) -> Mac:
    """Join several answers, the most trustworthy first."""
    whole = Mac()
    for part in parts:
        fields = {name: getattr(whole.cpu, name) for name in Cpu.__dataclass_fields__}
        more = {name: getattr(part.cpu, name) for name, value in fields.items() if value is None}
        whole = Mac(
            version=whole.version or part.version,
            product=whole.product or part.product,
            cpu=replace(whole.cpu, **more),
            memory_bytes=whole.memory_bytes or part.memory_bytes,
            virtual=part.virtual if whole.virtual is None else whole.virtual,
            gpus=whole.gpus or part.gpus,
            supports=whole.supports or part.supports,
            kernel=whole.kernel or part.kernel,
        )
    return whole


def os_of(mac: Mac, uname: Uname) -> tuple[OperatingSystem, tuple[Gap, ...]]:
    """Return the operating system."""
    found = OperatingSystem(
        system="macos",
        distribution=mac.product or "macOS",
        version=mac.version,
        kernel=uname.kernel or mac.kernel,
    )
    return found, () if mac.version else (
        Gap(what="os.version", why="neither sw_vers nor SystemVersion.plist told it"),
    )


def cpu_of(mac: Mac, uname: Uname) -> Cpu:
    """Return the processor; a process under Rosetta is told an Intel machine by uname."""
    cpu = mac.cpu
    kernel = architecture(uname.machine)
    if cpu.architecture == "arm64" and kernel == "x86_64":
        return replace(cpu, translated="rosetta")
    return replace(cpu, architecture=cpu.architecture or kernel)


def gpus_of(mac: Mac) -> Answer:
    """Return the GPU of Apple's chip, and of an Intel Mac what system_profiler lists."""
    gaps: tuple[Gap, ...] = ()
    sightings = mac.gpus
    if mac.cpu.architecture == "arm64" and not any(each.gpu.vendor == "apple" for each in sightings):
        sightings = (system_profiler.apple_gpu(mac.cpu.brand, None), *sightings)
        if mac.cpu.microarchitecture and sightings[0].gpu.architecture is None:
            first = sightings[0]
            sightings = (replace(first, gpu=replace(first.gpu, architecture=mac.cpu.microarchitecture)),)
    if not sightings:
        return Answer(gaps=(Gap(what="gpus", why="neither sysctl nor system_profiler named a GPU"),))
    if mac.virtual:
        detail = "a virtual machine's GPU, which offers no Metal to compute with"
        driver = Driver(vendor="apple", version=mac.version, state="error", detail=detail)
        return Answer(sightings=tuple(_virtual(each) for each in sightings), driver=driver)
    driver = Driver(vendor="apple", version=mac.version, supports=mac.supports or "Metal")
    return Answer(sightings=sightings, driver=driver, gaps=gaps)


def _virtual(sighting: Sighting) -> Sighting:
    gpu = sighting.gpu
    return replace(sighting, gpu=Gpu(vendor=gpu.vendor, name=gpu.name, architecture=gpu.architecture, virtual=True))


__all__ = ["TOOL_SECONDS", "Mac", "cpu_of", "gpus_of", "os_of", "parse_ioreg", "parse_sw_vers", "parse_sysctl", "read"]
