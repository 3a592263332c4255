"""What smoke scripts print is judged: on the planned device, with a falling error and right numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlsetup.commands.smoke import recogniser
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.finding import Status
from dlsetup.values.report import Silence
from dlsetup.verify import smoke_command, smoke_test
from dlsetup.verify.crash import Surroundings
from dlsetup.verify.surroundings import look_around

PYTHON = "/v/bin/python"

GOOD = {
    "framework": "pytorch",
    "version": "2.13.0",
    "backend": None,
    "device": "NVIDIA Example",
    "accelerator": "cuda",
    "losses": [0.7, 0.2, 0.01],
    "accuracy": 1.0,
    "max_difference": 1e-4,
    "conv_difference": 2e-4,
    "import_seconds": 2.5,
    "train_seconds": 0.5,
    "peak_memory_bytes": 123456789,
    "surface": [[0.1, 0.9], [0.9, 0.1]],
    "points": [[0.25, 0.5, 1], [0.75, 0.5, 0]],
}


class Told(Silence):
    """A Progress that remembers the lines."""

    def __init__(self):
        self.lines = []

    def line(self, text):
        self.lines.append(text)


def answer(**changes):
    return json.dumps({**GOOD, **changes})


def prove(stdout, *, planned="cuda", framework="pytorch", stderr="", exit_code=0, problem=None, progress=None):
    command = " ".join(smoke_command(PYTHON, framework, planned))
    recorded = {"stdout": stdout, "stderr": stderr, "exit": exit_code, "problem": problem}
    system = RecordedSystem({"platform": "linux", "commands": {command: recorded}})
    title = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}.get(framework, framework)
    result, findings = smoke_test(
        system,
        python=PYTHON,
        framework=framework,
        title=title,
        planned=planned,
        progress=progress or Silence(),
        recognise=recogniser(system),
    )
    assert [finding.check for finding in findings] == ["run.import", "run.device", "run.compute"]
    for finding in findings:
        if finding.status not in (Status.OK, Status.SKIP):
            assert finding.evidence
            assert finding.remedy is not None
    return result, {finding.check: finding for finding in findings}


def statuses(findings):
    return [finding.status.value for finding in findings.values()]


def test_a_good_answer_passes_every_check():
    result, findings = prove(answer())
    assert statuses(findings) == ["ok", "ok", "ok"]
    assert findings["run.device"].summary == "PyTorch trains on cuda (NVIDIA Example)."
    assert (result.planned, result.accelerator, result.device) == ("cuda", "cuda", "NVIDIA Example")
    assert result.losses == (0.7, 0.2, 0.01)
    assert result.max_difference == pytest.approx(2e-4)
    assert result.surface == ((0.1, 0.9), (0.9, 0.1))
    assert result.points == ((0.25, 0.5, 1), (0.75, 0.5, 0))
    assert result.peak_memory_bytes == 123456789


def test_training_on_the_processor_instead_of_the_planned_gpu_fails():
    _, findings = prove(answer(accelerator="cpu", device="NVIDIA Example"))
    assert statuses(findings) == ["ok", "fail", "ok"]
    assert "although cuda is planned" in findings["run.device"].summary


def test_training_on_a_gpu_instead_of_the_planned_processor_fails_too():
    _, findings = prove(answer(), planned="cpu")
    assert statuses(findings) == ["ok", "fail", "ok"]


def test_an_answer_without_a_device_proves_none():
    _, findings = prove(answer(accelerator=None))
    assert findings["run.device"].status is Status.FAIL


@pytest.mark.parametrize(("planned", "used"), [("metal", "mps"), ("mps", "metal"), ("metal", "metal")])
def test_both_names_of_apples_gpu_are_the_same_device(planned, used):
    _, findings = prove(answer(accelerator=used), planned=planned)
    assert findings["run.device"].status is Status.OK


def test_rocm_is_not_cuda():
    _, findings = prove(answer(accelerator="rocm"))
    assert findings["run.device"].status is Status.FAIL


@pytest.mark.parametrize("accelerator", ["cpu", "cuda", "mps"])
def test_without_a_plan_any_device_is_right(accelerator):
    result, findings = prove(answer(accelerator=accelerator, max_difference=0.0, conv_difference=0.0), planned=None)
    assert statuses(findings) == ["ok", "ok", "ok"]
    assert result.planned is None


@pytest.mark.parametrize(
    "changes",
    [
        {"losses": [0.7, 0.7, 0.69]},
        {"losses": [0.7, 0.4]},
        {"losses": [0.7, float("nan")]},
        {"losses": [0.7, float("inf")]},
        {"losses": [0.01, 0.7]},
        {"losses": []},
        {"losses": "0.7"},
        {"losses": [0.7, None]},
        {"losses": [0.0, 0.0]},
        {"accuracy": 0.9},
        {"accuracy": 0.5},
        {"accuracy": None},
        {"accuracy": True},
        {"accuracy": float("nan")},
        {"max_difference": 0.02},
        {"max_difference": None},
        {"max_difference": float("nan")},
        {"max_difference": float("inf")},
        {"conv_difference": 0.5},
        {"conv_difference": None},
    ],
    ids=str,
)
def test_numbers_that_do_not_prove_it_fail(changes):
    result, findings = prove(answer(**changes))
    assert statuses(findings) == ["ok", "ok", "fail"]
    json.dumps(result.losses, allow_nan=False)
    json.dumps([result.accuracy, result.max_difference], allow_nan=False)


def test_the_processor_has_to_be_more_exact_than_a_gpu():
    assert statuses(prove(answer(max_difference=5e-3))[1]) == ["ok", "ok", "ok"]
    on_cpu = answer(max_difference=5e-3, accelerator="cpu", device="cpu")
    assert statuses(prove(on_cpu, planned="cpu")[1]) == ["ok", "ok", "fail"]


def test_wrong_numbers_on_metal_lead_to_the_processor():
    told = answer(framework="tensorflow", accelerator="metal", max_difference=0.4)
    _, findings = prove(told, planned="metal", framework="tensorflow")
    assert findings["run.compute"].remedy.commands == ("dlsetup install tensorflow --accelerator cpu",)
    assert "tensorflow-metal" in findings["run.compute"].remedy.text


@pytest.mark.parametrize(
    "stdout",
    [
        "loading...\n{GOOD}\n",
        "{GOOD}\nbye\n{'not': 'json'}\n{\"framework\": 3}\n[1]\n{}\n",
        '{"framework": "pytorch"}\n{GOOD}',
        '{"framework": "pytorch", "losses": [1, 2], "accuracy": 0}\n{GOOD}\n',
        "\x1b[0m\n\u2028{\n" + "{GOOD}\r\n",
        "x" * 300_000 + "\n{GOOD}\n" + "y\n" * 100_000,
        "[" * 100_000 + "\n{" + '"a":' * 50_000 + "}\n{GOOD}\n",
    ],
    ids=["before", "after", "half an answer before", "another answer before", "controls", "huge", "deep"],
)
def test_garbage_around_the_answer_does_not_hide_it(stdout):
    _, findings = prove(stdout.replace("{GOOD}", answer()))
    assert statuses(findings) == ["ok", "ok", "ok"]


@pytest.mark.parametrize("stdout", ["", "hello\n", '{"framework": "pytorch"}', '{"framework": "pytorch", "losses": [1'])
def test_no_answer_is_a_failure_even_with_exit_code_0(stdout):
    _, findings = prove(stdout)
    assert statuses(findings) == ["fail", "skip", "skip"]
    assert findings["run.device"].because == "run.import"
    assert "without an answer" in findings["run.import"].summary


def test_the_frameworks_lines_are_passed_on_and_the_scripts_are_not():
    told = Told()
    prove(f"hello from torch\ndlsetup-stage: import\n\n{answer()}\n", progress=told)
    assert told.lines == ["hello from torch"]


def error(stage, kind, message, **more):
    return json.dumps({"framework": "pytorch", "error": {"stage": stage, "type": kind, "message": message}, **more})


def test_an_exception_at_import_skips_what_follows():
    _, findings = prove(error("import", "ImportError", "libcudnn.so.9: cannot open shared object file"), exit_code=1)
    assert statuses(findings) == ["fail", "skip", "skip"]
    assert findings["run.import"].mode == "nvidia-lib-missing-from-env"


def test_a_missing_device_fails_the_device_and_keeps_the_import():
    told = error("device", "NoDevice", "torch reports no cuda device, only cpu", version="2.13.0", import_seconds=1.0)
    result, findings = prove(told, exit_code=1)
    assert statuses(findings) == ["ok", "fail", "skip"]
    assert findings["run.device"].evidence == ("torch reports no cuda device, only cpu",)
    assert findings["run.device"].remedy.commands[-1].endswith("--accelerator cpu")
    assert result.version == "2.13.0"
    assert result.losses == ()


def test_the_reason_for_a_missing_device_is_taken_from_stderr():
    _, findings = prove(
        error("device", "NoDevice", "no cuda device"),
        exit_code=1,
        stderr="W gpu_device.cc:1850] Cannot dlopen some GPU libraries. Please make sure\n",
    )
    assert findings["run.device"].mode == "tf-gpu-libs-not-loaded"


def test_an_exception_while_training_fails_the_numbers_only():
    _, findings = prove(
        error("train", "RuntimeError", "CUDA error: no kernel image is available for execution on the device")
    )
    assert statuses(findings) == ["ok", "skip", "fail"]
    assert findings["run.compute"].mode == "cuda-no-kernel-image"


@pytest.mark.parametrize("told", ["broken", 3, [], {"stage": "moon", "type": 3, "message": None}])
def test_a_malformed_error_is_still_an_error(told):
    command_answer = json.dumps({"framework": "pytorch", "error": told})
    _, findings = prove(command_answer, exit_code=1)
    assert findings["run.import"].status is Status.FAIL


@pytest.mark.parametrize(("stage", "expected"), [("device", ["ok", "fail", "skip"]), ("train", ["ok", "skip", "fail"])])
def test_a_crash_after_the_import_leaves_the_import_well(stage, expected):
    _, findings = prove("", exit_code=-11, stderr=f"dlsetup-stage: import\ndlsetup-stage: {stage}\n")
    assert statuses(findings) == expected


def test_a_crash_while_python_ends_spoils_a_good_answer():
    _, findings = prove(answer(), exit_code=-11, stderr="dlsetup-stage: import\ndlsetup-stage: end\n")
    assert statuses(findings) == ["ok", "ok", "fail"]
    assert "while Python ended" in findings["run.compute"].summary


def test_a_hang_while_python_ends_spoils_a_good_answer():
    _, findings = prove(answer(), exit_code=None, problem="timeout", stderr="dlsetup-stage: end\n")
    assert statuses(findings) == ["ok", "ok", "fail"]


def test_a_machine_that_is_only_recorded_leaves_the_proof_unknown():
    result, findings = smoke_test(
        RecordedSystem({"platform": "linux"}),
        python=PYTHON,
        framework="pytorch",
        title="PyTorch",
        planned="cpu",
        progress=Silence(),
    )
    assert result.accuracy is None
    assert findings[0].status is Status.UNKNOWN
    assert {finding.status for finding in findings[1:]} == {Status.SKIP}


def test_the_recorded_processor_and_limits_explain_a_crash():
    command = " ".join(smoke_command(PYTHON, "tensorflow", "cpu"))
    recording = {
        "platform": "linux",
        "commands": {command: {"stdout": "", "stderr": "dlsetup-stage: import\n", "exit": -4}},
        "files": {"/proc/cpuinfo": "processor : 0\nflags\t\t: fpu sse sse2 ssse3\n"},
    }
    _, findings = smoke_test(
        RecordedSystem(recording),
        python=PYTHON,
        framework="tensorflow",
        title="TensorFlow",
        planned="cpu",
        progress=Silence(),
    )
    assert findings[0].summary == "This processor lacks AVX, which TensorFlow uses."


class Fresh(RecordedSystem):
    """A machine that is not replayed, and remembers how it was asked."""

    replayed = False

    def run(self, argv, *, timeout, env=None, cwd=None, on_line=None):
        self.env, self.folder, self.there = env, cwd, cwd is not None and Path(cwd).is_dir()
        (Path(cwd) / "keras.json").write_text("{}", encoding="utf-8")
        return super().run(argv, timeout=timeout, on_line=on_line)


def test_the_test_runs_in_a_folder_of_its_own_that_is_gone_afterwards():
    machine = Fresh({"platform": "linux", "env": {"KERAS_BACKEND": "jax", "LD_LIBRARY_PATH": "/somewhere"}})
    smoke_test(
        machine,
        python=PYTHON,
        framework="keras",
        title="Keras",
        planned="cpu",
        variables=(("KERAS_BACKEND", "torch"), ("OTHER", "1")),
        progress=Silence(),
    )
    assert machine.there
    assert not Path(machine.folder).exists()
    # the user's own backend outranks the environment's default, and the loader's variables are left alone
    assert machine.env == {"PYTHONFAULTHANDLER": "1", "KERAS_HOME": machine.folder, "OTHER": "1"}


def test_limits_of_memory_are_read_where_the_kernel_tells_them():
    machine = RecordedSystem(
        {
            "files": {
                "/proc/vmstat": "oom_kill 5\n",
                "/sys/fs/cgroup/memory.max": "max\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "1048576\n",
            },
            "values": {"disk:/dev/shm": {"total": 67108864, "free": 1}},
        }
    )
    around = look_around(machine, 3)
    assert around.killed_for_memory == 2
    assert around.memory_limit_bytes == 1048576
    assert around.shared_memory_bytes == 67108864
    unknown = look_around(RecordedSystem({}), None)
    assert unknown == Surroundings()


def test_scripts_for_python_2_are_not_given_an_option_that_it_lacks():
    assert "-X" in smoke_command(PYTHON, "pytorch", None)
    assert "-X" not in smoke_command(PYTHON, "mxnet", "cpu")
    assert smoke_command(PYTHON, "pytorch", None)[-2:] == ("--device", "auto")
