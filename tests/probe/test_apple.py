"""Macs."""

from __future__ import annotations

import json

import pytest

from dlsetup.probe import apple, probe_host, system_profiler
from dlsetup.system.recorded import RecordedSystem

M4 = (
    "machdep.cpu.brand_string: Apple M4 Pro\nhw.optional.arm64: 1\nhw.memsize: 25769803776\n"
    "hw.physicalcpu: 12\nhw.optional.arm.FEAT_BF16: 1\n"
)
INTEL = (
    "machdep.cpu.vendor: GenuineIntel\nmachdep.cpu.brand_string: Intel(R) Core(TM) i9\n"
    "machdep.cpu.features: FPU SSE4.2 AVX1.0\nmachdep.cpu.leaf7_features: AVX2\nmachdep.cpu.extfeatures: EM64T\n"
)


def probed(files, **more):
    return probe_host(RecordedSystem({"platform": "darwin", "files": files, **more}), lambda _: ())


def test_a_chip_names_its_gpu():
    host = probed({"sysctl -a": M4, "sw_vers": "ProductName:\tmacOS\nProductVersion:\t15.5\n"})
    (gpu,) = host.gpus
    assert (gpu.vendor, gpu.name, gpu.architecture, gpu.integrated) == ("apple", "Apple M4 Pro", "apple-m4", True)
    assert (host.os.version, host.cpu.architecture, host.memory_bytes) == ("15.5", "arm64", 24 << 30)
    assert host.driver("apple").state == "ok"
    assert {"asimd", "bf16"} <= set(host.cpu.features)


@pytest.mark.parametrize(
    ("text", "values"), [(M4 + "sysctl.proc_translated: 1\n", {}), (M4, {"machine": "x86_64", "kernel": "24.5.0"})]
)
def test_rosetta_is_seen_through(text, values):
    host = probed({"sysctl -a": text}, values=values)
    assert (host.cpu.architecture, host.cpu.translated) == ("arm64", "rosetta")


def test_a_virtual_machine_offers_no_metal():
    host = probed({"sysctl -a": M4.replace("Apple M4 Pro", "Apple M4 (Virtual)") + "kern.hv_vmm_present: 1\n"})
    assert host.gpus[0].virtual
    assert host.driver("apple").state == "error"


def test_intel_macs_have_linux_names_for_their_features():
    cpu = apple.parse_sysctl(INTEL).cpu
    assert (cpu.architecture, cpu.features) == ("x86_64", ("avx", "avx2", "fpu", "lm", "sse4_2"))


def test_ioreg_counts_the_cores_of_the_gpu():
    (seen,) = apple.parse_ioreg('  "model" = "Apple M4 Pro"\n  "gpu-core-count" = 20\n')
    assert (seen.gpu.architecture, seen.gpu.cores) == ("apple-m4", 20)


TEXT = """Graphics/Displays:

    AMD Radeon Pro 5300M:

      Chipset Model: AMD Radeon Pro 5300M
      Bus: PCIe
      VRAM (Total): 4 GB
      Vendor: AMD (0x1002)
      Device ID: 0x7340
      Metal Support: Metal 3
"""


def test_system_profiler_lists_the_gpus_of_an_intel_mac():
    found = system_profiler.parse(TEXT)
    assert [(each.gpu.vendor, each.gpu.pci_id, each.gpu.memory_bytes) for each in found.gpus] == [
        ("amd", "1002:7340", 4 << 30)
    ]
    assert found.metal == "Metal 3"


def test_system_profiler_says_the_same_in_json():
    row = {"sppci_model": "Apple M2", "spdisplays_vendor": "sppci_vendor_Apple", "sppci_cores": "10"}
    row["spdisplays_mtlgpufamilysupport"] = "spdisplays_metal4"
    found = system_profiler.parse(json.dumps({"SPDisplaysDataType": [row]}))
    assert (found.gpus[0].gpu.cores, found.architecture, found.metal) == (10, "arm64", "Metal 4")


def test_a_mac_of_which_nothing_is_known_has_gaps():
    host = probed({})
    assert host.unknown("gpus")
    assert host.unknown("os.version")
