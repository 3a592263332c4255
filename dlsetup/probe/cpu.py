"""The processor."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dlsetup.probe import told
from dlsetup.probe.answers import content, recorded
from dlsetup.probe.cpuinfo import imitated, parse_cpuinfo, parse_lscpu
from dlsetup.probe.instruction_sets import architecture, x86_level
from dlsetup.values.host import Cpu, Gap

if TYPE_CHECKING:
    from dlsetup.system.interface import System


def read(system: System, machine: str | None) -> tuple[Cpu, tuple[Gap, ...]]:
    """Return the processor of a Linux machine; `machine` is what uname calls it."""
    cpu = parse_cpuinfo(content(system, "/proc/cpuinfo"))
    for _, text in recorded(system, "lscpu"):
        cpu = filled(cpu, parse_lscpu(text))
    if cpu == Cpu() and not system.replayed:
        cpu = from_py_cpuinfo(system.value("cpuinfo"))
    cpu = filled(cpu, told.processor(system))
    if system.replayed and cpu.brand is None:
        cpu = replace(cpu, brand=_named_in_passing(system))
    return finished(system, in_process(of_kernel(cpu, machine), system.value("process")))


def in_process(cpu: Cpu, program: object) -> Cpu:
    """Return the processor that this process has; `program` is what the kernel runs it with.

    Under qemu-user that is "qemu-aarch64-static" and the like, whatever the imitated program is called, and what
    /proc/cpuinfo shows is the real processor (for some targets since QEMU 8, an imitated one): a process under
    qemu-x86_64 has no AVX512 because the machine has.
    """
    if not (isinstance(program, str) and program.startswith("qemu-")):
        return cpu
    return Cpu(architecture=cpu.architecture, translated="qemu", logical_cores=cpu.logical_cores)


def _named_in_passing(system: System) -> str | None:
    """Return the processor that the tools of GPUs list among their devices."""
    from dlsetup.probe import opencl
    from dlsetup.probe.amd import rocminfo

    brands = [rocminfo.parse(text).cpu for _, text in recorded(system, "rocminfo")]
    brands += [opencl.parse(text)[1] for _, text in recorded(system, "clinfo")]
    return next((brand for brand in brands if brand), None)


def of_kernel(cpu: Cpu, machine: str | None) -> Cpu:
    """Give the processor the architecture that the kernel runs, and see where it differs from the processor's own."""
    kernel = architecture(machine)
    if kernel and cpu.architecture and kernel != cpu.architecture and {kernel, cpu.architecture} <= _FAMILIES:
        # qemu-user shows the real processor in /proc/cpuinfo, but answers uname for the imitated one
        cpu = Cpu(architecture=kernel, translated="qemu", logical_cores=cpu.logical_cores)
    return replace(cpu, architecture=kernel or cpu.architecture)


_FAMILIES = frozenset({"x86_64", "arm64", "ppc64le", "s390x", "riscv64"})


def finished(system: System, cpu: Cpu) -> tuple[Cpu, tuple[Gap, ...]]:
    """Add the counts that are measured, and name what is missing."""
    logical = _count(system.value("logical_cores"))
    physical = cpu.physical_cores or _count(system.value("physical_cores"))
    done = replace(cpu, logical_cores=logical or cpu.logical_cores, physical_cores=physical)
    wanted = ("architecture", "brand", "features", "logical_cores")
    why = _IMITATED if done.translated == "qemu" else _WHY
    return done, tuple(Gap(what=f"cpu.{name}", why=why) for name in wanted if getattr(done, name) is None)


_WHY = "neither /proc/cpuinfo nor another source told it"
_IMITATED = "QEMU imitates another processor than /proc/cpuinfo shows"


def filled(first: Cpu, second: Cpu) -> Cpu:
    """Return the first description with what it lacks from the second."""
    missing = {name: getattr(second, name) for name in Cpu.__dataclass_fields__ if getattr(first, name) is None}
    return replace(first, **missing)


def from_py_cpuinfo(answer: Any) -> Cpu:  # noqa: ANN401 - py-cpuinfo's mapping, or nothing
    """Read py-cpuinfo's mapping: brand and flags only, since it was seen to report wrong cache sizes."""
    if not isinstance(answer, dict):
        return Cpu()
    flags, brand, vendor = answer.get("flags"), answer.get("brand_raw"), answer.get("vendor_id_raw")
    words = tuple(sorted(str(flag).lower() for flag in flags)) if isinstance(flags, list) and flags else None
    kind = architecture(str(answer.get("arch_string_raw") or "")) or None
    return Cpu(
        architecture=kind,
        vendor=vendor if isinstance(vendor, str) else None,
        brand=brand if isinstance(brand, str) else None,
        microarchitecture=x86_level(py_cpuinfo_flags(words)) if words and kind == "x86_64" else None,
        features=py_cpuinfo_flags(words) if words else None,
        translated=imitated(str(vendor), str(brand)),
    )


def py_cpuinfo_flags(words: tuple[str, ...]) -> tuple[str, ...]:
    """Add Linux' names of the flags that CPUID calls otherwise."""
    linux = {"sse3": "pni", "lzcnt": "abm", "osxsave": "xsave", "sse4.1": "sse4_1", "sse4.2": "sse4_2"}
    return tuple(sorted({*words, *(linux[word] for word in words if word in linux)}))


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
