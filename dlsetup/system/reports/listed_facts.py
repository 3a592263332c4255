"""Reports that are a list of facts with dashes: `transformers env`, `accelerate env`, `diffusers-cli env`.

Formats: commands/env.py of transformers, accelerate and diffusers (https://github.com/huggingface).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlsetup.system.reports.gathered import Gathered

_FACT = re.compile(r"^[ \t]*[-*][ \t]+([^:\n]{2,80}?)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_OWN = re.compile(r"(?:`?transformers`?|`?accelerate`?|.{0,3}Diffusers) version", re.IGNORECASE)
_VERSION = re.compile(r"(.+?) version(?: \([^)]*\??\))?")
_NAMES = {"pytorch": "torch", "huggingface-hub": "huggingface-hub"}
_NUMBER = re.compile(r"(\d+(?:\.\d+)+\S*)(?: \(.*\))?")
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_TORCH = re.compile(r"PyTorch version \((?:GPU|accelerator)\?\)")
_GPU_TYPES = {"GPU type": "nvidia", "XPU type": "intel"}
_MAKERS = (("NVIDIA", "nvidia"), ("Tesla", "nvidia"), ("GeForce", "nvidia"), ("AMD", "amd"), ("Intel", "intel"))


def read(text: str, into: Gathered) -> bool:
    """Take in a report, if the text holds one."""
    facts = dict(reversed(_FACT.findall(text)))
    if not any(_OWN.fullmatch(name) for name in facts) or "Platform" not in facts:
        return False
    into.banner(facts.get("Python version", ""))
    into.platform(facts["Platform"])
    for name, value in facts.items():
        _package(name, value, into)
    _gpu(facts, into)
    torch = re.search(r"\((True|False|CUDA|XPU)\)$", next((facts[key] for key in facts if _TORCH.match(key)), ""))
    if torch:
        into.value("told.sees-gpu", torch[1] != "False")
    memory = re.fullmatch(r"(\d+(?:\.\d+)?) GB", facts.get("System RAM", ""))
    if memory:
        into.value("told.memory", round(float(memory[1]) * 2**30))
    into.titles.append("transformers env")
    return True


def _package(name: str, value: str, into: Gathered) -> None:
    title, number = _VERSION.fullmatch(name), _NUMBER.fullmatch(value)
    if title is None or number is None:
        return
    words = title[1].strip("`").split()
    package = words[-1].strip("`") if words else ""
    if _PLAIN_NAME.fullmatch(package) and package.lower() not in {"python", "cann", "cuda"}:
        into.package(_NAMES.get(package.lower().replace("_", "-"), package), number[1])


def _gpu(facts: dict[str, str], into: Gathered) -> None:
    """Take the GPU's name. The reports name the first one alone."""
    for fact, vendor in _GPU_TYPES.items():
        name = facts.get(fact, "")
        if name and "<" not in name:
            maker = next((known for word, known in _MAKERS if word in name), vendor)
            into.gpu(vendor=maker, name=name, index=0)
            into.value("told.first-gpu-only", maker)
            return
    rows = re.match(r"((?:NVIDIA|Tesla|Quadro|GeForce) [^,\n]+), (\d+) MiB$", facts.get("Accelerator", ""))
    if rows:
        into.gpu(vendor="nvidia", name=rows[1], memory_bytes=int(rows[2]) * 2**20, index=0)
        into.value("told.first-gpu-only", "nvidia")
