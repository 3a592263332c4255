"""The user's variables are suspected, tried and only then blamed."""

from __future__ import annotations

import json

import pytest

from dlsetup.system.interface import Completed
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.report import Silence
from dlsetup.verify import smoke_test

GOOD = json.dumps(
    {
        "framework": "pytorch",
        "accelerator": "cpu",
        "losses": [0.7, 0.01],
        "accuracy": 1.0,
        "max_difference": 0.0,
        "conv_difference": 0.0,
    }
)
BAD = json.dumps({"framework": "pytorch", "error": {"stage": "import", "type": "ImportError", "message": "broken"}})


class Machine(RecordedSystem):
    """A machine where the import breaks as long as one of some variables is as it is."""

    def __init__(self, env, breaks):
        super().__init__({"platform": "linux", "env": env})
        self.breaks = breaks
        self.runs = 0

    def run(self, argv, *, timeout, env=None, cwd=None, on_line=None):  # noqa: ARG002 - the protocol's
        self.runs += 1
        merged = {**self.variables(), **(env or {})}
        broken = any(merged.get(name) == value for name, value in self.breaks.items())
        return Completed(argv=tuple(argv), exit_code=1 if broken else 0, stdout=BAD if broken else GOOD)


def prove(machine):
    _, findings = smoke_test(
        machine, python="python", framework="pytorch", title="PyTorch", planned="cpu", progress=Silence()
    )
    return findings[0]


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("LD_LIBRARY_PATH", None),
        ("LD_PRELOAD", None),
        ("PYTHONPATH", "pythonpath-leak"),
        ("PYTHONHOME", "pythonpath-leak"),
    ],
)
def test_the_variable_that_breaks_it_is_named(name, mode):
    env = {"LD_LIBRARY_PATH": "/a", "LD_PRELOAD": "/b", "PYTHONPATH": "/c", "PYTHONHOME": "/d"}
    finding = prove(Machine(env, {name: env[name]}))
    assert finding.mode == mode
    assert finding.evidence == ("ImportError: broken", f"without {name} it imports")
    assert finding.remedy.commands == (f"unset {name}",)


def test_packages_of_the_users_own_folder_are_found_by_leaving_them_aside():
    finding = prove(Machine({}, {"PYTHONNOUSERSITE": None}))
    assert finding.mode == "user-site-shadowing"
    assert finding.remedy.commands == ("export PYTHONNOUSERSITE=1",)


def test_a_variable_that_is_not_the_cause_is_not_blamed():
    machine = Machine({"LD_LIBRARY_PATH": "/a", "PYTHONPATH": "/b", "HOME": "/home"}, {"HOME": "/home"})
    finding = prove(machine)
    assert finding.mode is None
    assert "PYTHONPATH" not in str(finding)
    assert machine.runs == 2


def test_two_variables_that_break_it_together_are_not_blamed_singly():
    finding = prove(
        Machine({"LD_LIBRARY_PATH": "/a", "PYTHONPATH": "/b"}, {"LD_LIBRARY_PATH": "/a", "PYTHONPATH": "/b"})
    )
    assert finding.evidence == ("ImportError: broken",)


def test_a_framework_that_works_is_run_once():
    machine = Machine({"LD_LIBRARY_PATH": "/a"}, {})
    prove(machine)
    assert machine.runs == 1


@pytest.mark.parametrize(("value", "hides"), [("", True), ("-1", True), ("0", False), ("1,0", False)])
def test_a_variable_that_hides_the_gpu_is_the_cause_of_its_absence(value, hides):
    machine = Machine({"CUDA_VISIBLE_DEVICES": value}, {})
    _, findings = smoke_test(
        machine, python="python", framework="pytorch", title="PyTorch", planned="cuda", progress=Silence()
    )
    assert f"CUDA_VISIBLE_DEVICES={value}" in findings[1].evidence
    assert (findings[1].mode == "cuda-visible-devices-hides-gpus") is hides
