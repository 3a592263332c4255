"""The traps of the field, each met by the real catalog: what installers take in silence is refused or said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from dlsetup.catalog import load_catalog
from dlsetup.values.host import Cpu, Libc
from dlsetup.values.plan import Resolution

CATALOG = load_catalog()
PLATFORMS = ("linux-x86_64", "linux-arm64", "macos-arm64", "macos-x86_64", "windows-x86_64", "windows-arm64")


def requirements(proposal):
    return [each for plan in proposal.plans for build in plan.builds for each in (*build.requirements, *build.optional)]


def reason_codes(proposal, compute):
    rejected = [each for plan in proposal.plans for each in plan.rejected if each.compute == compute]
    return {reason.code for reason in rejected[0].reasons}


@pytest.mark.parametrize("target", PLATFORMS)
def test_no_release_candidate_is_taken_where_only_it_has_a_wheel(target, plan_for, make_machine):
    proposal = plan_for(make_machine(target), "tensorflow", python="3.14")
    assert proposal.status == "unsupported"
    assert plan_for(make_machine(target), "tensorflow==2.22.0rc0").status == "unsupported"


def test_a_pre_release_that_is_asked_for_is_told_to_be_none(plan_for, make_machine):
    plan = plan_for(make_machine(), "tensorflow==2.22.0rc0").plans[0]
    assert "no release ==2.22.0rc0" in plan.reasons[-1]
    assert "2.21.0" in plan.reasons[-1]


def test_an_extra_stands_beside_an_exact_release():
    for build in CATALOG.builds:
        for text in build.requirements:
            requirement = Requirement(text)
            if requirement.extras:
                assert str(requirement.specifier).startswith("=="), text


def test_jax_for_cuda_13_on_python_3_10_is_refused_not_replaced_by_one_for_the_processor(plan_for, make_machine):
    host = make_machine(gpus=["sm_89"], driver="580.95.05")
    proposal = plan_for(host, "jax", python="3.10", compute="cuda13")
    assert proposal.status == "unsupported"
    assert reason_codes(proposal, "cuda13") == {"python"}
    default = plan_for(host, "jax", python="3.10")
    assert requirements(default) == ["jax[cuda12]==0.6.2"]
    assert any("0.12.0.1 is newer" in reason for reason in default.plans[0].reasons)


@pytest.mark.parametrize("name", ["tensorflow", "jax"])
@pytest.mark.parametrize("target", ["windows-x86_64", "macos-arm64"])
def test_cuda_where_an_extra_would_be_dropped_is_refused(name, target, plan_for, make_machine):
    proposal = plan_for(make_machine(target), name, accelerator="cuda")
    assert proposal.status == "unsupported"
    assert any("published for linux" in each.text for plan in proposal.plans for rejected in plan.rejected for each in rejected.reasons)  # fmt: skip # noqa: E501


def test_tensorflow_for_cuda_on_linux_arm64_is_refused(plan_for, make_machine):
    host = make_machine("linux-arm64", ["sm_90"], "580.95.05")
    assert plan_for(host, "tensorflow", accelerator="cuda").status == "unsupported"
    assert not any("and-cuda" in each for each in requirements(plan_for(host, "tensorflow")))


def test_jax_for_a_tpu_is_taken_only_when_asked_for_and_never_an_ancient_one(plan_for, make_machine, choice):
    assert choice(plan_for(make_machine(), "jax")) == "0.12.0.1 cpu"
    asked = plan_for(make_machine(), "jax", accelerator="tpu")
    assert requirements(asked) == ["jax[tpu]==0.12.0.1"]
    assert requirements(plan_for(make_machine(), "jax", accelerator="tpu", python="3.10")) == ["jax[tpu]==0.6.2"]
    # resolvers walk back to jax 0.5.2 or 0.1.23 there
    assert plan_for(make_machine(glibc="2.28"), "jax", accelerator="tpu").status == "unsupported"
    for elsewhere in ("linux-arm64", "macos-arm64", "windows-x86_64"):
        assert plan_for(make_machine(elsewhere), "jax", accelerator="tpu").status == "unsupported"


def test_tensorflow_for_an_intel_gpu_is_taken_only_when_asked_for(plan_for, make_machine, choice):
    arc = make_machine(gpus=["xe-hpg"], vendor="intel")
    assert choice(plan_for(arc, "tensorflow", python="3.11")) == "2.21.0 cpu"
    asked = plan_for(arc, "tensorflow", python="3.11", accelerator="xpu")
    assert requirements(asked) == ["tensorflow==2.15.1", "intel-extension-for-tensorflow[xpu]==2.15.0.3"]
    assert any("oneAPI" in reason for reason in asked.plans[0].reasons)


def test_a_newer_intel_gpu_than_tensorflows_plugin_knows_is_refused(plan_for, make_machine):
    proposal = plan_for(make_machine(gpus=["xe2-hpg"], vendor="intel"), "tensorflow", python="3.11", accelerator="xpu")
    assert proposal.status == "unsupported"
    assert "gpu-architecture" in reason_codes(proposal, "xpu")


def test_windows_gets_no_ancient_jax(plan_for, make_machine, choice):
    host = make_machine("windows-x86_64", ["sm_89"], "581.42")
    proposal = plan_for(host, "jax")
    assert choice(proposal) == "0.12.0.1 cpu"
    assert any("WSL 2" in reason for reason in proposal.plans[0].reasons)


@pytest.mark.parametrize("target", ["linux-x86_64", "linux-arm64"])
def test_a_machine_without_a_gpu_gets_no_cuda_build_because_pypi_has_it(target, plan_for, make_machine):
    proposal = plan_for(make_machine(target), "pytorch")
    build = proposal.plans[0].builds[0]
    assert (build.compute, build.index) == ("cpu", "https://download.pytorch.org/whl/cpu")
    assert all("+cpu" in each for each in requirements(proposal) if each.startswith("torch"))


def test_what_belongs_to_pytorch_comes_from_its_index():
    framework = CATALOG.framework("pytorch")
    for name in ("torch", "torchvision", "torchaudio", "triton-rocm", "pytorch-triton-rocm", "triton-xpu"):
        assert name in framework.family
    for build in CATALOG.builds_of("pytorch"):
        labels = {each.partition("+")[2] for each in (*build.requirements, *build.optional) if "==" in each}
        assert len(labels) == 1, build


def test_torchvision_is_the_one_of_its_torch():
    for build in CATALOG.builds_of("pytorch"):
        vision = Version(build.optional[0].partition("==")[2]).public
        rule = next(each for each in CATALOG.companions if (each.package, each.version) == ("torchvision", vision))
        assert Requirement(rule.requires).specifier.contains(build.version)


def test_torchaudio_which_has_ended_is_not_asked_for():
    assert not any("torchaudio" in each for build in CATALOG.builds for each in (*build.requirements, *build.optional))


def test_an_old_torch_comes_with_the_old_numpy(plan_for, make_machine):
    for build in CATALOG.builds_of("pytorch"):
        old = build.version < Version("2.3")
        assert ("numpy<2" in build.requirements) >= old, build
    assert "numpy<2" in requirements(plan_for(make_machine("macos-x86_64"), "pytorch"))


@pytest.mark.parametrize("python", ["3.12", "3.13", "3.14"])
def test_mxnet_is_not_put_on_a_python_where_its_import_fails(python, plan_for, make_machine):
    assert plan_for(make_machine(), "mxnet", python=python).status == "unsupported"


def test_mxnet_is_pinned_and_comes_with_an_old_numpy(plan_for, make_machine):
    proposal = plan_for(make_machine(), "mxnet", python="3.11")
    assert requirements(proposal) == ["mxnet==1.9.1", "numpy<1.24"]
    assert plan_for(make_machine("windows-x86_64"), "mxnet", python="3.8").status == "unsupported"
    assert plan_for(make_machine("macos-arm64"), "mxnet", python="3.8").status == "unsupported"


def test_chainer_is_built_with_held_tools(plan_for, make_machine):
    plan = plan_for(make_machine(), "chainer", python="3.11").plans[0]
    assert plan.build_constraints == ("setuptools<81",)
    assert plan.builds[0].source_only == ("chainer",)


def test_cntk_needs_a_python_that_is_named(plan_for, make_machine, choice):
    proposal = plan_for(make_machine(), "cntk")
    assert proposal.status == "unsupported"
    assert "3.6" in proposal.plans[0].reasons[-1]
    assert choice(plan_for(make_machine(), "cntk", python="3.6")) == "2.7.post2 cpu"


def test_sparkdl_of_others_is_not_installed_under_its_old_name(plan_for, make_machine):
    proposal = plan_for(make_machine(), "sparkdl", python="3.11")
    assert not any(each.startswith("sparkdl") for each in requirements(proposal))
    assert any("pyspark" in each for each in requirements(proposal))


def test_placeholders_and_ended_names_are_never_asked_for():
    dead = {
        "tensorflow-gpu", "tensorflow-rocm", "tensorflow-aarch64", "tensorflow-cpu-aws", "tensorflow-intel",
        "tensorflow-macos", "tensorflow-directml", "tensorflow-directml-plugin", "torch-directml", "jax-metal",
        "sparkdl", "intel-extension-for-pytorch", "keras-nightly", "tf-nightly", "pytorch", "jax-cuda12-plugin",
    }  # fmt: skip
    asked = {Requirement(each).name for build in CATALOG.builds for each in (*build.requirements, *build.optional)}
    assert asked & dead == set()


def test_tensorflow_metal_is_pinned_with_a_tensorflow_that_it_loads_into():
    for build in CATALOG.builds_of("tensorflow"):
        pins = dict(each.split("==") for each in build.requirements if "==" in each)
        if "tensorflow-metal" in pins:
            known = [each for each in CATALOG.companions if each.package == "tensorflow-metal"]
            rule = next(each for each in known if each.version == pins["tensorflow-metal"])
            assert Requirement(rule.requires).specifier.contains(pins["tensorflow"])
            assert "3.13" not in build.pythons


FLOORS = [
    ("keras", "3.9", "3.10.0"), ("keras", "3.10", "3.12.4"), ("keras", "3.11", "3.15.1"), ("keras", "3.14", "3.15.1"),
    ("jax", "3.9", "0.4.30"), ("jax", "3.10", "0.6.2"), ("jax", "3.11", "0.10.2"), ("jax", "3.12", "0.12.0.1"),
    ("tensorflow", "3.9", "2.20.0"), ("tensorflow", "3.10", "2.21.0"), ("tensorflow", "3.13", "2.21.0"),
    ("pytorch", "3.9", "2.8.0"), ("pytorch", "3.10", "2.14.1"), ("mlx", "3.10", "0.32.4"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "python", "version"), FLOORS)
def test_an_older_python_gets_the_last_release_for_it_and_hears_so(name, python, version, plan_for, make_machine):
    plan = plan_for(make_machine(), name, python=python).plans[0]
    assert str(plan.builds[0].version) == version
    newest = max(build.version for build in CATALOG.builds_of(name) if build.compute in {plan.compute, "any"})
    assert any("is newer" in reason for reason in plan.reasons) or str(newest) == version


GLIBCS = [
    ("pytorch", "2.17", "2.6.0"), ("pytorch", "2.27", "2.6.0"), ("pytorch", "2.28", "2.14.1"),
    ("tensorflow", "2.17", "2.20.0"), ("tensorflow", "2.26", "2.20.0"), ("tensorflow", "2.27", "2.21.0"),
    ("jax", "2.17", "0.7.0"), ("jax", "2.27", "0.12.0.1"), ("mlx", "2.34", None), ("mlx", "2.35", "0.32.4"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "glibc", "version"), GLIBCS)
def test_an_old_c_library_gets_the_last_release_for_it(name, glibc, version, plan_for, make_machine):
    proposal = plan_for(make_machine(glibc=glibc), name)
    assert (str(proposal.plans[0].builds[0].version) if proposal.plans[0].builds else None) == version


@pytest.mark.parametrize("name", ["pytorch", "tensorflow", "jax", "mlx"])
def test_musl_has_nothing_and_hears_why(name, plan_for, make_machine):
    host = replace(make_machine(), libc=Libc(family="musl", version="1.2.5"))
    proposal = plan_for(host, name)
    if proposal.status == "unsupported":
        assert any(reason.code == "musl" for each in proposal.plans[0].rejected for reason in each.reasons)
    else:
        assert proposal.plans[0].builds[0].glibc is None


@pytest.mark.parametrize("name", ["tensorflow", "jax"])
def test_a_processor_without_avx_is_told_before_anything_is_installed(name, plan_for, make_machine):
    host = replace(make_machine(), cpu=Cpu(architecture="x86_64", features=("sse4_2",)))
    proposal = plan_for(host, name)
    assert proposal.status == "unsupported"
    assert "AVX" in " ".join(proposal.plans[0].reasons)


def test_windows_on_arm_has_what_the_pytorch_index_has_and_no_more(plan_for, make_machine, choice):
    host = make_machine("windows-arm64")
    assert choice(plan_for(host, "pytorch")) == "2.13.0 cpu"
    assert choice(plan_for(host, "pytorch", python="3.14")) == "?"
    for name in ("tensorflow", "jax", "mxnet", "chainer", "cntk", "spark"):
        proposal = plan_for(host, name)
        assert proposal.status == "unsupported"
        assert "windows-arm64" in " ".join(proposal.plans[0].reasons)


def test_mlx_off_macos_comes_with_its_back_end(plan_for, make_machine):
    assert requirements(plan_for(make_machine(), "mlx")) == ["mlx[cpu]==0.32.4"]
    assert requirements(plan_for(make_machine("windows-x86_64"), "mlx")) == ["mlx==0.32.4", "mlx-cpu==0.32.4"]
    gpu = make_machine(gpus=["sm_89"], driver="545.29")
    assert requirements(plan_for(gpu, "mlx")) == ["mlx[cpu]==0.32.4"], "its CUDA 12 wheels need driver 550.54.14"


def test_gpu_libraries_of_two_generations_share_no_environment(plan_for, make_machine):
    host = make_machine(gpus=["sm_89"], driver="580.95.05")
    proposal = plan_for(host, "tensorflow", "jax")
    assert len(proposal.plans) == 1
    assert [build.compute for build in proposal.plans[0].builds] == ["cuda12", "cuda12"]
    together = plan_for(host, "tensorflow", "pytorch").plans
    assert [build.compute for build in together[0].builds] == ["cuda12", "cu126"]
    assert any("brings CUDA 13" in reason for reason in together[0].reasons)


def test_frameworks_without_a_generation_in_common_are_planned_apart_with_the_reason(plan_for, make_machine):
    host = make_machine("linux-arm64", ["sm_110"], "595.78")
    assert len(plan_for(host, "jax", "pytorch").plans) == 1
    host = make_machine(gpus=["sm_120"], driver="580.95.05")
    proposal = plan_for(host, "tensorflow", "pytorch==2.15.0")
    assert [plan.compute for plan in proposal.plans] == ["cuda12", "cu132"]
    assert all("GPU libraries" in plan.reasons[0] for plan in proposal.plans)


def test_uv_is_told_the_real_macos(plan_for, make_machine):
    seen = []

    def resolve(query):
        seen.append(query.target.macos)
        return Resolution(problem="unsatisfiable", detail="no")

    host = make_machine("macos-arm64", ["apple-m3"], vendor="apple", macos="26.1")
    plan_for(host, "mlx", resolve=resolve)
    assert set(seen) == {"26.1"}


def test_a_several_gigabyte_build_is_never_what_an_unknown_machine_gets(plan_for, make_machine):
    for target in PLATFORMS:
        for name in ("pytorch", "tensorflow", "jax", "mlx", "keras"):
            plan = plan_for(make_machine(target), name).plans[0]
            assert plan.accelerator in {"cpu", "", "mps", "metal"}
