"""What there is for a machine: the best build on each accelerator, or the reason why there is none."""

from __future__ import annotations

import pytest

from dlsetup.catalog import load_catalog
from dlsetup.commands.frameworks import frameworks
from dlsetup.commands.target import stated_host
from dlsetup.errors import UsageError

CATALOG = load_catalog()


@pytest.fixture
def rows(local):
    def make(target="linux-x86_64", gpus=(), driver=None, **more):
        host = stated_host(local, host=None, target=target, gpus=tuple(gpus), driver=driver)
        found = frameworks(local, host=host, **more)
        return {row.framework: {each.accelerator: each for each in row.accelerators} for row in found}

    return make


def test_every_framework_has_a_row_and_every_no_a_reason(rows):
    for target in ("linux-x86_64", "linux-arm64", "macos-arm64", "macos-x86_64", "windows-x86_64", "windows-arm64"):
        found = rows(target)
        assert set(found) == {each.name for each in CATALOG.frameworks}
        for row in found.values():
            for each in row.values():
                assert (each.version is None) == bool(each.reasons)


def test_a_gpu_shows_what_uses_it(rows):
    found = rows(gpus=["RTX 4090"], driver="580.95.05")
    assert (found["pytorch"]["cuda"].version, found["pytorch"]["cuda"].compute) == ("2.15.0", "cu132")
    assert found["tensorflow"]["cuda"].compute == "cuda12"
    assert found["jax"]["cuda"].compute == "cuda13"
    assert found["pytorch"]["cpu"].version == "2.14.1"
    assert found["pytorch"]["rocm"].reasons[0].code == "gpu-none"
    assert found["mxnet"]["cuda"].reasons[0].code == "unpublished"


def test_another_python_is_taken_where_it_is_the_only_way(rows):
    found = rows(gpus=["GTX 970"], driver="550.54.15")
    assert (found["tensorflow"]["cuda"].version, found["tensorflow"]["cuda"].python) == ("2.15.1", "3.11")
    assert found["cntk"]["cpu"].python == "3.6"
    held = rows(gpus=["GTX 970"], driver="550.54.15", python="3.13")
    assert held["tensorflow"]["cuda"].version is None
    assert held["cntk"]["cpu"].reasons[0].code == "python"


def test_keras_stands_as_what_runs_below_it(rows):
    found = rows("macos-arm64")["keras"]
    assert found["metal"].on == "tensorflow 2.18.1"
    assert found["mps"].on == "pytorch 2.15.0"
    assert found["cpu"].version == "3.15.1"
    assert found["cuda"].reasons


def test_a_retired_framework_says_since_when_and_what_instead(local):
    states = {row.framework: row for row in frameworks(local)}
    assert (states["mxnet"].state, states["mxnet"].ended) == ("retired", "2023-09")
    assert states["cntk"].successor == "ONNX Runtime"
    assert [row.state for row in frameworks(local)][-3:] == ["retired"] * 3


def test_a_path_is_no_python_to_look_up(local):
    with pytest.raises(UsageError):
        frameworks(local, python="/usr/bin/python3")
