"""Environments that only a list tells of: unknown is neither satisfied nor violated."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dlsetup.catalog import load_catalog
from dlsetup.check import run_checks
from dlsetup.probe.listed import probe_listed, probe_listed_session
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.finding import Status
from dlsetup.values.host import Cpu, Driver, Gpu, Host, Libc, OperatingSystem
from dlsetup.values.situation import Situation

LINUX = Host(
    os=OperatingSystem(system="linux", distribution="debian", version="12", kernel="6.1.0"),
    libc=Libc(family="glibc", version="2.36"),
    memory_bytes=2**34,
    cpu=Cpu(architecture="x86_64", brand="a processor", features=("avx", "avx2", "sse4_2"), logical_cores=8),
)
ADA = replace(
    LINUX,
    gpus=(Gpu(vendor="nvidia", name="NVIDIA L4", architecture="sm_89"),),
    drivers=(Driver(vendor="nvidia", version="550.90.07", supports="CUDA 12.4"),),
)
CATALOG = load_catalog()


def situation(host=LINUX, *, python="Python 3.11.7 (main, Dec  4 2023, 18:10:11) [GCC 12.2.0]", env=None, **commands):
    named = {"pip list": commands.pop("pips", None), "pip check": commands.pop("pip_check", None)}
    recorded = {key: text for key, text in named.items() if text is not None}
    if python:
        recorded["python -VV"] = python
    system = RecordedSystem({"platform": "linux", "commands": {**recorded, **commands}, "env": env or {}})
    return Situation(host=host, environment=probe_listed(system), session=probe_listed_session(system), catalog=CATALOG)


def answers(found):
    return {each.check: (each.status.value, each.mode) for each in run_checks(found)}


def pins(*names):
    return "".join(f"{name}\n" for name in names)


WHOLE = ("pip==24.0", "setuptools==75.0.0")
TORCH = ("torch==2.5.1", "triton==3.1.0", "nvidia-cuda-runtime-cu12==12.4.127", "nvidia-cudnn-cu12==9.1.0.70", *WHOLE)


CUDNN = (
    'torch 2.5.1 has requirement nvidia-cudnn-cu12==9.1.0.70; platform_system == "Linux", but you have '
    "nvidia-cudnn-cu12 8.9.7.29."
)


def test_what_needs_files_or_requirements_is_skipped():
    found = answers(situation(pips=pins(*TORCH, "xformers==0.0.28.post3")))
    for check in ("pkg.files", "pkg.requires", "pkg.cuda-libs", "pkg.extensions", "py.stdlib", "py.shadow"):
        assert found[check] == ("skip", None), check
    assert not [check for check, (status, _) in found.items() if status in {"fail", "warn"}]


def test_pip_checks_own_word_counts():
    found = answers(situation(pips=pins(*TORCH), pip_check="No broken requirements found.\n"))
    assert found["pkg.requires"] == ("ok", None)
    assert found["pkg.cuda-libs"] == ("ok", None)


@pytest.mark.parametrize(
    ("packages", "said", "check", "mode"),
    [
        (
            TORCH,
            CUDNN,
            "pkg.cuda-libs",
            "cudnn-version-mismatch",
        ),
        (
            ("torch==2.5.1", *WHOLE),
            "torch 2.5.1 requires nvidia-cublas-cu12, which is not installed.",
            "pkg.cuda-libs",
            "nvidia-lib-missing-from-env",
        ),
        (
            ("torch==2.5.1", "triton==2.1.0", *WHOLE),
            "torch 2.5.1 has requirement triton==3.1.0, but you have triton 2.1.0.",
            "pkg.torch",
            "triton-missing-or-mismatched",
        ),
        (
            (*TORCH, "torchtext==0.17.2"),
            "torchtext 0.17.2 has requirement torch==2.2.2, but you have torch 2.5.1.",
            "pkg.extensions",
            "torch-extension-abi-generic",
        ),
        (
            ("torch==2.5.1", "sympy==1.10", *WHOLE),
            "torch 2.5.1 has requirement sympy==1.13.1, but you have sympy 1.10.",
            "pkg.requires",
            "dependency-violation-after-install",
        ),
        (
            ("tensorflow==2.20.0", "protobuf==4.25.8", *WHOLE),
            "tensorflow 2.20.0 has requirement protobuf>=5.28.0, but you have protobuf 4.25.8.",
            "pkg.abi",
            "protobuf-runtime-older-than-gencode",
        ),
        (
            ("torch==2.6.0", "typing-extensions==4.5.0", *WHOLE),
            "torch 2.6.0 has requirement typing-extensions>=4.10.0, but you have typing-extensions 4.5.0.",
            "pkg.abi",
            "typing-extensions-too-old",
        ),
    ],
)
def test_what_pip_check_finds_is_found(packages, said, check, mode):
    packages = [each for each in packages if "cudnn" not in each or "cudnn" not in said] + [
        "nvidia-cudnn-cu12==8.9.7.29"
    ]
    found = situation(pips=pins(*packages), pip_check=said + "\n")
    assert found.environment.consistent is False
    assert answers(found)[check] == ("fail", mode)


@pytest.mark.parametrize(
    ("packages", "check", "mode"),
    [
        (("torch==2.2.2", "numpy==2.0.2", *WHOLE), "pkg.abi", "numpy2-abi-break"),
        (("torch==2.5.1", "torchvision==0.19.1", *WHOLE), "pkg.torch", "torch-torchvision-mismatch"),
        (("torch==2.7.1+xpu", "torchaudio==2.1.0a0+cxx11.abi", *WHOLE), "pkg.torch", "torch-torchaudio-mismatch"),
        (("jax==0.5.0", "jax-cuda12-plugin==0.5.0", "jax-cuda12-pjrt==0.4.38"), "pkg.jax", "jax-plugin-version-skew"),
        (("tensorflow==2.15.0", "tensorflow-cpu==2.16.1", *WHOLE), "pkg.conflicts", "tf-distribution-collision"),
        (("tensorboard==2.14.1", "setuptools==84.0.0", "pip==24.0"), "pkg.abi", "pkg-resources-removed"),
        (("tensorflow==2.15.1", "keras==3.5.0", *WHOLE), "pkg.tensorflow", "keras2-keras3-mismatch"),
        (("tensorflow==2.17.0", "keras==2.15.0", *WHOLE), "pkg.tensorflow", "keras2-keras3-mismatch"),
    ],
)
def test_what_a_list_alone_can_tell_is_found(packages, check, mode):
    assert answers(situation(pips=pins(*packages)))[check] == ("fail", mode)


@pytest.mark.parametrize(
    ("packages", "check"),
    [
        (("torch==2.10.0.dev20250929+rocm7.0", "torchaudio==2.8.0.dev20250930+rocm7.0"), "pkg.torch"),
        (("tensorflow==2.15.0", "tensorflow-intel==2.15.0"), "pkg.conflicts"),
        # the list is cut short: setuptools, tf-keras and pip may be there
        (("tensorboard==2.14.1", "torch==2.5.1"), "pkg.abi"),
        (("torch==2.5.1",), "inst.tool"),
        (("tensorflow==2.17.0", "keras==3.5.0", *WHOLE), "pkg.tensorflow"),
    ],
)
def test_what_a_list_leaves_open_raises_no_alarm(packages, check):
    assert answers(situation(pips=pins(*packages)))[check][0] in {"ok", "skip"}


def test_an_absent_package_is_absent_only_from_a_whole_list():
    short = situation(pips=pins("keras==3.9.0"), env={"KERAS_BACKEND": "torch"})
    assert answers(short)["env.vars"] == ("skip", None)
    whole = situation(pips=pins("keras==3.9.0", *WHOLE), env={"KERAS_BACKEND": "torch"})
    assert answers(whole)["env.vars"] == ("fail", "keras-backend-unset")


def test_a_torch_without_label_is_known_by_the_cuda_beside_it_and_not_else():
    assert answers(situation(ADA, pips=pins(*TORCH)))["fit.accelerator"][0] == "ok"
    bare = answers(situation(ADA, pips=pins("torch==2.5.1", *WHOLE)))
    assert bare["fit.accelerator"] == ("skip", None)
    assert bare["fit.driver"] == ("skip", None)


def test_tensorflow_and_jax_without_their_libraries_in_a_short_list_are_not_called_cpu_builds():
    for pip in ("tensorflow==2.18.0", "jax==0.5.0"):
        found = answers(situation(ADA, pips=pins(pip)))
        assert found["fit.accelerator"] == ("skip", None), pip
        assert found["pkg.tensorflow"][0] == "skip", pip


def test_a_labelled_build_is_held_against_gpu_and_driver():
    old = replace(ADA, drivers=(Driver(vendor="nvidia", version="470.82.01"),))
    found = answers(situation(old, pips=pins("torch==2.8.0+cu128", *WHOLE)))
    assert found["fit.driver"] == ("fail", "nvidia-driver-too-old")
    pascal = replace(ADA, gpus=(Gpu(vendor="nvidia", name="GTX 1050", architecture="sm_61"),), cpu=Cpu())
    found = answers(situation(pascal, pips=pins("torch==2.8.0+cu128", *WHOLE)))
    assert found["fit.arch"] == ("fail", "gpu-arch-dropped")


def test_a_cuda_build_that_saw_no_gpu_leaves_a_question_open():
    unknown = replace(LINUX, gaps=())
    printed = 'python -c "import torch; print(torch.__version__, torch.version.cuda, torch.cuda.is_available())"'
    seen = situation(unknown, pips=pins(*TORCH), **{printed: "2.5.1+cu124 12.4 False\n"})
    assert seen.environment.torch.cuda == "12.4"
    assert seen.environment.sees_gpu is False
    assert answers(seen)["m.nvidia-driver"] == ("skip", None), "no GPU, and that is known"
    from dlsetup.values.host import Gap

    open_question = replace(seen, host=replace(LINUX, gaps=(Gap(what="gpus", why="not told"),)))
    assert answers(open_question)["m.nvidia-driver"] == ("unknown", "nvidia-driver-missing")


def test_a_toolkit_on_the_loaders_path_is_known_by_its_name():
    def found(path, *packages):
        return answers(situation(pips=pins(*packages), env={"LD_LIBRARY_PATH": path}))["env.loader"]

    assert found("/opt/x/lib:/usr/local/cuda-12.1/lib64", *TORCH)[1] == "nvidia-libs-shadowed-by-ld-library-path"
    assert found("/usr/local/cuda-11.8/lib64", *TORCH) == ("skip", None)
    assert found("/usr/local/lib", *TORCH) == ("skip", None)
    assert found("/usr/local/cuda-12.1/lib64", "torch==2.5.1+cpu") == ("skip", None)


def test_a_list_without_a_python_is_no_broken_environment():
    found = answers(situation(python="", pips=pins("torch==2.5.1")))
    assert found["py.env"] == ("skip", None)
    assert found["py.version"] == ("skip", None)


def test_no_check_breaks_on_any_of_them():
    for packages in (TORCH, ("tensorflow==2.18.0",), ("jax==0.5.0",), ("mlx==0.20.0",), ("mxnet==1.9.1",), ()):
        for host in (LINUX, ADA, Host()):
            for finding in run_checks(situation(host, pips=pins(*packages))):
                assert not any("crash" in each for each in finding.evidence), finding
                assert finding.status is not Status.FAIL or finding.evidence
