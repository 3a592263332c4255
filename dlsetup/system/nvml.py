"""What the NVIDIA Management Library answers, through nvidia-ml-py, as plain numbers and names."""

from __future__ import annotations

import ctypes
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

NVML_SECONDS = 5.0
"""A driver that is stuck answers never; this is what it may cost."""


def ask() -> dict[str, Any] | None:
    """Return driver, CUDA version and GPUs; None where no driver library is installed.

    The shape: {"state": ok|missing|mismatch|denied|timeout|error, "detail", "driver", "cuda": 12040, "gpus": [{"name",
    "memory_bytes", "capability": [8, 9], "pci": "10de:2684", "address", "mig", "virtual", "problem"}]}. "missing"
    means that the library is there and the kernel's driver is not.
    """
    if not _library_is_there():
        return None
    answer: dict[str, Any] = {}
    worker = threading.Thread(target=_fill, args=(answer,), daemon=True)
    worker.start()
    worker.join(NVML_SECONDS)
    if worker.is_alive():
        # what was answered before the call that hangs is still true
        return {**answer, "state": "timeout", "detail": f"NVML did not answer within {NVML_SECONDS:.0f} seconds"}
    return answer


def _library_is_there() -> bool:
    if sys.platform == "darwin":
        return False
    try:
        ctypes.CDLL("nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1")
    except OSError:
        return False
    return True


def _fill(answer: dict[str, Any]) -> None:
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as problem:
        answer.update(state=_state(problem), detail=str(problem))
        return
    try:
        answer.update(driver=_text(pynvml.nvmlSystemGetDriverVersion()))
        answer.update(cuda=pynvml.nvmlSystemGetCudaDriverVersion_v2())
        gpus: list[dict[str, Any]] = []
        for index in range(pynvml.nvmlDeviceGetCount()):
            gpus.append(_gpu(index))
            answer.update(gpus=list(gpus))
        answer.update(state="ok", gpus=gpus)
    except pynvml.NVMLError as problem:
        answer.update(state=_state(problem), detail=str(problem))


def _gpu(index: int) -> dict[str, Any]:
    import pynvml

    try:
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    except pynvml.NVMLError as problem:
        return {"problem": str(problem), "state": _state(problem)}
    gpu: dict[str, Any] = {}
    questions: dict[str, Callable[[], Any]] = {
        "name": lambda: _text(pynvml.nvmlDeviceGetName(handle)),
        "memory_bytes": lambda: int(pynvml.nvmlDeviceGetMemoryInfo(handle).total),
        "capability": lambda: list(pynvml.nvmlDeviceGetCudaComputeCapability(handle)),
        "pci": lambda: _pci(pynvml.nvmlDeviceGetPciInfo(handle).pciDeviceId),
        "address": lambda: _text(pynvml.nvmlDeviceGetPciInfo(handle).busId).lower(),
        "mig": lambda: pynvml.nvmlDeviceGetMigMode(handle)[0] == 1,
        "virtual": lambda: _virtual(pynvml.nvmlDeviceGetVirtualizationMode(handle)),
    }
    for name, question in questions.items():
        try:
            gpu[name] = question()
        except pynvml.NVMLError as problem:  # noqa: PERF203 - each question may fail for itself
            gpu[name] = False if name == "mig" and problem.value == pynvml.NVML_ERROR_NOT_SUPPORTED else None
            if problem.value == pynvml.NVML_ERROR_GPU_IS_LOST:
                gpu["problem"] = str(problem)
    return gpu


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
