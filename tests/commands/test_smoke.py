"""Which accelerator an installed build should use on a machine."""

from __future__ import annotations

import pytest

from dlsetup.catalog import load_catalog
from dlsetup.commands.smoke import expected_accelerator
from dlsetup.values.environment import Distribution, Environment, Interpreter, TorchBuild
from dlsetup.values.host import Cpu, Gpu, Host, OperatingSystem

CATALOG = load_catalog()
LINUX = Host(os=OperatingSystem(system="linux"), cpu=Cpu(architecture="x86_64"))
NVIDIA = Host(os=LINUX.os, cpu=LINUX.cpu, gpus=(Gpu(vendor="nvidia", architecture="sm_89"),))
AMD = Host(os=LINUX.os, cpu=LINUX.cpu, gpus=(Gpu(vendor="amd", architecture="gfx1100"),))
INTEL = Host(os=LINUX.os, cpu=LINUX.cpu, gpus=(Gpu(vendor="intel", architecture="xe-hpg"),))
MAC = Host(os=OperatingSystem(system="macos"), cpu=Cpu(architecture="arm64"), gpus=(Gpu(vendor="apple"),))


def environment(*names, torch=None):
    distributions = tuple(Distribution(name=name, version="1", folder=f"{name}-1.dist-info") for name in names)
    return Environment(
        path="/env", kind="venv", interpreter=Interpreter(path="/p"), distributions=distributions, torch=torch
    )


@pytest.mark.parametrize(
    ("host", "build", "accelerator"),
    [
        (NVIDIA, TorchBuild(cuda="13.0"), "cuda"),
        (AMD, TorchBuild(hip="7.0"), "rocm"),
        (INTEL, TorchBuild(xpu="20260000"), "xpu"),
        (MAC, TorchBuild(), "mps"),
        (LINUX, TorchBuild(cuda="13.0"), "cpu"),
        (AMD, TorchBuild(cuda="13.0"), "cpu"),
        (NVIDIA, TorchBuild(), "cpu"),
    ],
)
def test_torch_uses_the_gpu_that_it_was_built_for(host, build, accelerator):
    assert expected_accelerator(CATALOG.framework("pytorch"), environment("torch", torch=build), host) == accelerator


@pytest.mark.parametrize(
    ("host", "names", "accelerator"),
    [
        (NVIDIA, ("tensorflow", "nvidia-cudnn-cu12"), "cuda"),
        (NVIDIA, ("tensorflow",), "cpu"),
        (NVIDIA, ("tensorflow-cpu", "nvidia-cudnn-cu12"), "cpu"),
        (LINUX, ("tensorflow", "nvidia-cudnn-cu12"), "cpu"),
        (MAC, ("tensorflow", "tensorflow-metal"), "metal"),
        (MAC, ("tensorflow",), "cpu"),
    ],
)
def test_tensorflow_uses_what_its_libraries_and_plugins_allow(host, names, accelerator):
    assert expected_accelerator(CATALOG.framework("tensorflow"), environment(*names), host) == accelerator


def test_of_others_nothing_is_claimed():
    assert expected_accelerator(CATALOG.framework("keras"), environment("keras"), NVIDIA) is None
