"""Replays the recorded machines and compares every fact of their truth that Host models.

Run `python tests/score_hosts.py` in the checkout for a table; `-v` shows what is unknown, `host-probe/amd` one kind.
With `--findings` it prints what doctor finds in each recorded environment, beside the class of trouble it is known for.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dlsetup.catalog import load_devices
from dlsetup.probe import probe_host
from dlsetup.probe.instruction_sets import architecture
from dlsetup.system.recorded import RecordedSystem
from dlsetup.system.reports import enriched

if TYPE_CHECKING:
    from dlsetup.values.build import Device
    from dlsetup.values.host import Gpu, Host

KINDS = ("host-probe/", "env-case", "env-report", "error-log")


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One fact of a record, as it is known and as it was found."""

    record: str
    kind: str
    name: str
    truth: Any
    found: Any
    verdict: str
    """right, unknown or WRONG."""


def table(vendor: str) -> tuple[Device, ...]:
    """Return the catalog's hardware table."""
    return load_devices(vendor)


def records(folder: Path) -> list[dict[str, Any]]:
    """Read all records."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def host_of(record: dict[str, Any]) -> Host:
    """Replay a record."""
    return probe_host(RecordedSystem(enriched(record)), table)


def compared(record: dict[str, Any], host: Host) -> list[Fact]:
    """Compare a record's truth with what was found."""
    facts = [(name, truth, found, verdict) for name, truth, found, verdict in _plain(record["truth"], host)]
    facts += _gpus(record["truth"].get("gpus"), host)
    made = []
    for name, truth, found, verdict in facts:
        made.append(
            Fact(record=record["id"], kind=record["kind"], name=name, truth=truth, found=found, verdict=verdict)
        )
    return made


def _plain(truth: dict[str, Any], host: Host) -> list[tuple[str, Any, Any, str]]:
    driver = host.drivers[0] if host.drivers else None
    supports = (driver.supports or "").removeprefix("CUDA ") if driver else ""
    features = host.cpu.features
    named: dict[str, Any] = {
        "os": {"macos": "darwin"}.get(host.os.system or "", host.os.system),
        "arch": host.cpu.architecture,
        "kernel": host.os.kernel,
        "driver_version": driver.version if driver else None,
        "amdgpu": driver.version if driver else None,
        "kernel_driver_version": driver.version if driver else None,
        "rocm": _after(driver.supports if driver else None, "ROCm "),
        "rocm_version": _after(driver.supports if driver else None, "ROCm "),
        "max_cuda": supports or None,
        "libc": " ".join(part for part in (host.libc.family, host.libc.version) if part) or None,
        "distro_id": host.os.distribution,
        "version_id": host.os.version,
        "os_version": host.os.version,
        "build": (host.os.kernel or "").rsplit(".", 1)[-1] or None,
        "mig_enabled": True if any(gpu.mig for gpu in host.gpus) else None,
        "vgpu": True if any(gpu.virtual for gpu in host.gpus) else None,
        "wsl_version": host.os.wsl,
        "is_wsl": bool(host.os.wsl) if host.os.kernel or host.os.wsl else None,
        "container": host.os.container if not host.unknown("os.container") else None,
    }
    for flag in ("sse4_2", "avx", "avx2", "avx512f", "asimd", "sve", "bf16"):
        named[flag] = None if features is None else flag in features
    results = []
    for name, found in named.items():
        if name in truth and (truth[name] is not None or name == "container"):
            results.append((name, truth[name], found, _verdict(name, truth[name], found, host)))
    if truth.get("cpu_model"):
        results.append(("cpu_model", truth["cpu_model"], host.cpu.brand, _model(truth["cpu_model"], host)))
    for name in ("distro", "os_name"):
        if truth.get(name):
            shown = " ".join(filter(None, (host.os.distribution, host.os.version))) or None
            results.append((name, truth[name], shown, _words(truth[name], shown)))
    return results


def _after(text: str | None, prefix: str) -> str | None:
    return text.removeprefix(prefix) if text and text.startswith(prefix) else None


def _verdict(name: str, truth: Any, found: Any, host: Host) -> str:
    if name == "container" and truth is None:
        return "right" if found is None and not host.unknown("os.container") else "WRONG" if found else "unknown"
    if found is None:
        return "unknown"
    if name == "arch":
        return "right" if architecture(str(truth)) == found else "WRONG"
    if name == "driver_version" and not re.fullmatch(r"[\d.]+", str(truth)):
        return "unknown" if found is None else "WRONG"
    if name in {"libc", "container", "version_id", "os_version", "rocm", "rocm_version"}:
        one, other = str(truth).lower(), str(found).lower()
        return "right" if one.startswith(other) or other.startswith(one) else "WRONG"
    return "right" if truth == found or str(truth) == str(found) else "WRONG"


def _plain_name(text: str) -> str:
    return " ".join(
        re.sub(r"\(R\)|\(TM\)|\(tm\)|[(),+]|\bNVIDIA\b|\bAMD\b|\bIntel\b|\bProcessor\b|\bCPU\b", " ", text).split()
    )


def _words(truth: str, found: str | None) -> str:
    if found is None:
        return "unknown"
    words = set(re.findall(r"[a-z]+|\d+(?:\.\d+)*", _plain_name(truth).lower()))
    seen = set(re.findall(r"[a-z]+|\d+(?:\.\d+)*", _plain_name(found).lower()))
    return "right" if seen <= words or words <= seen or len(seen & words) >= 2 or seen & words - {"ubuntu"} else "WRONG"


def _model(truth: str, host: Host) -> str:
    if host.cpu.brand is None:
        return "unknown"
    brand = _plain_name(host.cpu.brand).lower()
    wanted = _plain_name(truth).lower().replace("graviton2", "neoverse n1").replace("graviton3", "neoverse v1")
    names = [*re.split(r"[ /-]+", brand), *re.split(r"[+-]", host.cpu.microarchitecture or "")]
    tokens = [token for token in names if len(token) > 1 and not token.startswith(("arm", "x86"))]
    return "right" if brand == wanted or any(token in wanted.replace("-", " ") for token in tokens) else "WRONG"


def _gpus(truth: Any, host: Host) -> list[tuple[str, Any, Any, str]]:
    if not isinstance(truth, list):
        return []
    unknown = host.unknown("gpus") is not None
    if not host.gpus:
        verdict = "unknown" if unknown else "right" if not truth else "WRONG"
        return [("gpus", [gpu.get("name") for gpu in truth], [], verdict)]
    results = []
    rest = list(host.gpus)
    for gpu in truth:
        if not rest:
            results.append(("gpu", gpu.get("name"), None, "unknown"))
            continue
        match = max(rest, key=lambda each: _likeness(gpu, each))
        if _likeness(gpu, match) < 0:
            results.append(("gpu", gpu.get("name"), [each.name for each in rest], "unknown" if unknown else "WRONG"))
            continue
        rest.remove(match)
        results += _gpu(gpu, match)
    if rest:
        results.append(("gpu count", len(truth), len(host.gpus), "WRONG"))
    return results


def _likeness(truth: dict[str, Any], gpu: Gpu) -> int:
    results = [verdict for *_, verdict in _gpu(truth, gpu)]
    return results.count("right") - 2 * results.count("WRONG")


def _gpu(truth: dict[str, Any], gpu: Gpu) -> list[tuple[str, Any, Any, str]]:
    capability = truth.get("compute_capability")
    wanted = f"sm_{capability.replace('.', '')}" if capability else truth.get("gfx_hardware") or truth.get("gfx")
    checks: list[tuple[str, Any, Any]] = [
        ("gpu architecture", wanted, gpu.architecture),
        ("gpu cores", truth.get("cores"), gpu.cores),
        ("gpu integrated", truth.get("integrated"), gpu.integrated),
    ]
    pci = truth.get("pci") or (f"1002:{truth['pci_device_id'][2:]}" if truth.get("pci_device_id") else None)
    checks.append(("gpu pci", pci.lower() if pci else None, gpu.pci_id))
    memory = truth.get("vram_bytes") or (truth["vram_mib"] * 2**20 if truth.get("vram_mib") else None)
    checks.append(("gpu memory", memory, gpu.memory_bytes))
    made = [
        (name, known, found, "unknown" if found is None else "right" if known == found else "WRONG")
        for name, known, found in checks
        if known is not None
    ]
    if truth.get("name"):
        made.append(("gpu name", truth["name"], gpu.name, _gpu_name(truth, gpu)))
    return made


def _gpu_name(truth: dict[str, Any], gpu: Gpu) -> str:
    if gpu.name is None:
        return "unknown"
    if "(device 0x" in truth["name"]:
        return "right" if gpu.pci_id == f"1002:{truth['pci_device_id'][2:]}" else "WRONG"
    one, other = _plain_name(truth["name"]).lower(), _plain_name(gpu.name).lower()
    return (
        "right"
        if one == other or one in other or other in one or set(re.split(r"[ -]", one)) & set(re.split(r"[ -]", other))
        else "WRONG"
    )


def print_findings(folder: Path) -> None:
    """Print record, class of trouble and the modes that doctor found."""
    from dlsetup.check import run_checks
    from dlsetup.commands.look import look

    for record in records(folder):
        if record["kind"] in {"env-case", "env-report"}:
            findings = run_checks(look(RecordedSystem(enriched(record))))
            told = [each for each in findings if each.status.value in {"fail", "warn", "unknown"}]
            modes = ", ".join(f"{each.check} {each.status.value} {each.mode or ''}".rstrip() for each in told)
            sys.stdout.write(f"{record['id']:36}{record['truth'].get('class') or '-':24}{modes}" + "\n")


def main() -> None:
    """Print the score."""
    folder = Path(os.environ.get("DLSETUP_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    shared = folder / "hosts" / "records"
    if not shared.is_dir():
        raise SystemExit(f"there are no recorded machines in {shared}; DLSETUP_SHARED names another place")
    if "--findings" in sys.argv:
        print_findings(shared)
        return
    kinds = [word for word in sys.argv[1:] if not word.startswith("-")] or list(KINDS)
    facts: list[Fact] = []
    for record in records(shared):
        if record["kind"].startswith(tuple(kinds)):
            facts += compared(record, host_of(record))
    for fact in facts:
        if fact.verdict == "WRONG" or ("-v" in sys.argv and fact.verdict == "unknown"):
            sys.stdout.write(f"{fact.verdict:8}{fact.record}: {fact.name}: {fact.truth!r}, found {fact.found!r}" + "\n")
    score: dict[str, Counter[str]] = {}
    for fact in facts:
        score.setdefault(fact.kind, Counter())[fact.verdict] += 1
    for kind, counts in sorted(score.items()):
        sys.stdout.write(
            f"{kind:28}{counts['right']:5} right {counts['unknown']:5} unknown {counts['WRONG']:5} WRONG" + "\n"
        )


if __name__ == "__main__":
    main()
