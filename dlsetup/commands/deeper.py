"""What doctor --deep asks beyond looking: the state of the GPUs, and whether the package indexes answer."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dlsetup import uv
from dlsetup.probe import probe_health
from dlsetup.values.answered import Answered

if TYPE_CHECKING:
    from collections.abc import Container

    from dlsetup.system.interface import Completed, System
    from dlsetup.values.environment import IndexSettings
    from dlsetup.values.situation import Situation

SECONDS = 30.0
"""uv itself waits for seconds only; this ends an index that trickles."""

HEALTH = ("m.nvidia-health", "m.nvidia-fabric", "m.gpu-memory", "m.nvidia-visibility")
NETWORK = "inst.network"

_HTTP = re.compile(r"https?://", re.IGNORECASE)


def deeper(situation: Situation, system: System, chosen: Container[str] | None = None) -> Situation:
    """Return the situation with what nvidia-smi and the indexes answer, side by side, as far as a check wants it."""
    gpus = situation.host.gpus_of("nvidia") and (chosen is None or any(name in chosen for name in HEALTH))
    network = chosen is None or NETWORK in chosen
    with ThreadPoolExecutor(max_workers=2) as pool:
        health = pool.submit(probe_health, system) if gpus else None
        indexes = pool.submit(_ask_all, situation, system) if network else None
        machine = replace(
            situation.machine,
            health=health.result() if health else situation.machine.health,
            indexes=indexes.result() if indexes else None,
        )
    return replace(situation, machine=machine)


def _ask_all(situation: Situation, system: System) -> tuple[Answered, ...] | None:
    environment, settings, session = situation.environment, situation.indexes, situation.session
    offline = session is not None and (session.variable("UV_OFFLINE") or "0").lower() not in {"0", "false"}
    if environment is None or environment.problem or settings is None or settings.no_index or offline:
        return None
    program = uv.find_uv()
    asked = (settings, *(replace(settings, index_url=url) for url in settings.extra_index_urls if _HTTP.match(url)))
    answers = (_ask(system, program, each, environment.interpreter.path) for each in asked)
    return tuple(each for each in answers if each is not None) or None


def _ask(system: System, program: str, settings: IndexSettings, python: str) -> Answered | None:
    """Ask an index for a small package that every Python runs; nothing is kept or installed."""
    with TemporaryDirectory(prefix="dlsetup-") as folder:
        wish = Path(folder) / "requirements.in"
        wish.write_text("pip\n", encoding="utf-8")
        options = ("--no-deps", "--no-cache", "--no-header", "--quiet", "--no-python-downloads", "--python", python)
        completed = system.run(
            (program, "pip", "compile", str(wish), *options, *uv.index_options(settings)),
            timeout=SECONDS,
            env=uv.variables(settings, impatient=True),
            cwd=folder,
        )
    return answered(urlsplit(settings.index_url or "").hostname or "the default index", completed)


def answered(index: str, completed: Completed) -> Answered | None:
    """Read how uv fared with an index; None where its trouble tells nothing of the network."""
    if completed.problem == "timeout":
        return Answered(index=index, problem="download-timeout", detail=f"no answer within {SECONDS:.0f} seconds")
    if completed.problem is not None:
        return None
    trouble = uv.trouble(completed.stderr)
    if completed.ok or trouble.problem == "unsatisfiable":
        # it answered, with such a package or without
        return Answered(index=index)
    mode = _mode(trouble.problem, completed.stderr)
    detail = (trouble.detail.splitlines() or ["uv failed"])[-1][:200]
    return Answered(index=index, problem=mode, detail=detail) if mode else None


def _mode(problem: str, said: str) -> str | None:
    if problem == "certificate":
        # rustls' words for one whose time is still to come
        return "clock-skew" if re.search(r"not valid yet|NotValidYet", said) else "ssl-interception"
    if problem == "hash":
        return "wheel-hash-mismatch"
    if problem not in {"unreachable", "authentication", "garbled"}:
        return None
    slow = "timed out" in said and "connect" not in said.lower()
    return "download-timeout" if slow else "index-unreachable-or-proxy"
