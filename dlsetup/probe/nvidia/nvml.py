"""What NVIDIA's management library answered, as `system.value("nvml")` hands it on."""

from __future__ import annotations

from typing import Any

from dlsetup.probe.nvidia.reading import Reading, driver_version
from dlsetup.probe.nvidia.smi_table import is_virtual
from dlsetup.probe.sighting import Sighting, address
from dlsetup.values.host import Gpu

_STATES = {"missing": "missing", "mismatch": "mismatch", "ok": None}


def parse(answer: Any) -> Reading | None:  # noqa: ANN401 - JSON of any shape
    """Read NVML's answer; None where there is no library."""
    if not isinstance(answer, dict):
        return None
    state = _STATES.get(str(answer.get("state")), "error")
    listed = answer.get("gpus")
    gpus = [gpu for gpu in listed if isinstance(gpu, dict)] if isinstance(listed, list) else []
    detail = _text(answer.get("detail"))
    troubled = next((f"GPU {index}: {gpu['problem']}" for index, gpu in enumerate(gpus) if gpu.get("problem")), None)
    return Reading(
        sightings=tuple(_gpu(gpu, index) for index, gpu in enumerate(gpus)),
        version=driver_version(_text(answer.get("driver"))),
        cuda=_cuda(answer.get("cuda")),
        state=state or ("error" if troubled else None),
        detail=detail or troubled,
        counted=answer.get("state") == "ok" and isinstance(listed, list),
    )


def _gpu(gpu: dict[str, Any], index: int) -> Sighting:
    name, memory, capability, pci = (gpu.get(key) for key in ("name", "memory_bytes", "capability", "pci"))
    virtual, mig = gpu.get("virtual"), gpu.get("mig")
    return Sighting(
        gpu=Gpu(
            vendor="nvidia",
            name=_text(name),
            architecture=_architecture(capability),
            memory_bytes=memory if isinstance(memory, int) and memory > 0 else None,
            pci_id=pci.lower() if isinstance(pci, str) else None,
            virtual=virtual if isinstance(virtual, bool) else is_virtual(_text(name)),
            mig=mig if isinstance(mig, bool) else None,
        ),
        address=address(str(gpu.get("address") or "")),
        index=index,
    )


def _architecture(capability: Any) -> str | None:  # noqa: ANN401
    if not isinstance(capability, (list, tuple)) or len(capability) != 2:  # noqa: PLR2004 - major and minor
        return None
    return f"sm_{capability[0]}{capability[1]}" if all(isinstance(part, int) for part in capability) else None


def _cuda(number: Any) -> str | None:  # noqa: ANN401
    """Turn 12040 into "12.4"."""
    if not isinstance(number, int) or isinstance(number, bool) or number < 1000:  # noqa: PLR2004 - CUDA 1.0
        return None
    return f"{number // 1000}.{number % 1000 // 10}"


def _text(value: Any) -> str | None:  # noqa: ANN401
    return value if isinstance(value, str) and value else None
