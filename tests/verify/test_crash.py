"""Crashes are named from outside, and near misses are not."""

from __future__ import annotations

import pytest

from dlsetup.commands.smoke import recogniser
from dlsetup.system.interface import Completed
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.finding import Status
from dlsetup.values.symptom import Subject
from dlsetup.verify.answer import Trouble
from dlsetup.verify.crash import Surroundings, name_crash, name_exception, signal_of

RECOGNISE = recogniser(RecordedSystem({"platform": "linux", "files": {}, "commands": {}}))
TENSORFLOW = Subject(framework="tensorflow", title="TensorFlow", python="/v/bin/python", recognise=RECOGNISE)
TORCH = Subject(framework="pytorch", title="PyTorch", python="/v/bin/python", recognise=RECOGNISE)

OLD = ("fpu", "sse", "sse2", "sse4_2")
NEW = (*OLD, "avx", "avx2", "fma")

FRAMES = """Fatal Python error: Illegal instruction

Current thread 0x00007f0000000000 (most recent call first):
  File "<frozen importlib._bootstrap>", line 241 in _call_with_frames_removed
  File "/home/someone/v/lib/python3.11/site-packages/tensorflow/python/pywrap.py", line 70 in <module>
  File "/opt/dlsetup/verify/smoke/_lesson.py", line 270 in give_lesson
"""


def ended(exit_code, stderr="dlsetup-stage: import\n", stdout="", problem=None, seconds=1.0):
    return Completed(
        argv=("python", "smoke.py"), exit_code=exit_code, stdout=stdout, stderr=stderr, problem=problem, seconds=seconds
    )


def name(completed, features=None, subject=TENSORFLOW, **around):
    return name_crash(completed, subject=subject, around=Surroundings(cpu_features=features, **around))


@pytest.mark.parametrize("exit_code", [-4, 132, 0xC000001D, 0xC000001D - 2**32])
def test_an_illegal_instruction_without_avx_is_the_lack_of_avx(exit_code):
    finding = name(ended(exit_code), OLD)
    assert finding.check == "run.import"
    assert finding.status is Status.FAIL
    assert finding.mode == "cpu-missing-avx"
    assert finding.summary == "This processor lacks AVX, which TensorFlow uses."


def test_an_illegal_instruction_with_avx_is_another_one():
    finding = name(ended(-4), NEW)
    assert finding.mode == "cpu-missing-avx"
    assert "lacks AVX" not in finding.summary
    assert any("avx, avx2, fma" in each for each in finding.evidence)


def test_an_illegal_instruction_on_an_arm_processor_is_never_called_avx():
    assert "lacks AVX" not in name(ended(-4), ("fp", "asimd", "aes")).summary


def test_with_unknown_features_avx_is_only_one_possibility():
    assert "AVX or another instruction" in name_crash(ended(-4)).summary


def test_the_features_may_be_handed_over_alone():
    assert name_crash(ended(-4), OLD).summary == "This processor lacks AVX, which The framework uses."


@pytest.mark.parametrize("exit_code", [-4, 132, 1])
def test_qemu_tells_the_signal_and_the_real_processor_tells_nothing(exit_code):
    stderr = "dlsetup-stage: import\nqemu: uncaught target signal 4 (Illegal instruction) - core dumped\n"
    finding = name(ended(exit_code, stderr), NEW)
    assert finding.mode == "cpu-missing-avx"
    assert "lacks AVX" in finding.summary
    assert any(each.startswith("qemu: uncaught target signal 4") for each in finding.evidence)


@pytest.mark.parametrize("exit_code", [-6, 134])
def test_the_fatal_line_of_tensorflow_names_the_instruction_whatever_the_processor(exit_code):
    stderr = (
        "dlsetup-stage: import\n2026-01-01 F tensorflow/core/platform/cpu_feature_guard.cc:38] The TensorFlow library "
        "was compiled to use AVX instructions, but these aren't available on your machine.\n"
    )
    finding = name(ended(exit_code, stderr), None)
    assert finding.mode == "cpu-missing-avx"
    assert finding.summary.startswith("This TensorFlow needs a processor with AVX")


def test_the_place_of_a_crash_is_evidence_without_the_users_folder():
    finding = name(ended(-4, "dlsetup-stage: import\n" + FRAMES), OLD)
    assert "it was in tensorflow/python/pywrap.py line 70, <module>" in finding.evidence
    assert "someone" not in str(finding)


@pytest.mark.parametrize(
    ("stage", "check"),
    [("import", "run.import"), ("device", "run.device"), ("train", "run.compute"), ("compare", "run.compute")],
)
def test_a_crash_belongs_to_the_check_whose_stage_it_ended(stage, check):
    stderr = "".join(f"dlsetup-stage: {each}\n" for each in ("import", stage))
    finding = name(ended(-11, stderr))
    assert finding.check == check
    assert "SIGSEGV" in " ".join(finding.evidence)


def test_a_crash_before_any_stage_is_one_of_the_import():
    assert name(ended(-11, "")).check == "run.import"


@pytest.mark.parametrize("exit_code", [-9, 137])
def test_a_kill_is_likely_want_of_memory_and_says_when_nothing_proves_it(exit_code):
    finding = name(ended(exit_code))
    assert "most likely for want of memory" in finding.summary
    assert finding.mode is None
    assert "nothing on this machine tells who killed it" in finding.evidence


def test_a_kill_under_a_memory_limit_has_the_limit_as_evidence():
    finding = name(ended(-9), memory_limit_bytes=512 * 2**20, memory_limit_source="/sys/fs/cgroup/memory.max")
    assert finding.mode == "container-memory-limit"
    assert "memory is limited to 512 MiB (/sys/fs/cgroup/memory.max)" in finding.evidence


def test_a_kill_that_the_kernel_counted_without_a_limit_is_the_machines_memory():
    finding = name(ended(-9), killed_for_memory=1)
    assert finding.mode == "host-memory-exhausted"
    assert any("the kernel killed 1 process" in each for each in finding.evidence)


def test_a_kernel_that_counted_nothing_is_no_proof():
    assert name(ended(-9), killed_for_memory=0).mode is None


@pytest.mark.parametrize("exit_code", [-7, 135, -10])
def test_a_bus_error_with_little_shared_memory_is_its_size(exit_code):
    finding = name(ended(exit_code), shared_memory_bytes=64 * 2**20)
    assert finding.mode == "shm-too-small"
    assert "/dev/shm has 64 MiB" in finding.evidence  # noqa: S108


@pytest.mark.parametrize("size", [None, 8 * 2**30])
def test_a_bus_error_with_enough_shared_memory_is_not_blamed_on_it(size):
    assert name(ended(-7), shared_memory_bytes=size).mode is None


def test_the_time_limit_is_named_with_stage_and_place():
    stack = FRAMES.replace("Fatal Python error: Illegal instruction\n\n", "")
    finding = name(ended(None, "dlsetup-stage: import\n" + stack, problem="timeout", seconds=600.2))
    assert finding.check == "run.import"
    assert finding.evidence == ("stopped after 600 s", "it was in tensorflow/python/pywrap.py line 70, <module>")


def test_an_interpreter_that_is_not_there_does_not_start():
    finding = name(ended(None, "/v/bin/python: No such file or directory", problem="not-found"))
    assert finding.check == "run.import"
    assert finding.summary == "The interpreter does not start."


def test_an_illegal_instruction_with_a_message_about_it_keeps_the_message():
    text = (
        "RuntimeError: This version of jaxlib was built using AVX instructions, "
        "which your CPU and/or operating system do not support."
    )
    finding = name(ended(-4, f"dlsetup-stage: import\n{text}\n"), OLD)
    assert finding.evidence[0] == text


@pytest.mark.parametrize("exit_code", [-4, -9])
def test_other_messages_do_not_explain_a_kill_or_an_illegal_instruction(exit_code):
    finding = name(ended(exit_code, "dlsetup-stage: import\nAttributeError: _ARRAY_API not found\n"), OLD)
    assert finding.mode != "numpy2-abi-break"


@pytest.mark.parametrize("exit_code", [-15, 143])
def test_a_termination_is_somebody_elses(exit_code):
    assert "told to stop" in name(ended(exit_code)).summary


@pytest.mark.parametrize("exit_code", [-8, 136])
def test_a_floating_point_exception_is_a_crash(exit_code):
    assert "divided by zero" in name(ended(exit_code)).summary


def test_what_was_not_recorded_is_unknown_and_no_failure():
    finding = name(ended(None, "not in the recording", problem="unknown"))
    assert finding.status is Status.UNKNOWN


def test_a_missing_dll_on_windows_is_the_runtime():
    assert name(ended(0xC0000135)).mode == "windows-vcredist-missing"


@pytest.mark.parametrize("exit_code", [0, 1, 2, 127, 128, 255])
def test_an_ordinary_exit_code_is_no_signal(exit_code):
    assert signal_of(ended(exit_code)) is None


def test_an_end_without_an_answer_has_the_last_exception_as_evidence_and_no_traceback():
    stderr = (
        "dlsetup-stage: import\nTraceback (most recent call last):\n"
        '  File "smoke_pytorch.py", line 1, in <module>\n    import torch\nRuntimeError: no idea\n'
    )
    finding = name(ended(1, stderr), subject=TORCH)
    assert finding.evidence[0] == "RuntimeError: no idea"
    assert "Traceback" not in str(finding)


def test_a_failed_assertion_in_the_frameworks_own_code_is_evidence():
    line = "2026-01-01 00:00:00.1: F external/xla/service/gpu.cc:12] Check failed: status.ok() INTERNAL"
    finding = name(ended(-6, "dlsetup-stage: train\n" + line + "\n"))
    assert finding.check == "run.compute"
    assert line in finding.evidence


MESSAGES = {
    "ImportError: libcudnn.so.9: cannot open shared object file: No such file": "nvidia-lib-missing-from-env",
    "ImportError: libcublasLt.so.12: cannot open shared object file: No such file": "nvidia-lib-missing-from-env",
    "ImportError: libcuda.so.1: cannot open shared object file: No such file or directory": "libcuda-not-found",
    "ImportError: libmpi_cxx.so.1: cannot open shared object file: No such file or directory": "cntk-mpi-missing",
    "ImportError: libGL.so.1: cannot open shared object file: No such file": "opencv-system-libs-missing",
    "ImportError: /usr/lib/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by x.so)": "libstdcxx-too-old",
    "OSError: /lib64/libm.so.6: version `GLIBC_2.29' not found (required by libpyg.so)": "glibc-too-old",
    "RuntimeError: operator torchvision::nms does not exist": "torch-torchvision-mismatch",
    "TypeError: Descriptors cannot be created directly.": "protobuf-generated-code-mismatch",
    "TypeError: Descriptors cannot not be created directly.": "protobuf-generated-code-mismatch",
    "ImportError: libcusparse.so.12: undefined symbol: __nvJitLinkComplete_12_4": (
        "nvidia-libs-shadowed-by-ld-library-path"
    ),
    "ImportError: libtorch_cuda.so: undefined symbol: ncclCommRegister": "nccl-lib-symbol-mismatch",
    "ImportError: /v/torch/lib/libtorch_cuda.so: file too short": "truncated-or-missing-shared-object",
    "AttributeError: module 'numpy' has no attribute 'bool'.": "numpy-removed-aliases",
    "AttributeError: _ARRAY_API not found": "numpy2-abi-break",
    "ImportError: A module that was compiled using NumPy 1.x cannot be run in\nNumPy 2.0.0 as it": "numpy2-abi-break",
    "ValueError: numpy.dtype size changed, may indicate binary incompatibility.": "numpy-c-abi-size-changed",
    "ImportError: libtorch_cpu.so: cannot enable executable stack as shared object requires: Invalid argument": (
        "executable-stack-blocked"
    ),
    "ImportError: libgomp.so.1: cannot allocate memory in static TLS block": "static-tls-exhausted",
    "RuntimeError: CUDA error: no kernel image is available for execution on the device": "cuda-no-kernel-image",
    "RuntimeError: The NVIDIA driver on your system is too old (found version 11040).": "nvidia-driver-too-old",
    "PySparkRuntimeError: [JAVA_GATEWAY_EXITED] Java gateway process exited": "spark-java-missing-or-old",
    "ValueError: Unable to import backend : theano": "keras-backend-unset",
    "ImportError: DLL load failed while importing _pywrap_tensorflow_internal: x": "windows-dll-load-failed-tensorflow",
    'OSError: [WinError 126] Error loading "C:\\v\\torch\\lib\\fbgemm.dll" or one of its dependencies.': (
        "windows-dll-load-failed-torch"
    ),
    "MemoryError: ": "host-memory-exhausted",
    "OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.": "gpu-memory-held-by-other-process",
    "NotFoundError: dlopen(/v/tensorflow-plugins/libmetal_plugin.dylib, 6): Symbol not found": (
        "tensorflow-metal-mismatch"
    ),
}

NEAR_MISSES = [
    "ImportError: libfoo.so.1: cannot open shared object file: No such file or directory",
    "ImportError: libfoo.so: undefined symbol: frobnicate",
    "AttributeError: module 'numpy' has no attribute 'frobnicate'",
    "RuntimeError: operator torchtext::x does not exist",
    "TypeError: Descriptors are not hashable",
    "ModuleNotFoundError: No module named 'frobnicate'",
    "RuntimeError: version 2 not found",
]


@pytest.mark.parametrize(("text", "mode"), MESSAGES.items(), ids=list(range(len(MESSAGES))))
def test_an_exception_is_recognised_by_its_own_words(text, mode):
    kind, message = text.split(": ", 1)
    finding = name_exception(Trouble(stage="import", kind=kind, message=message), "", subject=TORCH)
    assert finding.mode == mode
    assert finding.check == "run.import"
    assert finding.remedy is not None
    assert "{" not in finding.summary + finding.remedy.text + "".join(finding.remedy.commands)


@pytest.mark.parametrize(("text", "mode"), MESSAGES.items(), ids=list(range(len(MESSAGES))))
def test_the_same_words_are_recognised_where_python_itself_ended(text, mode):
    stderr = f'dlsetup-stage: import\nTraceback (most recent call last):\n  File "x", line 1\n{text}\n'
    assert name(ended(1, stderr), subject=TORCH).mode == mode


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_a_near_miss_is_not_recognised_and_keeps_its_words(text):
    kind, message = text.split(": ", 1)
    finding = name_exception(Trouble(stage="import", kind=kind, message=message), "", subject=TORCH)
    assert finding.mode is None
    assert finding.evidence == (text,)


def test_lines_that_healthy_machines_print_too_explain_no_crash():
    noise = (
        "W dso_loader.cc:55] Could not load dynamic library 'libcuda.so.1'; dlerror: libcuda.so.1: cannot open shared "
    )
    finding = name(ended(-11, "dlsetup-stage: import\n" + noise + "object file\nCannot dlopen some GPU libraries.\n"))
    assert finding.mode is None
    assert "crashed" in finding.summary


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (
            'Traceback (most recent call last):\n  File "x", line 1\nImportError: it broke\n\n\nSee https://x.org',
            "ImportError: ImportError: it broke",
        ),
        ("This value is gone.\n\n[CALL STACK]\n[0x7ff0] + 0x7b", "ImportError: This value is gone."),
        ("", "ImportError"),
    ],
    ids=["a traceback inside", "a stack after it", "nothing"],
)
def test_the_line_that_says_most_is_evidence(message, line):
    finding = name_exception(Trouble(stage="import", kind="ImportError", message=message), "", subject=TENSORFLOW)
    assert finding.evidence == (line,)


def test_an_exception_while_training_is_one_of_the_numbers():
    finding = name_exception(Trouble(stage="train", kind="ValueError", message="shapes"), "", subject=TORCH)
    assert finding.check == "run.compute"
