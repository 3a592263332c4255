"""Explain every recorded error, and show which failure mode each is taken for.

    python tests/score_logs.py [ID...]

A record states the class of its problem in words of its own; `MODES` says which failure modes name that cause. Where
only a wrapper or a neighbour can be known from the text, the neighbour counts if its remedy mends the problem as well.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dlsetup.commands.explain import Source, explain
from dlsetup.values.finding import Status

if TYPE_CHECKING:
    from dlsetup.values.symptom import Explained

MODES = {
    "arch-not-in-wheel": {
        "gpu-arch-too-new",
        "gpu-arch-dropped",
        "cuda-no-kernel-image",
        "kaggle-p100-unsupported",
    },
    "container-toolkit": {"container-toolkit-missing"},
    "cpu-isa": {"cpu-missing-avx"},
    "cpu-wheel": {"torch-cpu-build-on-gpu-machine"},
    "cuda-libs-missing": {"nvidia-lib-missing-from-env"},
    "cuda-toolkit-mismatch": {"tf-gpu-libs-not-loaded", "nvidia-lib-missing-from-env", "cudnn-not-on-loader-path"},
    "cudnn-missing": {"cudnn-not-on-loader-path", "jax-cudnn-init-failed", "tf-gpu-libs-not-loaded"},
    "cudnn-version": {"cudnn-version-mismatch", "nvidia-lib-missing-from-env", "cudnn-not-on-loader-path"},
    "dependency-conflict": {"resolver-conflict", "torch-torchvision-mismatch"},
    "disk-full": {"disk-full"},
    "driver-too-old": {"nvidia-driver-too-old"},
    "fabric-manager": {"fabric-manager-not-running"},
    "gfx-not-in-build": {"rocm-gfx-not-in-wheel"},
    "gfx-override-wrong": {"rocm-gfx-override-misuse", "rocm-gfx-not-in-wheel"},
    "glibc-too-old": {"glibc-too-old"},
    "gpu-unsupported": {"rocm-kfd-unsupported-gpu", "rocm-gfx-not-in-wheel"},
    "hash-mismatch": {"wheel-hash-mismatch"},
    "jax-version-mix": {"jax-plugin-version-skew"},
    "jetson-wheel": {"torch-cpu-build-on-gpu-machine", "aarch64-default-is-cpu"},
    "kfd-permission": {"rocm-user-not-in-render-group"},
    "ld-library-path": {"nvidia-libs-shadowed-by-ld-library-path"},
    "macos-too-old": {"macos-too-old", "mps-unavailable"},
    "mixed-cuda-libs": {
        "nvidia-libs-shadowed-by-ld-library-path",
        "jax-plugin-init-failed",
        "cublas-init-failed",
        "cuda-major-mix-in-env",
    },
    "mixed-cuda-wheels": {"dependency-violation-after-install", "nccl-lib-symbol-mismatch"},
    "mixed-wheels": {"torch-family-cuda-tag-mismatch", "torch-torchaudio-mismatch", "mixed-torch-files"},
    "mps-op": {"mps-op-not-implemented", "mps-unavailable"},
    # the cause of these was never found; PyTorch's own message speaks of macOS
    "mps-unknown": {"mps-unavailable", "macos-vm-no-usable-metal", "macos-too-old"},
    "nccl-shm": {"shm-too-small"},
    "nccl-topology": {"nccl-topology-or-nvlink-degraded", "nccl-unhandled-system-error"},
    "nccl-usage": {"nccl-duplicate-gpu"},
    "no-cuda-toolkit": {"cuda-toolkit-torch-mismatch-build", "compiler-missing-for-jit"},
    "no-driver": {
        "nvidia-driver-missing",
        "container-started-without-gpu",
        "libcuda-not-found",
        "cuda-wheels-on-cpu-only-host",
    },
    "numpy2-abi": {"numpy2-abi-break"},
    "nvcc-mismatch": {"cuda-toolkit-torch-mismatch-build"},
    "nvml-mismatch": {"nvidia-driver-library-mismatch", "container-driver-libs-baked-in"},
    "out-of-memory": {"host-memory-exhausted"},
    "protobuf": {"protobuf-generated-code-mismatch"},
    "proxy": {"index-unreachable-or-proxy"},
    "python-version": {"no-matching-wheel-for-python", "python-too-new-prerelease"},
    "rosetta": {"rosetta-x86-python"},
    "setuptools-82": {"pkg-resources-removed"},
    "shadowed-module": {"module-name-shadowing"},
    "ssl": {"ssl-interception"},
    "tf-metal-abi": {"tensorflow-metal-mismatch"},
    "torchtext-mismatch": {"torch-extension-abi-generic", "torch-torchaudio-mismatch"},
    "torchvision-mismatch": {"torch-torchvision-mismatch"},
    "triton-mismatch": {"triton-missing-or-mismatched"},
    "venv-moved": {"venv-broken-by-python-upgrade"},
    "wheel-replaced": {"torch-replaced-by-dependency", "xpu-wheel-missing-on-intel-gpu"},
    "wrong-device": set(),
    "wrong-platform": {"uv-no-wheel-for-platform", "cpu-arch-no-wheel"},
    "wrong-wheel": {"nvidia-lib-missing-from-env", "cuda-wheels-on-cpu-only-host"},
    "wsl-driver": {"wsl-kernel-or-windows-driver-old", "container-driver-libs-missing"},
    "wsl-nix": {"wsl-libcuda-not-on-path"},
    "wsl-tcc": {"wsl-kernel-or-windows-driver-old"},
    "wsl-windows-build": {"wsl-kernel-or-windows-driver-old"},
    "xpu-device": {"xpu-no-devices"},
    "xpu-driver": {"xpu-no-devices", "level-zero-env-bad"},
}
"""Class of a record's problem, and the failure modes that name it. Empty: the set-up is right, so nothing may fail."""

UNTOLD = {
    # the record knows more than its text: the processor is an Apple one
    "env-mac-rosetta-lightning": "i386 alone",
    "err-jetson-nano-cpu-wheel": "torch.cuda.is_available() -> False alone",
    "env-wsl2-nix-torch-cuda": "torch.cuda.is_available: False alone",
    "env-wsl2-mixed-tcc-wddm": "two GPUs and a driver of Windows",
    "env-wsl2-old-kernel-win10-19042": "a GPU, a driver and a torch that fit",
    "env-xpu-a770-ubuntu2604-ok": "a list of packages that fit, from before they were replaced",
    "fh-jax-cuda-no-gpu": "JAX on a processor, without a word of trouble",
    "env-rocm-7900xtx-second-user": "a GPU and groups, without the user who was asked about",
}
"""Records whose text shows nothing of the problem that they are known for: nothing may be called a failure in them."""

MORE = {
    # an old bitsandbytes looks for the CUDA libraries by itself
    "fh-bitsandbytes-old": {"bitsandbytes-cuda-setup"},
    # the message is that of the JAX plugin, whose driver is missing
    "fh-jax-cuda-no-gpu": {"jax-plugin-init-failed"},
    "env-xpu-ipex231-count-zero": {"ipex-torch-mismatch"},
    "err-jax-cudnn-not-installed": {"extension-built-for-other-cuda"},
    # what its text shows is a header that is missing
    "fh-deepspeed-no-cuda-home": {"source-build-failed"},
    # no such plugin for that Python, or no such pair
    "err-mac-tf-metal-py312": {"tensorflow-metal-mismatch"},
    "err-wsl2-smi-missing-in-image": {"container-toolkit-missing", "container-started-without-gpu"},
    "fh-torch-cudnn8-with-torch25": {"dependency-violation-after-install"},
}
"""What counts for single records besides."""

_COMMAND = re.compile(
    r"(?:\w+=\S+ )*(?:python|pip|nvidia-smi|rocminfo|lspci|dmesg|conda|qemu|new/bin|journalctl|ldd)\b"
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A recorded error."""

    id: str
    kind: str
    text: str
    expected: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Score:
    """What a case was taken for."""

    case: Case
    found: tuple[str, ...]
    """The modes, the first first; without those that are harmless."""
    failed: bool
    """Whether a cause was named that is an error."""

    @property
    def right(self) -> bool:
        """Tell whether an expected mode is first, or nothing is found where nothing is wrong."""
        if not self.case.expected:
            return not self.failed
        return bool(self.found) and self.found[0] in self.case.expected


def records(folder: Path) -> list[dict]:
    """Return the records of errors and of whole environments."""
    paths = sorted((folder / "hosts" / "records").glob("*.json"))
    found = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return [record for record in found if record["kind"] in ("error-log", "env-case", "env-report")]


def cases(folder: Path) -> list[Case]:
    """Return the recorded errors as somebody would paste them: each command behind a prompt."""
    found = []
    for record in records(folder):
        known = MODES.get(record["truth"].get("class"), set()) | MORE.get(record["id"], set())
        known = set() if record["id"] in UNTOLD else known
        found.append(Case(id=record["id"], kind=record["kind"], text=_pasted(record), expected=frozenset(known)))
    return found


def _pasted(record: dict) -> str:
    parts = []
    for key, text in record["files"].items():
        command = key.split(" (")[0]
        parts.append(f"$ {command}\n{text}" if _COMMAND.match(key) else f"\n{text}")
    return "\n".join(parts) + "\n"


def explained(text: str) -> tuple[Explained, ...]:
    """Return what a text is taken for, the best first, without what is harmless and what follows from another."""
    explanation = explain([Source(name="-", open=lambda: io.BytesIO(text.encode("utf-8")))])
    return tuple(each for each in explanation.findings if each.status is not Status.OK and each.because is None)


def _scored(case: Case) -> Score:
    found = explained(case.text)
    names = tuple(finding.mode or finding.check for finding in found)
    return Score(case=case, found=names, failed=any(finding.status is Status.FAIL for finding in found))


def score(folder: Path) -> list[Score]:
    """Explain every recorded error."""
    return [_scored(case) for case in cases(folder)]


def main() -> None:
    """Print a table: which record is taken for what, and the share that is right."""
    folder = Path(os.environ.get("DLSETUP_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    scores = [each for each in score(folder) if not sys.argv[1:] or each.case.id in sys.argv[1:]]
    for each in scores:
        mark = "ok  " if each.right else "MISS"
        wanted = "" if each.right else f"   expected {', '.join(sorted(each.case.expected)) or 'nothing'}"
        print(f"{mark}  {each.case.id:40} {', '.join(each.found[:3]) or '-'}{wanted}")
        if len(sys.argv) > 1:
            print(each.case.text)
    right = sum(each.right for each in scores)
    print(f"{right} of {len(scores)}: {100 * right / max(len(scores), 1):.1f} %")


if __name__ == "__main__":
    main()
