"""What an installation proves where the GPU that it is for is in another machine."""

from __future__ import annotations

import pytest

from dlsetup.commands.install import _unproved, runs_elsewhere
from dlsetup.commands.look import exit_code
from dlsetup.values.finding import Finding, Status
from dlsetup.values.host import Gap, Gpu, Host
from dlsetup.values.plan import Plan

NVIDIA = Gpu(vendor="nvidia", name="RTX 4090")
TRAINED = Finding(check="run.device", status=Status.OK, summary="JAX trains on cpu.")


def plan(accelerator):
    return Plan(frameworks=("jax",), accelerator=accelerator, compute="cuda13", python="3.11", environment=".venv")


@pytest.mark.parametrize(
    ("accelerator", "host", "elsewhere"),
    [
        ("cuda", Host(), True),
        ("cuda", Host(gpus=(Gpu(vendor="amd"),)), True),
        ("cuda", Host(gpus=(NVIDIA,)), False),
        ("rocm", Host(gpus=(NVIDIA,)), True),
        ("cpu", Host(), False),
        # a machine whose GPUs could not be asked for may have one: then the training has to show it
        ("cuda", Host(gaps=(Gap(what="gpus", why="no answer"),)), False),
    ],
)
def test_a_plan_runs_elsewhere_only_where_the_gpu_is_certainly_not_here(accelerator, host, elsewhere):
    assert runs_elsewhere(plan(accelerator), host) is elsewhere


def test_a_training_on_the_processor_leaves_the_gpu_open_and_is_no_failure():
    found = _unproved(TRAINED, plan("cuda"))
    assert found.status is Status.UNKNOWN
    assert "cuda is not proved" in found.summary
    assert found.remedy.commands == ("dlsetup smoke jax",)
    assert exit_code((found,)) == 0


@pytest.mark.parametrize(
    "finding",
    [
        Finding(check="run.import", status=Status.OK, summary="JAX imports."),
        Finding(check="run.device", status=Status.FAIL, summary="JAX names no device."),
    ],
)
def test_whatever_else_was_found_stands(finding):
    assert _unproved(finding, plan("cuda")) is finding
