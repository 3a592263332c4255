"""What the NVIDIA Management Library answers, through nvidia-ml-py, as plain numbers and names.

The library is asked in a process of its own: with a broken driver its calls crash, or hang where not even the end of a
process ends them, and neither may take dlsetup along.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NVML_SECONDS = 5.0
"""A driver that is stuck answers never; this is what it may cost."""

_END_SECONDS = 0.2
"""What a process that was killed may take to end; one that hangs in the kernel never does."""

_MOST_GPUS = 256
"""More than this is no count of GPUs."""

_CHILD = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from dlsetup.system import nvml; nvml.tell()"


def ask() -> dict[str, Any] | None:
    """Return driver, CUDA version and GPUs; None where no driver library is installed.

    The shape: {"state": ok|missing|mismatch|denied|timeout|error, "detail", "driver", "cuda": 12040, "gpus": [{"name",
    "memory_bytes", "capability": [8, 9], "pci": "10de:2684", "address", "mig", "virtual", "problem"}]}. "missing"
    means that the library is there and the kernel's driver is not.
    """
    if not _library_is_there():
        return None
    # neither site-packages' hooks nor the user's variables have a part in this
    argv = (sys.executable, "-I", "-S", "-c", _CHILD, json.dumps([each for each in sys.path if each]))
    try:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, close_fds=True
        )
    except OSError as problem:
        return {"state": "error", "detail": f"NVML could not be asked: {problem}"}
    answer, errors, in_time = _heard(process)
    return ended(gathered(answer.decode("utf-8", "replace").splitlines()), process.returncode, errors, in_time=in_time)


def _library_is_there() -> bool:
    if sys.platform == "darwin":
        return False
    try:
        ctypes.CDLL("nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1")
    except OSError:
        return False
    return True


def _heard(process: subprocess.Popen[bytes]) -> tuple[bytes, str, bool]:
    """Return what a process printed on both streams, and whether it came to its end in time."""
    try:
        out, errors = process.communicate(timeout=NVML_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
    except BaseException:
        process.kill()
        raise
    else:
        return out, errors.decode("utf-8", "replace"), True
    try:
        out, errors = process.communicate(timeout=_END_SECONDS)
    except subprocess.TimeoutExpired as late:
        return late.output or b"", "", False
    return out, errors.decode("utf-8", "replace"), False


def gathered(lines: Iterable[str]) -> dict[str, Any]:
    """Join the lines that `tell` printed; a line of the library's own is none of them."""
    answer: dict[str, Any] = {}
    gpus: dict[int, dict[str, Any]] = {}
    for line in lines:
        words = _words(line)
        if len(words) == 4 and words[0] == "gpu" and isinstance(words[1], int):  # noqa: PLR2004 - gpu, number, name, value
            gpus.setdefault(words[1], {})[str(words[2])] = words[3]
        elif len(words) == 2:  # noqa: PLR2004 - name and value
            answer[str(words[0])] = words[1]
    count = answer.pop("count", None)
    if isinstance(count, int) and count <= _MOST_GPUS:
        answer["gpus"] = [gpus.get(index, {"problem": "not asked"}) for index in range(count)]
    return answer


def _words(line: str) -> list[Any]:
    try:
        words = json.loads(line)
    except (ValueError, RecursionError):
        return []
    return words if isinstance(words, list) else []


def ended(answer: dict[str, Any], code: int | None, errors: str, *, in_time: bool) -> dict[str, Any]:
    """Add how the asking ended, where it did not come to its end: what was answered before is still true."""
    if not in_time:
        return {**answer, "state": "timeout", "detail": f"NVML did not answer within {NVML_SECONDS:.0f} seconds"}
    if "state" in answer:
        return answer
    said = errors.strip().splitlines()[-1:] or [f"exit code {code}"]
    why = f"signal {-code}" if code is not None and code < 0 else said[0]
    return {**answer, "state": "error", "detail": f"NVML ended the process that asked it ({why})"}


def tell() -> None:
    """Print what NVML answers as it comes, one answer a line: ["driver", "580.95.05"], ["gpu", 0, "name", "..."]."""
    import pynvml

    try:
        _begin()
        _say("driver", _or_none(lambda: _text(pynvml.nvmlSystemGetDriverVersion())))
        _say("cuda", _cuda())
        count = pynvml.nvmlDeviceGetCount()
        _say("count", count)
        for index in range(count):
            _tell_gpu(index)
        _say("state", "ok")
    except pynvml.NVMLError as problem:
        _say("detail", str(problem))
        _say("state", _state(problem))


def _say(*words: Any) -> None:  # noqa: ANN401
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _begin() -> None:
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as problem:
        if problem.value != pynvml.NVML_ERROR_FUNCTION_NOT_FOUND:
            raise
        # libraries before nvmlInitWithFlags (driver 390, the last for Fermi) have this one
        code = pynvml.nvmlLib.nvmlInit_v2()
        if code != pynvml.NVML_SUCCESS:
            raise pynvml.NVMLError(code) from None


def _cuda() -> Any:  # noqa: ANN401
    import pynvml

    newest = _or_none(pynvml.nvmlSystemGetCudaDriverVersion_v2)
    return _or_none(pynvml.nvmlSystemGetCudaDriverVersion) if newest is None else newest


def _tell_gpu(index: int) -> None:
    import pynvml

    try:
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    except pynvml.NVMLError as problem:
        _say("gpu", index, "problem", str(problem))
        _say("gpu", index, "state", _state(problem))
        return
    for name, question in _questions(handle).items():
        _tell_fact(index, name, question)


def _tell_fact(index: int, name: str, question: Callable[[], Any]) -> None:
    import pynvml

    try:
        _say("gpu", index, name, question())
    except pynvml.NVMLError as problem:
        # a GPU that cannot be split, or a driver that does not know of splitting
        whole = problem.value in {pynvml.NVML_ERROR_NOT_SUPPORTED, pynvml.NVML_ERROR_FUNCTION_NOT_FOUND}
        _say("gpu", index, name, False if name == "mig" and whole else None)
        if problem.value == pynvml.NVML_ERROR_GPU_IS_LOST:
            _say("gpu", index, "problem", str(problem))
    except ValueError:
        # a name that is no text
        _say("gpu", index, name, None)


def _questions(handle: Any) -> dict[str, Callable[[], Any]]:  # noqa: ANN401
    import pynvml

    return {
        "name": lambda: _text(pynvml.nvmlDeviceGetName(handle)),
        "capability": lambda: list(pynvml.nvmlDeviceGetCudaComputeCapability(handle)),
        "pci": lambda: _pci(pynvml.nvmlDeviceGetPciInfo(handle).pciDeviceId),
        "address": lambda: _text(pynvml.nvmlDeviceGetPciInfo(handle).busId).lower(),
        "memory_bytes": lambda: int(pynvml.nvmlDeviceGetMemoryInfo(handle).total),
        "mig": lambda: pynvml.nvmlDeviceGetMigMode(handle)[0] == 1,
        "virtual": lambda: _virtual(pynvml.nvmlDeviceGetVirtualizationMode(handle)),
    }


def _or_none(question: Callable[[], Any]) -> Any:  # noqa: ANN401
    import pynvml

    try:
        return question()
    except (pynvml.NVMLError, ValueError):
        return None


def _virtual(mode: int) -> bool:
    import pynvml

    return bool(mode == pynvml.NVML_GPU_VIRTUALIZATION_MODE_VGPU)


def _pci(device_id: int) -> str:
    """Turn NVML's combined id (device above vendor) into "vendor:device"."""
    return f"{device_id & 0xFFFF:04x}:{device_id >> 16 & 0xFFFF:04x}"


def _text(answer: str | bytes) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer


def _state(problem: Any) -> str:  # noqa: ANN401
    import pynvml

    return {
        pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: "mismatch",
        pynvml.NVML_ERROR_DRIVER_NOT_LOADED: "missing",
        pynvml.NVML_ERROR_NO_PERMISSION: "denied",
        pynvml.NVML_ERROR_TIMEOUT: "timeout",
    }.get(problem.value, "error")
