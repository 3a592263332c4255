"""The smoke tests with real frameworks: they pass where all is well, and fail where something is sabotaged."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dlsetup.commands.smoke import recogniser
from dlsetup.system.local import LocalSystem
from dlsetup.values.finding import Status
from dlsetup.values.report import Silence
from dlsetup.verify import SCRIPTS, smoke_test

pytestmark = [pytest.mark.network, pytest.mark.slow]

TITLES = {"pytorch": "PyTorch", "tensorflow": "TensorFlow", "keras": "Keras", "jax": "JAX"}


def prove(python, framework, planned="cpu", scripts=SCRIPTS, **options):
    result, findings = smoke_test(
        LocalSystem(),
        python=str(python),
        framework=framework,
        title=TITLES.get(framework, framework),
        planned=planned,
        progress=Silence(),
        scripts=str(scripts),
        recognise=recogniser(LocalSystem()),
        **options,
    )
    return result, {finding.check: finding for finding in findings}


def statuses(findings):
    return {check: finding.status.value for check, finding in findings.items()}


WELL = {"run.import": "ok", "run.device": "ok", "run.compute": "ok"}


# Spark takes a minute and trains in test_legacy_for_real.py
@pytest.mark.parametrize("framework", ["pytorch", "tensorflow", "jax", "mlx", "mxnet", "chainer"])
def test_every_framework_learns_the_same_on_the_processor(framework, request):
    python = request.getfixturevalue("with_torch" if framework == "pytorch" else f"with_{framework}")
    result, findings = prove(python, framework)
    assert statuses(findings) == WELL, findings
    # the weights at the beginning are the lesson's own, so the errors are the same to the last digits, too
    assert result.losses[0] == pytest.approx(0.698552, abs=1e-5)
    assert result.losses[-1] == pytest.approx(0.008118, abs=1e-5)
    assert result.accuracy == 1.0
    assert result.max_difference < 1e-5
    assert result.accelerator == "cpu"
    assert len(result.surface) == 24
    # the disc in the middle is one class, the corners are the other
    assert result.surface[12][12] < 0.1
    assert result.surface[0][0] > 0.9
    if sys.platform != "win32":
        assert result.peak_memory_bytes > 50 * 2**20


@pytest.mark.parametrize(("backend", "fixture"), [("torch", "with_torch"), ("tensorflow", "with_tensorflow")])
def test_keras_learns_on_either_backend_and_writes_nothing_into_the_home_folder(
    backend, fixture, request, monkeypatch, tmp_path
):
    python = request.getfixturevalue(fixture)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    result, findings = prove(python, "keras", variables=(("KERAS_BACKEND", backend),))
    assert statuses(findings) == WELL, findings
    assert result.backend == backend
    assert not (tmp_path / ".keras").exists()


def test_spark_without_java_is_named(with_spark, tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    _, findings = prove(with_spark, "spark")
    assert findings["run.import"].mode == "spark-java-missing-or-old"


@pytest.mark.parametrize(
    ("framework", "fixture"),
    [("pytorch", "with_torch"), ("tensorflow", "with_tensorflow"), ("jax", "with_jax"), ("keras", "with_tensorflow")],
)
def test_a_planned_gpu_that_is_not_there_fails_the_device_alone(framework, fixture, request):
    _, findings = prove(request.getfixturevalue(fixture), framework, planned="xpu")
    assert statuses(findings) == {"run.import": "ok", "run.device": "fail", "run.compute": "skip"}


def test_a_framework_that_is_not_installed_fails_the_import(with_torch):
    _, findings = prove(with_torch, "jax")
    assert findings["run.import"].evidence == ("ModuleNotFoundError: No module named 'jax'",)


def test_the_time_limit_is_kept_and_named(with_torch):
    _, findings = prove(with_torch, "pytorch", timeout=0.7)
    assert "did not come to an end" in findings["run.import"].summary


@pytest.fixture
def sabotaged(tmp_path):
    """Return a function that copies the scripts with one text replaced by another."""

    def copy(name, text, other):
        scripts = tmp_path / "scripts"
        shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
        path = scripts / name
        before = path.read_text(encoding="utf-8")
        assert text in before
        path.write_text(before.replace(text, other), encoding="utf-8")
        return scripts

    return copy


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("_lesson.py", "RATE = 0.5", "RATE = 0.0"), "the error does not fall"),
        (("smoke_pytorch.py", "        torch.nn.Tanh(),\n", ""), "accuracy"),
        (("smoke_pytorch.py", "torch.relu(torch", "torch.abs(torch"), "a wide layer differs"),
        (
            ("smoke_pytorch.py", "conv2d(pictures, filters)", "conv2d(pictures, filters.flip(2))"),
            "a convolution differs",
        ),
        (("smoke_pytorch.py", "shares.reshape(results.shape)", "1.0"), "a convolution differs"),
    ],
    ids=["no learning", "a linear network", "a wrong layer", "a wrong convolution", "wrong slopes"],
)
def test_a_network_that_computes_wrong_fails(with_torch, sabotaged, change, reason):
    _, findings = prove(with_torch, "pytorch", scripts=sabotaged(*change))
    assert statuses(findings) == {"run.import": "ok", "run.device": "ok", "run.compute": "fail"}
    assert any(reason in each for each in findings["run.compute"].evidence), findings["run.compute"].evidence


LIAR = '''
"""Looks like torch on a machine with a GPU, and computes on the processor."""
import os
import sys

sys.path.remove(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
del sys.modules["torch"]
import torch

torch.cuda.is_available = lambda: True
torch.cuda.get_device_name = lambda number=0: "NVIDIA Pretended"
_tensor = torch.tensor
torch.tensor = lambda data, device=None, **options: _tensor(data, **options)
torch.nn.Module.to = lambda self, *where: self
'''


def test_a_torch_that_only_says_that_it_uses_the_gpu_fails(with_torch, tmp_path, monkeypatch):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(LIAR, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    result, findings = prove(with_torch, "pytorch", planned="cuda")
    assert result.device == "NVIDIA Pretended"
    assert result.accelerator == "cpu"
    assert findings["run.device"].status is Status.FAIL
    assert "although cuda is planned" in findings["run.device"].summary


def test_a_variable_that_breaks_the_import_is_found_by_trying_without_it(with_torch, tmp_path, monkeypatch):
    (tmp_path / "torch.py").write_text("raise ImportError('not the real one')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    _, findings = prove(with_torch, "pytorch")
    assert findings["run.import"].mode == "pythonpath-leak"
    assert "ImportError: not the real one" in findings["run.import"].evidence
    assert "without PYTHONPATH it imports" in findings["run.import"].evidence


def test_a_kill_in_the_middle_is_named_a_likely_want_of_memory(with_torch, sabotaged):
    text = "    losses = []\n"
    scripts = sabotaged("smoke_pytorch.py", text, text + "    os.kill(os.getpid(), 9)\n")
    _, findings = prove(with_torch, "pytorch", scripts=scripts)
    assert "was killed while it trained" in findings["run.compute"].summary


def test_a_real_segmentation_fault_is_named_with_its_place(with_torch, sabotaged):
    text = "    losses = []\n"
    scripts = sabotaged("smoke_pytorch.py", text, text + "    import ctypes; ctypes.string_at(0)\n")
    _, findings = prove(with_torch, "pytorch", scripts=scripts)
    assert statuses(findings) == {"run.import": "ok", "run.device": "skip", "run.compute": "fail"}
    assert any("SIGSEGV" in each for each in findings["run.compute"].evidence)
    assert any(each.startswith("it was in") for each in findings["run.compute"].evidence)


@pytest.fixture(scope="session")
def old_processor(with_tensorflow, tmp_path_factory):
    """Return an interpreter on an imitated processor without AVX."""
    qemu = shutil.which("qemu-x86_64-static") or shutil.which("qemu-x86_64")
    if qemu is None:
        pytest.skip("qemu-x86_64-static is not installed (Debian: apt-get install qemu-user-static)")
    real = Path(os.path.realpath(with_tensorflow))
    packages = subprocess.run(
        [with_tensorflow, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    wrapper = tmp_path_factory.mktemp("old") / "python"
    # qemu does not follow the environment's link to its interpreter, so the packages are named
    wrapper.write_text(
        f'#!/bin/sh\nPYTHONPATH="{packages}" exec "{qemu}" -cpu Nehalem "{real}" "$@"\n', encoding="utf-8"
    )
    wrapper.chmod(0o755)
    return wrapper


def test_a_real_illegal_instruction_is_the_lack_of_avx(old_processor):
    _, findings = prove(old_processor, "tensorflow")
    assert statuses(findings) == {"run.import": "fail", "run.device": "skip", "run.compute": "skip"}
    assert findings["run.import"].mode == "cpu-missing-avx"
    assert "This processor lacks AVX" in findings["run.import"].summary


def test_a_shell_between_hides_no_illegal_instruction(old_processor, tmp_path):
    wrapper = tmp_path / "python"
    # without exec: the shell lives on and ends with 128 plus the signal's number
    wrapper.write_text(f'#!/bin/sh\n"{old_processor}" "$@" 2>/dev/null\nexit $?\n', encoding="utf-8")
    wrapper.chmod(0o755)
    _, findings = prove(wrapper, "tensorflow")
    assert findings["run.import"].mode == "cpu-missing-avx"
