"""Opens whatever a machine told: a recording, a tool's own output, or a report that somebody pasted."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from dlsetup.errors import UnreadableError
from dlsetup.system.recorded import RecordedSystem, read_recording
from dlsetup.system.reports import collect_env, listed_facts, objects, others, packages, pasted, tools
from dlsetup.system.reports.gathered import FROM_SYSTEM, FROM_TOOL, Gathered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dlsetup.system.reports.pasted import Passage

__all__ = ["KINDS", "enriched", "read_machine", "read_reports"]

KINDS = (
    "a recording of dlsetup; nvidia-smi (-q, -q -x, -L), rocminfo, rocm-smi, amd-smi, xpu-smi, sycl-ls, clinfo, lspci; "
    "system_profiler, sw_vers, sysctl; lscpu, /proc/cpuinfo, os-release, uname -a; systeminfo, dxdiag; "
    "torch.utils.collect_env, transformers env, jax.print_environment_info(), conda info, tf_env_collect.sh; "
    "pip list, pip freeze, conda list, python -VV"
)
"""What is looked for."""

_REPORTS = (collect_env.read, listed_facts.read, others.read_jax, others.read_conda, others.read_tensorflow)


def read_machine(text: str, where: str) -> RecordedSystem:
    """Turn the text of a file into a machine, whatever kind of recording or report it is.

    Raises UnreadableError where nothing is recognised, or where it is a recording that cannot be read.
    """
    plain = pasted.plain(text)
    parsed = _parsed(plain)
    if isinstance(parsed, dict) and parsed.keys() & {"files", "commands", "format"}:
        read_recording(plain, where)
        return RecordedSystem(enriched(parsed))
    gathered = read_reports(plain)
    if not gathered.titles:
        raise UnreadableError(
            f"{where} holds nothing that tells of a machine",
            seen=f"looked for: {KINDS}",
            do="give one of these, or record the machine itself: dlsetup record -o FILE",
        )
    return RecordedSystem(gathered.recording())


def _parsed(text: str) -> Any:  # noqa: ANN401 - JSON of any shape
    if not text.lstrip().startswith("{"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read_reports(text: str) -> Gathered:
    """Gather what the reports in a text tell; facts that are stated twice count once, the first time."""
    gathered = Gathered()
    plain = pasted.plain(text)
    found = list(pasted.passages(plain))
    for passage in found:
        _read(passage, gathered, alone=len(found) == 1)
    return gathered


def _read(passage: Passage, gathered: Gathered, *, alone: bool) -> None:
    told = tools.asked(passage.command, passage.text) if passage.command else None
    if told is not None:
        gathered.answer(passage.command, *told)
    for tool, answer in tools.find(passage.text):
        gathered.answer(tool.title, tool.key, answer)
        gathered.system(tool.system or _of_smi(answer), FROM_SYSTEM if tool.system else FROM_TOOL)
    for line, answer in tools.queried(passage.text):
        gathered.answer("nvidia-smi --query-gpu", line, answer)
    objects.read(passage.text, gathered)
    for read in _REPORTS:
        read(passage.text, gathered)
    packages.read(passage, gathered, alone=alone)


def _of_smi(answer: str) -> str:
    """Tell the system by a column of nvidia-smi's table, whose program inside WSL is the one for Linux."""
    head = answer[:20_000]
    if "TCC/WDDM" in head or "Driver-Model" in head:
        return "windows"
    return "linux" if "Persistence-M" in head or re.search(r"<(?:current_dm|driver_model)>\s*N/A\s*<", head) else ""


def enriched(recording: Mapping[str, Any]) -> dict[str, Any]:
    """Add to a recording what the reports among its commands' answers tell, such as collect_env's.

    What the recording says itself is never replaced.
    """
    gathered = Gathered()
    for part in ("files", "commands"):
        for key, text in _outputs(recording.get(part)):
            for passage in pasted.passages(pasted.plain(text)):
                for read in _REPORTS:
                    read(passage.text, gathered)
                if not tools.is_known(key):
                    _read(passage, gathered, alone=False)
    if not gathered.titles:
        return dict(recording)
    found = gathered.recording()
    merged = {part: {**found[part], **_mapping(recording.get(part))} for part in ("env", "values")}
    return {**recording, **merged, "commands": {**found["commands"], **_mapping(recording.get("commands"))}}


def _mapping(part: object) -> dict[str, Any]:
    return {str(key): item for key, item in part.items()} if isinstance(part, dict) else {}


def _outputs(part: object) -> Iterator[tuple[str, str]]:
    """Yield the command lines of one part of a recording, each with what it printed; files hold no reports."""
    for key, answer in _mapping(part).items():
        text = answer.get("stdout") if isinstance(answer, dict) else answer
        if isinstance(text, str) and not re.match(r"/|[A-Za-z]:[\\/]", key):
            yield key, text
