"""The few facts by which decisions are made, out of a situation and of the clues of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dlsetup.explain.clues import Clues
    from dlsetup.values.host import Host
    from dlsetup.values.situation import Situation


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

    @property
    def platform(self) -> str | None:
        """Return the platform as remedies name it."""
        if self.wsl:
            return "wsl"
        if self.system == "macos":
            return f"macos-{self.architecture}" if self.architecture else None
        return self.system

    def allow(self, when: Mapping[str, object]) -> bool:
        """Tell whether every one of these conditions is known to hold."""
        known = {
            "system": self.system,
            "architecture": self.architecture,
            "wsl": self.wsl,
            "container": self.container,
            "service": self.service,
            "framework": self.framework,
        }
        return all(
            value in self.vendors and (value == "nvidia" or "nvidia" not in self.vendors)
            if key == "vendor"
            else known.get(key) == value
            for key, value in when.items()
        )


def facts_of(situation: Situation | None, clues: Clues) -> Facts:
    """Return the facts of a text: what reports in it say, else what it says by the way."""
    host = situation.host if situation else None
    interpreter = situation.environment.interpreter if situation and situation.environment else None
    return Facts(
        system=(host.os.system if host else None) or clues.system or ("linux" if clues.wsl or clues.service else None),
        architecture=(host.cpu.architecture if host else None) or clues.architecture,
        wsl=bool(host and host.os.wsl) or clues.wsl,
        container=bool(host and host.os.container) or clues.container,
        service=(host.os.service if host else None) or clues.service,
        vendors=_vendors(host),
        python=(interpreter.version if interpreter else None) or clues.python,
        framework=clues.frameworks[0] if clues.frameworks else None,
    )


def _vendors(host: Host | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(gpu.vendor for gpu in host.gpus)) if host else ()
