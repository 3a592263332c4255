"""Processors."""

from __future__ import annotations

import pytest

from dlsetup.probe import cpu
from dlsetup.probe.cpuinfo import parse_cpuinfo, parse_lscpu
from dlsetup.probe.instruction_sets import X86_LEVELS, architecture, x86_level
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.host import Cpu

V3 = " ".join(sorted(set().union(*(flags for _, flags in X86_LEVELS[:3]))))


def x86(count=2, flags=V3, vendor="GenuineIntel", model="A Processor"):
    return "\n".join(
        f"processor\t: {number}\nvendor_id\t: {vendor}\nmodel name\t: {model}\nphysical id\t: 0\nsiblings\t: {count}\n"
        f"core id\t\t: {number // 2}\nflags\t\t: {flags}\n"
        for number in range(count)
    )


@pytest.mark.parametrize("spelling", ["AMD64", "x86_64", "x64", "amd64", " X86-64 "])
def test_an_architecture_has_one_spelling(spelling):
    assert architecture(spelling) == "x86_64"


@pytest.mark.parametrize("number", range(4))
def test_a_level_needs_all_flags_of_those_below(number):
    flags = set().union(*(needed for _, needed in X86_LEVELS[: number + 1]))
    assert x86_level(flags) == X86_LEVELS[number][0]
    assert x86_level(flags - {"sse2"}) is None


def test_threads_of_one_core_count_once():
    found = parse_cpuinfo(x86(4))
    assert (found.physical_cores, found.logical_cores, found.microarchitecture) == (2, 4, "x86-64-v3")


def test_an_excerpt_counts_no_cores():
    assert parse_cpuinfo(x86(4).split("\n\n")[0]).logical_cores is None


def test_flags_in_prose_are_unknown_rather_than_absent():
    assert parse_cpuinfo(x86(1, flags="(has avx; has no avx2)")).features is None


@pytest.mark.parametrize(
    ("vendor", "model", "by"),
    [
        ("AuthenticAMD", "QEMU TCG CPU version 2.5+", "qemu"),
        ("VirtualApple", "VirtualApple @ 2.50GHz", "rosetta"),
        ("GenuineIntel", "A Processor", None),
    ],
)
def test_an_imitated_processor_is_named(vendor, model, by):
    assert parse_cpuinfo(x86(vendor=vendor, model=model)).translated == by


def test_an_intel_kernel_above_an_arm_processor_is_translated():
    text = "processor : 0\nFeatures : fp asimd\nCPU implementer : 0x41\nCPU architecture: 8\nCPU part : 0xd0c\n"
    found, _ = cpu.read(RecordedSystem({"files": {"/proc/cpuinfo": text}}), "x86_64")
    assert (found.architecture, found.translated, found.features) == ("x86_64", "qemu", None)


def test_the_kernel_outranks_what_the_text_leaves_open():
    text = "processor : 0\ncpu : POWER10 (architected), altivec supported\nclock : 4000.0MHz\n"
    found, _ = cpu.read(RecordedSystem({"files": {"/proc/cpuinfo": text}}), "ppc64le")
    assert (found.architecture, found.brand, found.microarchitecture) == ("ppc64le", "POWER10", "power10")


def test_two_kinds_of_cores_are_both_named_and_share_their_features():
    text = (
        "processor : 0\nFeatures : fp asimd sve\nCPU implementer : 0x41\nCPU part : 0xd87\n\n"
        "processor : 1\nFeatures : fp asimd\nCPU implementer : 0x41\nCPU part : 0xd85\n"
    )
    found = parse_cpuinfo(text)
    assert found.microarchitecture == "cortex-x925+cortex-a725"
    assert found.features == ("asimd", "fp")


def test_lscpu_knows_sockets_and_threads():
    text = (
        f"Architecture: x86_64\nCPU(s): 64\nThread(s) per core: 2\nCore(s) per socket: 16\nSocket(s): 2\n"
        f"Vendor ID: AuthenticAMD\nModel name: AMD EPYC\nFlags: {V3}\n"
    )
    found = parse_lscpu(text)
    assert (found.physical_cores, found.logical_cores, found.microarchitecture) == (32, 64, "x86-64-v3")


def test_nothing_known_is_a_gap_for_each_fact():
    found, gaps = cpu.read(RecordedSystem({}), None)
    assert found == Cpu()
    assert {gap.what for gap in gaps} == {"cpu.architecture", "cpu.brand", "cpu.features", "cpu.logical_cores"}


def test_py_cpuinfo_speaks_of_flags_in_its_own_way():
    words = [*V3.split(), "sse3", "lzcnt", "osxsave"]
    for linux in ("pni", "abm", "xsave"):
        words.remove(linux)
    found = cpu.from_py_cpuinfo({"flags": words, "brand_raw": "A Processor", "arch_string_raw": "AMD64"})
    assert (found.architecture, found.microarchitecture) == ("x86_64", "x86-64-v3")


@pytest.mark.parametrize("program", [None, "python3.11", "qemu", 5])
def test_a_program_of_its_own_kind_leaves_the_processor_as_it_is(program):
    known = Cpu(architecture="x86_64", features=("avx",))
    assert cpu.in_process(known, program) == known


def test_under_qemu_nothing_of_the_real_processor_is_claimed():
    known = Cpu(architecture="x86_64", vendor="AuthenticAMD", features=("avx", "avx2"), logical_cores=8)
    imitated = cpu.in_process(known, "qemu-x86_64")
    assert imitated == Cpu(architecture="x86_64", translated="qemu", logical_cores=8)
