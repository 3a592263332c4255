"""The few facts by which decisions are made, out of a situation and of the clues of a text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dlsetup.explain.clues import Clues
    from dlsetup.values.environment import Environment
    from dlsetup.values.host import Host
    from dlsetup.values.situation import Situation

_CUDA_FOLDER = re.compile(r"cuda|cudnn|nvidia", re.IGNORECASE)
# libraries whose number is CUDA's own major: cuFFT, cuRAND and cuSOLVER count for themselves
_NUMBERED = re.compile(r"\blib(?:cudart|cublas|cublasLt|nvrtc|nvJitLink)\.so\.(\d+)")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known; None and empty where it is not."""

    system: str | None = None
    architecture: str | None = None
    wsl: bool = False
    container: bool = False
    service: str | None = None
    vendors: tuple[str, ...] = ()
    """Of the GPUs: nvidia, amd, intel, apple."""
    python: str | None = None
    framework: str | None = None
    """Catalog name of what the text is about."""
    loader_path: bool = False
    """LD_LIBRARY_PATH holds a folder of CUDA."""
    cuda: str | None = None
    """The major that the installed framework was built for."""
    build: str | None = None
    """cuda, rocm, xpu or cpu: what the installed torch was built for."""
    smoke: bool = False
    """The text is that of a smoke test, which needs little of anything."""

    @property
    def platform(self) -> str | None:
        """Return the platform as remedies name it."""
        if self.wsl:
            return "wsl"
        if self.system == "macos":
            return f"macos-{self.architecture}" if self.architecture else None
        return self.system

    def allow(self, when: Mapping[str, object], text: str) -> bool:
        """Tell whether every one of these conditions is known to hold; `text` is what was recognised."""
        return all(self._holds(key, value, text) for key, value in when.items())

    def _holds(self, key: str, value: object, text: str) -> bool:
        if key == "vendor":
            return value in self.vendors and "nvidia" not in self.vendors
        if key == "cuda":
            wanted = _NUMBERED.search(text)
            return None not in (wanted, self.cuda) and (wanted[1] == self.cuda) is value  # type: ignore[index]
        known = {
            "system": self.system,
            "architecture": self.architecture,
            "wsl": self.wsl,
            "container": self.container,
            "service": self.service,
            "framework": self.framework,
            "loader-path": self.loader_path,
            "build": self.build,
            "smoke": self.smoke,
        }
        return known[key] == value


def facts_of(situation: Situation | None, clues: Clues) -> Facts:
    """Return the facts of a text: what reports in it say, else what it says by the way."""
    host = situation.host if situation else None
    environment = situation.environment if situation else None
    loader = (situation.session.variable("LD_LIBRARY_PATH") if situation and situation.session else None) or ""
    return Facts(
        system=(host.os.system if host else None) or clues.system or ("linux" if clues.wsl or clues.service else None),
        architecture=(host.cpu.architecture if host else None) or clues.architecture,
        wsl=bool(host and host.os.wsl) or clues.wsl,
        container=bool(host and host.os.container) or clues.container,
        service=(host.os.service if host else None) or clues.service,
        vendors=_vendors(host) or clues.vendors,
        python=(environment.interpreter.version if environment else None) or clues.python,
        framework=clues.frameworks[0] if clues.frameworks else None,
        loader_path=clues.loader_path or _CUDA_FOLDER.search(loader) is not None,
        cuda=_cuda(environment) or clues.cuda_major,
        build=_build(environment) or clues.build,
    )


def _vendors(host: Host | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(gpu.vendor for gpu in host.gpus)) if host else ()


def _build(environment: Environment | None) -> str | None:
    torch = environment.torch if environment else None
    label = re.search(r"\+(cu|cpu|rocm|xpu)", (environment.version("torch") if environment else None) or "")
    if torch is not None and (torch.cuda or torch.hip or torch.xpu):
        return "cuda" if torch.cuda else "rocm" if torch.hip else "xpu"
    return {"cu": "cuda"}.get(label[1], label[1]) if label else None


def _cuda(environment: Environment | None) -> str | None:
    """Return the major of CUDA that an environment's framework was built for, where something tells it."""
    if environment is None:
        return None
    if environment.torch is not None and environment.torch.cuda:
        return environment.torch.cuda.split(".")[0]
    label = re.search(r"\+cu(\d\d)\d$", environment.version("torch") or "")
    if label:
        return label[1]
    majors = {
        match[1] for each in environment.distributions if (match := re.fullmatch(r"nvidia-.*-cu(\d\d)", each.name))
    }
    return majors.pop() if len(majors) == 1 else None
