"""JSON of other tools: system_profiler, rocm-smi, amd-smi, xpu-smi, Windows' classes, lscpu, pip and conda."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from dlsetup.system.reports.gathered import FROM_SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dlsetup.system.reports.gathered import Gathered

_OPENING = re.compile(r"^[ \t]*(?=[{\[])", re.MULTILINE)
_SYSTEMS = {"system_profiler": "macos", "rocm-smi": "linux", "Get-CimInstance": "windows", "lscpu": "linux"}
_TRIES = 200
"""Brackets at the beginning of a line that are looked at: a log may hold thousands."""


def read(text: str, into: Gathered) -> None:
    """Take in what JSON a passage holds."""
    for answer, source in _answers(text):
        found = _known(answer, source)
        if found is not None:
            into.answer(*found)
            into.system(_SYSTEMS.get(found[1].split()[0], ""), FROM_SYSTEM)


def _answers(text: str) -> Iterator[tuple[Any, str]]:
    decoder = json.JSONDecoder()
    position = 0
    for _ in range(_TRIES):
        match = _OPENING.search(text, position)
        if match is None:
            return
        try:
            answer, end = decoder.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            position = match.end() + 1
            continue
        yield answer, text[match.end() : end] + "\n"
        position = end


def _known(answer: Any, source: str) -> tuple[str, str, str] | None:  # noqa: ANN401 - JSON of any shape
    if isinstance(answer, list):
        return _rows(answer, source)
    if not isinstance(answer, dict):
        return None
    if isinstance(answer.get("lscpu"), list):
        return "lscpu -J", "lscpu", _lscpu(answer["lscpu"])
    title, key = next((names for names, mark in _OBJECTS if mark(answer)), ("", ""))
    return (title, key, source) if title else None


_OBJECTS: tuple[tuple[tuple[str, str], Callable[[dict[str, Any]], bool]], ...] = (
    (
        ("system_profiler -json", "system_profiler -json"),
        lambda answer: any(re.fullmatch(r"SP\w+DataType", str(key)) for key in answer),
    ),
    (("rocm-smi --json", "rocm-smi --json"), lambda answer: any(re.fullmatch(r"card\d+", str(key)) for key in answer)),
    (("amd-smi --json", "amd-smi static --json"), lambda answer: isinstance(answer.get("gpu_data"), list)),
    (
        ("xpu-smi -j", "xpu-smi discovery -j"),
        lambda answer: "device_list" in answer or {"device_name", "pci_device_id"} <= answer.keys(),
    ),
    (("Win32_VideoController", "Get-CimInstance Win32_VideoController"), lambda answer: "PNPDeviceID" in answer),
)
"""Whose object it is, by the keys that only this tool writes."""


def _rows(rows: list[Any], source: str) -> tuple[str, str, str] | None:
    if not rows or not all(isinstance(row, dict) for row in rows):
        return None
    keys = set(rows[0])
    if "PNPDeviceID" in keys:
        return "Win32_VideoController", "Get-CimInstance Win32_VideoController", source
    if "gpu" in keys and keys & {"asic", "bus", "bdf", "driver", "uuid"}:
        return "amd-smi --json", "amd-smi static --json", source
    if {"name", "version", "build_string"} <= keys:
        return "conda list --json", "conda list", _table(rows, "name", "version", "build_string", "channel")
    if {"name", "version"} <= keys:
        return (
            "pip list --format=json",
            "pip list",
            "Package Version\n------- -------\n" + _table(rows, "name", "version"),
        )
    return None


def _table(rows: list[dict[str, Any]], *keys: str) -> str:
    return "".join(" ".join(str(row.get(key) or "-") for key in keys) + "\n" for row in rows)


def _lscpu(rows: list[Any], depth: int = 0) -> str:
    """Write lscpu's JSON as its text; newer releases nest it."""
    text = ""
    for row in rows:
        if isinstance(row, dict):
            text += f"{row.get('field')} {row.get('data')}\n"
            children = row.get("children")
            text += _lscpu(children, depth + 1) if isinstance(children, list) and depth < 5 else ""  # noqa: PLR2004
    return text
