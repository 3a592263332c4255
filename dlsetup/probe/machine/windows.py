"""What Windows lets programs do: long paths, a paging file, the Visual C++ runtime."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe.answers import clean
from dlsetup.values.windows import WindowsSettings

if TYPE_CHECKING:
    from dlsetup.system.interface import System

_CONTROL = r"HKLM\SYSTEM\CurrentControlSet\Control"
LONG_PATHS = ("reg", "query", rf"{_CONTROL}\FileSystem", "/v", "LongPathsEnabled")
PAGING = ("reg", "query", rf"{_CONTROL}\Session Manager\Memory Management", "/v", "PagingFiles")

LIBRARIES = ("msvcp140.dll", "msvcp140_1.dll", "vcruntime140.dll", "vcruntime140_1.dll", "libomp140.x86_64.dll")

_SECONDS = 3.0
_VALUE = re.compile(r"^\s+(\w+)\s+(REG_\w+)[ \t]*(.*?)\s*$", re.MULTILINE)


def read(system: System) -> WindowsSettings:
    """Return the settings, from the registry and System32."""
    folder = system.variable("SYSTEMROOT") or system.variable("SystemRoot") or "C:\\Windows"
    stands = {name: system.exists(f"{folder}\\System32\\{name}") for name in LIBRARIES}
    paging = parse_value(system.run(PAGING, timeout=_SECONDS).stdout, "PagingFiles")
    return WindowsSettings(
        long_paths=_switch(parse_value(system.run(LONG_PATHS, timeout=_SECONDS).stdout, "LongPathsEnabled")),
        paging_file=None if paging is None else bool(paging.replace("\\0", "").strip()),
        missing_libraries=tuple(name for name, there in stands.items() if there is False),
    )


def parse_value(text: str, name: str) -> str | None:
    """Read a value from what `reg query` prints; None where it is not there."""
    return next((found for key, _, found in _VALUE.findall(clean(text)) if key == name), None)


def _switch(word: str | None) -> bool | None:
    return None if word is None else word.lower() == "0x1"
