"""Drivers, GPUs and platforms, held against the published rules of selection, which are written down here once more."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from packaging.version import Version

from dlsetup.values.host import Cpu, Driver, Gpu

DRIVERS = (
    "450.51", "450.80.02", "455.45", "460.91", "470.256", "495.46", "510.47", "515.65", "520.61", "525.60.13",
    "525.147", "528.33", "530.41", "535.183.01", "545.29", "550.163", "555.58", "560.35", "565.57", "570.86",
    "575.64", "576.88", "579.99", "580.65.06", "580.95.05", "590.48.01", "595.84", "600.10", "610.43", "615.20",
)  # fmt: skip
GPUS = (
    "sm_35", "sm_37", "sm_50", "sm_52", "sm_60", "sm_61", "sm_70", "sm_75", "sm_80", "sm_86", "sm_89", "sm_90",
    "sm_100", "sm_103", "sm_120", "sm_121",
)  # fmt: skip
ARM_GPUS = ("sm_53", "sm_62", "sm_72", "sm_75", "sm_80", "sm_86", "sm_87", "sm_89", "sm_90", "sm_100", "sm_103", "sm_110", "sm_120", "sm_121")  # fmt: skip # noqa: E501


def capability(gpu):
    digits = gpu.removeprefix("sm_")
    return int(digits[:-1]), int(digits[-1])


def wanted_on_x86(gpu, driver, *, windows):
    """Return PyTorch's choice by the rules: the CUDA major's driver floor, and the lines that have code for the GPU."""
    here, driver = capability(gpu), Version(driver)
    cuda12, cuda11 = (Version("528.33"), Version("452.39")) if windows else (Version("525.60.13"), Version("450.80.02"))
    if here >= (7, 5) and driver >= Version("580"):
        return "2.14.1 cu132" if windows else "2.15.0 cu132"
    if here >= (10, 0) and driver >= cuda12:
        return "2.11.0 cu128" if windows else "2.13.0 cu129"
    if (5, 0) <= here <= (9, 0) and driver >= cuda12:
        return "2.14.1 cu126"
    if (3, 7) <= here <= (9, 0) and driver >= cuda11:
        return "2.7.1 cu118"
    return "2.15.0 cpu" if windows else "2.14.1 cpu"


def wanted_on_arm(gpu, driver):
    here, driver = capability(gpu), Version(driver)
    tegra = here in {(5, 3), (6, 2), (7, 2)}
    if here >= (8, 0) and driver >= Version("580"):
        return "2.15.0 cu132"
    if here in {(10, 0), (10, 3), (12, 0), (12, 1)} and driver >= Version("525.60.13"):
        return "2.13.0 cu129"
    if here[0] in {8, 9} and here != (8, 7) and not tegra and driver >= Version("525.60.13"):
        return "2.14.1 cu126"
    return "2.14.1 cpu"


@pytest.mark.parametrize("gpu", GPUS)
@pytest.mark.parametrize("target", ["linux-x86_64", "windows-x86_64"])
def test_pytorchs_line_is_the_one_of_the_rules(target, gpu, plan_for, make_machine, choice):
    for driver in DRIVERS:
        wanted = wanted_on_x86(gpu, driver, windows=target.startswith("windows"))
        assert choice(plan_for(make_machine(target, [gpu], driver), "pytorch", python="3.12")) == wanted, (gpu, driver)


@pytest.mark.parametrize("gpu", ARM_GPUS)
def test_pytorchs_line_on_arm_is_the_one_of_the_rules(gpu, plan_for, make_machine, choice):
    for driver in DRIVERS:
        found = choice(plan_for(make_machine("linux-arm64", [gpu], driver), "pytorch", python="3.12"))
        assert found == wanted_on_arm(gpu, driver), (gpu, driver)


@pytest.mark.parametrize("gpu", GPUS)
def test_tensorflow_uses_what_its_wheels_have_code_for(gpu, plan_for, make_machine, choice):
    here = capability(gpu)
    for driver in DRIVERS:
        wanted = "2.21.0 cpu"
        if Version(driver) >= Version("525.60.13"):
            # Maxwell ended with 2.16, whose wheel does not find its CUDA libraries
            wanted = "2.21.0 cuda12" if here >= (6, 0) else "2.15.1 cuda12" if here >= (5, 0) else wanted
        proposal = plan_for(make_machine("linux-x86_64", [gpu], driver), "tensorflow")
        assert choice(proposal) == wanted, (gpu, driver)
        compiled = any("half an hour" in reason for reason in proposal.plans[0].reasons)
        assert compiled == (wanted.endswith("cuda12") and here > (9, 0))


@pytest.mark.parametrize("gpu", GPUS)
def test_jax_uses_what_its_plugins_have_code_for(gpu, plan_for, make_machine, choice):
    here = capability(gpu)
    for driver in DRIVERS:
        wanted = "0.12.0.1 cpu"
        if here >= (7, 5) and Version(driver) >= Version("580"):
            wanted = "0.12.0.1 cuda13"
        elif here >= (5, 0) and Version(driver) >= Version("525.60.13"):
            wanted = "0.12.0.1 cuda12"
        assert choice(plan_for(make_machine("linux-x86_64", [gpu], driver), "jax", python="3.12")) == wanted, (
            gpu,
            driver,
        )


@pytest.mark.parametrize("target", ["windows-x86_64", "linux-arm64", "macos-arm64", "macos-x86_64"])
def test_tensorflow_has_cuda_on_linux_x86_64_only(target, plan_for, make_machine):
    gpus = ["sm_89"] if not target.startswith("macos") else []
    plan = plan_for(make_machine(target, gpus, "580.95.05" if gpus else None), "tensorflow").plans[0]
    assert plan.accelerator == "cpu"
    assert not any("[" in requirement for build in plan.builds for requirement in build.requirements)


ROCM = {
    "gfx803": "cpu", "gfx900": "rocm7.2", "gfx906": "rocm7.2", "gfx908": "rocm7.2", "gfx90a": "rocm7.2",
    "gfx90c": "cpu",
    "gfx942": "rocm7.2", "gfx950": "rocm7.2", "gfx1010": "cpu", "gfx1012": "cpu", "gfx1030": "rocm7.2",
    "gfx1031": "cpu", "gfx1032": "cpu", "gfx1035": "cpu", "gfx1036": "cpu", "gfx1100": "rocm7.2", "gfx1101": "rocm7.2",
    "gfx1102": "rocm7.2", "gfx1103": "cpu", "gfx1150": "rocm7.2", "gfx1151": "rocm7.2", "gfx1152": "cpu",
    "gfx1200": "rocm7.2", "gfx1201": "rocm7.2",
}  # fmt: skip


@pytest.mark.parametrize(("gfx", "compute"), ROCM.items())
def test_an_amd_gpu_gets_a_build_with_its_exact_target(gfx, compute, plan_for, make_machine):
    host = make_machine("linux-x86_64", [gfx], "6.12.12", vendor="amd")
    assert plan_for(host, "pytorch").plans[0].compute == compute


@pytest.mark.parametrize(
    ("gfx", "setting"),
    [
        ("gfx1031", "HSA_OVERRIDE_GFX_VERSION=10.3.0"),
        ("gfx1035", "HSA_OVERRIDE_GFX_VERSION=10.3.0"),
        ("gfx1036", "HSA_OVERRIDE_GFX_VERSION=10.3.0"),
    ],
)
def test_a_documented_override_is_suggested_and_never_made(gfx, setting, plan_for, make_machine):
    host = make_machine("linux-x86_64", [gfx], "6.12.12", vendor="amd")
    plan = plan_for(host, "pytorch").plans[0]
    assert plan.accelerator == "cpu"
    assert any(setting in reason and "themselves" in reason for reason in plan.reasons)
    assert not any(name.startswith("HSA") for name, _ in plan.variables)
    stated = plan_for(host, "pytorch", compute="rocm7.2").plans[0]
    assert stated.compute == "rocm7.2"
    assert any(setting in reason and "by you" in reason for reason in stated.reasons)
    assert stated.variables == ()
    assert plan_for(host, "pytorch", accelerator="rocm").status == "unsupported"


def test_a_build_that_is_only_taken_when_asked_for_is_named(plan_for, make_machine, choice):
    host = make_machine("linux-x86_64", ["gfx1103"], "6.12.12", vendor="amd")
    proposal = plan_for(host, "pytorch")
    assert choice(proposal) == "2.14.1 cpu"
    assert any("--compute rocm7.14 takes it" in reason for reason in proposal.plans[0].reasons)
    assert choice(plan_for(host, "pytorch", accelerator="rocm")) == "2.14.1 rocm7.14"


@pytest.mark.parametrize("gfx", ["gfx1010", "gfx1031", "gfx1100", "gfx1151"])
def test_windows_with_an_amd_gpu_hears_of_amds_own_index(gfx, plan_for, make_machine):
    plan = plan_for(make_machine("windows-x86_64", [gfx], "25.10.2", vendor="amd"), "pytorch").plans[0]
    assert plan.accelerator == "cpu"
    assert any("repo.amd.com" in reason and f"device-{gfx}" in reason for reason in plan.reasons)
    assert not any("HSA_OVERRIDE" in reason for reason in plan.reasons), "it has no effect on Windows"


INTEL = {
    "xe-hpg": ("xpu", "xpu"), "xe2-hpg": ("xpu", "xpu"), "xe2-lpg": ("xpu", "xpu"), "xe-lpg": ("xpu", "xpu"),
    "xe-hpc": ("xpu", "cpu"),
}  # fmt: skip


@pytest.mark.parametrize(("architecture", "computes"), INTEL.items())
def test_intel_gpus_get_the_build_for_them(architecture, computes, plan_for, make_machine):
    for target, compute in zip(("linux-x86_64", "windows-x86_64"), computes, strict=True):
        host = make_machine(target, [architecture], "1.6.33578", vendor="intel")
        assert plan_for(host, "pytorch").plans[0].compute == compute


@pytest.mark.parametrize(
    ("macos", "pytorch", "mlx"),
    [
        ("26.1", "2.15.0 mps", "0.32.4 metal"),
        ("15.2", "2.15.0 mps", "0.32.4 metal"),
        ("14.0", "2.15.0 mps", "0.32.4 metal"),
        # MPS needs macOS 14, and so do the wheels from 2.12 on
        ("13.6", "2.11.0 cpu", "0.29.3 metal"),
        ("12.6", "2.11.0 cpu", "?"),
    ],
)
def test_apple_silicon_by_macos(macos, pytorch, mlx, plan_for, make_machine, choice):  # noqa: PLR0917
    host = make_machine("macos-arm64", ["apple-m3"], vendor="apple", macos=macos)
    assert choice(plan_for(host, "pytorch")) == pytorch
    assert choice(plan_for(host, "mlx")) == mlx
    assert choice(plan_for(host, "jax")) == "0.12.0.1 cpu"


def test_apple_silicon_is_offered_metal_and_the_newest_for_the_processor(plan_for, make_machine, choice):
    host = make_machine("macos-arm64", ["apple-m3"], vendor="apple")
    proposal = plan_for(host, "tensorflow")
    assert choice(proposal) == "2.18.1 metal"
    assert proposal.plans[0].builds[0].requirements == ("tensorflow==2.18.1", "tensorflow-metal==1.2.0")
    assert any("2.21.0" in reason and "--accelerator cpu" in reason for reason in proposal.plans[0].reasons)
    assert choice(plan_for(host, "tensorflow", accelerator="cpu")) == "2.21.0 cpu"
    for python, wanted in (("3.9", "2.18.1 metal"), ("3.13", "2.21.0 cpu"), ("3.14", "?")):
        assert choice(plan_for(host, "tensorflow", python=python)) == wanted


def test_an_intel_mac_ends_where_the_wheels_end_and_hears_it(plan_for, make_machine, choice):
    host = make_machine("macos-x86_64", macos="13.6")
    for name, wanted in (("pytorch", "2.2.2 cpu"), ("tensorflow", "2.16.2 cpu"), ("jax", "0.4.38 cpu")):
        proposal = plan_for(host, name)
        assert choice(proposal) == wanted
        assert any("is the last" in reason for reason in proposal.plans[0].reasons), proposal.plans[0].reasons


WINDOWS_DRIVERS = [("526.98", "2.7.1 cu118"), ("528.33", "2.14.1 cu126"), ("546.80", "2.14.1 cu126"), ("581.42", "2.15.0 cu132")]  # fmt: skip # noqa: E501


@pytest.mark.parametrize(("driver", "wanted"), WINDOWS_DRIVERS)
def test_under_wsl_the_driver_is_that_of_windows(driver, wanted, plan_for, make_machine, choice):
    host = make_machine("linux-x86_64", ["sm_86"], driver)
    host = replace(host, os=replace(host.os, wsl=2))
    assert choice(plan_for(host, "pytorch")) == wanted


def test_the_first_wsl_has_no_gpu(plan_for, make_machine):
    host = make_machine("linux-x86_64", ["sm_86"], "581.42")
    plan = plan_for(replace(host, os=replace(host.os, wsl=1)), "pytorch").plans[0]
    assert plan.accelerator == "cpu"
    assert any("WSL" in reason for reason in plan.reasons)


def jetson(make_machine, architecture, driver):
    host = make_machine("linux-arm64")
    gpu = Gpu(vendor="nvidia", name="Orin", architecture=architecture, integrated=True)
    return replace(host, gpus=(gpu,), drivers=(driver,))


@pytest.mark.parametrize(("release", "wanted"), [("35.4.1", "2.14.1 cpu"), ("36.4.3", "2.14.1 cpu"), ("39.2", "2.15.0 cu132")])  # fmt: skip # noqa: E501
def test_a_jetson_orin_is_served_by_its_jetpack(release, wanted, plan_for, make_machine, choice):
    told = Driver(vendor="nvidia", detail=f"Linux for Tegra {release}")
    proposal = plan_for(jetson(make_machine, "sm_87", told), "pytorch")
    assert choice(proposal) == wanted
    named = any("pypi.jetson-ai-lab.io/jp6/cu126" in reason for reason in proposal.plans[0].reasons)
    assert named == wanted.endswith("cpu")


def test_an_older_jetson_hears_of_nvidias_own_builds(plan_for, make_machine):
    told = Driver(vendor="nvidia", detail="Linux for Tegra 32.7.1")
    plan = plan_for(jetson(make_machine, "sm_72", told), "pytorch").plans[0]
    assert plan.accelerator == "cpu"
    assert any("JetPack" in reason for reason in plan.reasons)


ARM_MACHINES = [
    ("GH200", "sm_90", "535.216.01", "2.14.1 cu126"), ("GH200", "sm_90", "580.95.05", "2.15.0 cu132"),
    ("GB200", "sm_100", "575.57", "2.13.0 cu129"), ("GB200", "sm_100", "580.95.05", "2.15.0 cu132"),
    ("DGX Spark", "sm_121", "580.95.05", "2.15.0 cu132"), ("Thor", "sm_110", "580.0", "2.15.0 cu132"),
    ("Graviton with T4G", "sm_75", "580.95.05", "2.14.1 cpu"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "architecture", "driver", "wanted"), ARM_MACHINES)
def test_machines_with_arm_processors(name, architecture, driver, wanted, plan_for, make_machine, choice):  # noqa: PLR0917
    host = make_machine("linux-arm64", [architecture], driver)
    proposal = plan_for(host, "pytorch")
    assert choice(proposal) == wanted, name


def test_a_laptop_uses_the_gpu_beside_the_integrated_one(plan_for, make_machine, choice):
    nvidia = make_machine("linux-x86_64", ["sm_86"], "580.95.05")
    for other in (
        Gpu(vendor="amd", name="Renoir", architecture="gfx90c", integrated=True),
        Gpu(vendor="intel", name="UHD Graphics", architecture=None, integrated=True),
        Gpu(vendor="amd", name="Radeon 8060S", architecture="gfx1151", integrated=True),
    ):
        proposal = plan_for(replace(nvidia, gpus=(other, *nvidia.gpus)), "pytorch")
        assert choice(proposal) == "2.15.0 cu132"
        assert not any("left out" in reason for reason in proposal.plans[0].reasons)


def test_a_discrete_gpu_comes_before_an_integrated_one_of_another_maker(plan_for, make_machine):
    arc = make_machine("linux-x86_64", ["xe-hpg"], "1.6.33578", vendor="intel")
    apu = Gpu(vendor="amd", name="Radeon 890M", architecture="gfx1150", integrated=True)
    amd = Driver(vendor="amd", version="6.12.12")
    both = replace(arc, gpus=(apu, *arc.gpus), drivers=(amd, *arc.drivers))
    assert plan_for(both, "pytorch").plans[0].compute == "xpu"
    assert plan_for(replace(both, gpus=(apu,)), "pytorch").plans[0].compute == "rocm7.2"


def test_an_amd_processors_own_gpu_is_no_second_gpu(plan_for, make_machine, choice):
    host = make_machine("linux-x86_64", ["gfx1100"], "6.12.12", vendor="amd")
    apu = Gpu(vendor="amd", name="Raphael", architecture="gfx1036", integrated=True)
    proposal = plan_for(replace(host, gpus=(apu, *host.gpus)), "pytorch")
    assert choice(proposal) == "2.14.1 rocm7.2"
    assert not any("left out" in reason for reason in proposal.plans[0].reasons)


def test_a_part_of_a_gpu_is_served_as_the_whole(plan_for, make_machine, choice):
    for change in ({"mig": True}, {"virtual": True}):
        host = make_machine("linux-x86_64", ["sm_80"], "550.54.15")
        gpus = tuple(replace(gpu, **change) for gpu in host.gpus)
        assert choice(plan_for(replace(host, gpus=gpus), "pytorch")) == "2.14.1 cu126"


def test_a_build_for_all_gpus_comes_before_a_newer_one_for_some(plan_for, make_machine, choice):
    proposal = plan_for(make_machine("linux-x86_64", ["sm_61", "sm_89"], "580.95.05"), "pytorch")
    assert choice(proposal) == "2.14.1 cu126"
    assert any("2.15.0" in reason and "GPU sm_61" in reason and "--compute" in reason for reason in proposal.plans[0].reasons)  # fmt: skip # noqa: E501
    assert not any("left out" in reason for reason in proposal.plans[0].reasons)


def test_where_no_build_serves_all_gpus_the_most_capable_is_served(plan_for, make_machine, choice):
    for gpus in itertools.permutations(["sm_61", "sm_120"]):
        proposal = plan_for(make_machine("linux-x86_64", gpus, "580.95.05"), "pytorch")
        assert choice(proposal) == "2.15.0 cu132"
        assert any("GPU sm_61 is left out" in reason and "--compute" in reason for reason in proposal.plans[0].reasons)
    # the code of 12.6 has a binary for each of these two
    assert choice(plan_for(make_machine("linux-x86_64", ["sm_61", "sm_120"], "580.95.05"), "jax")) == "0.12.0.1 cuda12"


def test_of_the_gpus_that_a_driver_serves_none_is_forgotten(plan_for, make_machine, choice):
    host = make_machine("linux-x86_64", ["gfx1010", "gfx906"], "6.12.12", vendor="amd")
    proposal = plan_for(host, "pytorch")
    assert choice(proposal) == "2.14.1 rocm7.2"
    assert any("GPU gfx1010 is left out" in reason for reason in proposal.plans[0].reasons)


def test_rosetta_decides_by_the_interpreter(plan_for, make_machine, choice):
    from dlsetup.values.environment import Interpreter
    from dlsetup.values.plan import Place

    host = make_machine("macos-arm64", ["apple-m2"], vendor="apple")
    python = Interpreter(path="/usr/local/bin/python3", version="3.11.9", architecture="x86_64")
    proposal = plan_for(host, "pytorch", places=[Place(environment="/e", interpreter=python)])
    assert choice(proposal) == "2.2.2 cpu"
    assert any("macos-x86_64" in reason for reason in proposal.plans[0].reasons)


def test_a_processor_whose_features_are_unknown_is_not_refused(plan_for, make_machine, choice):
    host = replace(make_machine("linux-x86_64"), cpu=Cpu(architecture="x86_64"))
    assert choice(plan_for(host, "tensorflow")) == "2.21.0 cpu"
