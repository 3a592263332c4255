"""Why pip found no distribution: what stands in its message, and before it, decides.

pip says the same sentence whatever the reason: the index cannot be reached, the release was never made for this
Python, this system or this processor, or another index was asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.explain.facts import Facts
    from dlsetup.values.symptom import Knowledge

# pip/_internal/resolution/resolvelib/factory.py: "Could not find a version that satisfies the requirement %s (from
# versions: %s)" and "No matching distribution found for %s"
_NO_VERSION = re.compile(
    r"Could\s+not\s+find\s+a\s+version\s+that\s+satisfies\s+the\s+requirement\s+(?P<what>[^\n(]{1,200}?)\s+"
    r"(?:\(from\s+[^()\n]{1,120}\)\s+)?\(from\s+versions?:(?P<versions>[^)]{0,20000})\)"
)
_NO_MATCH = re.compile(r"No\s+matching\s+distribution\s+found\s+for\s+(?P<what>[^\n(]{1,200})")
_INDEXES = re.compile(r"Looking\s+in\s+indexes:\s+(?P<indexes>[^\n]{1,600})")
_NAME = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[\w,.-]*\])?\s*(?P<specifier>(?:[=<>!~]=?|===).*)?$")
_ASKED_SYSTEM = re.compile(r"--platform[ =](?P<tag>\w+)")
_ASKED_PYTHON = re.compile(r"--python-version[ =](?P<version>\d+(?:\.\d+)?)")
_TORCH_FAMILY = frozenset({"torch", "torchvision", "torchaudio", "torchtext", "torchdata", "triton", "pytorch-triton"})
_FRAMEWORKS = frozenset({*_TORCH_FAMILY, "tensorflow", "tensorflow-cpu", "jax", "jaxlib", "keras", "mxnet"})
_BITS_32 = re.compile(r"32[ -]bit|\bwin32\b|\bi[36]86\b|armv7l|linux_armv[67]l")
_MUSL = re.compile(r"\bmusllinux|\bAlpine|/lib/ld-musl|\bapk add\b")
_FREE_THREADED = re.compile(r"\bcp31\dt\b|free-threading build|\bpython3\.1\dt\b")
_ODD_ARCHITECTURE = re.compile(r"\b(?:ppc64le|s390x|riscv64|loongarch64)\b|\bpiwheels\.org\b")


@dataclass(frozen=True, kw_only=True)
class NoMatch:
    """One message that no distribution was found."""

    requirement: str
    name: str
    specifier: str
    versions: tuple[str, ...] | None
    """Those that pip may choose from; None where it did not say."""
    offset: int
    line: str
    before: str = field(repr=False, default="")
    """What stands before it."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why."""

    mode: str
    summary: str | None
    line: str
    text: str | None = None
    commands: tuple[str, ...] = ()


def parse(text: str) -> tuple[NoMatch, ...]:
    """Find pip's messages in a clean text."""
    found: dict[str, NoMatch] = {}
    for pattern in (_NO_VERSION, _NO_MATCH):
        for match in list(pattern.finditer(text))[:_MOST]:
            what = " ".join(match["what"].split()).rstrip(".")
            parted = _NAME.match(what)
            if parted is None or what in found:
                continue
            listed = match.groupdict().get("versions")
            found[what] = NoMatch(
                requirement=what,
                name=parted["name"].lower().replace("_", "-"),
                specifier=(parted["specifier"] or "").strip(),
                versions=None if listed is None else _versions(listed),
                offset=match.start(),
                line=" ".join(match.group().split())[:300],
                before=text[max(0, match.start() - _BEFORE) : match.start()],
            )
    return tuple(sorted(found.values(), key=lambda each: each.offset))


_MOST = 20
_BEFORE = 20_000


def _versions(listed: str) -> tuple[str, ...]:
    words = [word.strip() for word in listed.split(",")]
    return tuple(word for word in words if word and word != "none")


def reasons(text: str, knowledge: Knowledge, facts: Facts) -> Iterator[Reason]:
    """Yield the reason for each message; none where nothing decides."""
    for missing in parse(text):
        found = next(filter(None, (ask(missing, knowledge, facts) for ask in _QUESTIONS)), None)
        if found is not None:
            yield found


def _local(missing: NoMatch, knowledge: Knowledge, facts: Facts) -> Reason | None:  # noqa: ARG001
    match = re.search(r"\+(cu\d+|cpu|rocm[\d.]+|xpu)\b", missing.specifier)
    if match is None:
        return None
    summary = f"{missing.requirement} names a build (+{match[1]}) that the index which was asked does not have."
    return Reason(mode="local-version-pin-not-on-index", summary=summary, line=missing.line)


def _other_index(missing: NoMatch, knowledge: Knowledge, facts: Facts) -> Reason | None:  # noqa: ARG001
    asked = _INDEXES.findall(missing.before)
    if not asked or missing.name in _TORCH_FAMILY or missing.name.startswith("nvidia-"):
        return None
    urls = [url.strip() for url in asked[-1].split(",")]
    if not all("download.pytorch.org" in url for url in urls):
        return None
    summary = f"{missing.name} is not on PyTorch's index, and --index-url made pip ask no other one."
    return Reason(mode="index-url-replaces-pypi", summary=summary, line=missing.line)


def _elsewhere(missing: NoMatch, knowledge: Knowledge, facts: Facts) -> Reason | None:
    system = _asked_system(missing) or facts.system
    row = next((each for each in knowledge.only if each.package == missing.name), None)
    if row is None:
        return None
    if system is None or system in row.systems:
        where = " and ".join(_TITLES[each] for each in row.systems)
        summary = f"{missing.name} has no wheel for this Python here; it is published for {where} alone."
        return Reason(mode=row.here, summary=summary, line=missing.line)
    words = {"package": missing.name}
    return Reason(
        mode=row.mode,
        summary=row.summary.format_map(words),
        line=missing.line,
        text=row.text.format_map(words),
        commands=row.commands,
    )


def _asked_system(missing: NoMatch) -> str | None:
    tags = _ASKED_SYSTEM.findall(missing.before[-2000:])
    if not tags:
        return None
    return next((system for start, system in _TAGS if tags[-1].startswith(start)), None)


_TITLES = {"linux": "Linux", "macos": "macOS", "windows": "Windows"}
_TAGS = (("win", "windows"), ("macosx", "macos"), ("manylinux", "linux"), ("linux", "linux"), ("musllinux", "linux"))


def _nothing(missing: NoMatch, knowledge: Knowledge, facts: Facts) -> Reason | None:  # noqa: ARG001
    """Nothing at all is offered: the interpreter or the processor is one that no wheel was made for."""
    if missing.versions != () or missing.name not in _FRAMEWORKS:
        return None
    near = missing.before[-4000:]
    for pattern, mode, summary in _KINDS:
        if pattern.search(near):
            return Reason(mode=mode, summary=summary.format(name=missing.name), line=missing.line)
    if re.search(r"--platform[ =]win_arm64", near) or (facts.system, facts.architecture) == ("windows", "arm64"):
        summary = f"{missing.requirement} has no wheel for Windows on Arm."
        return Reason(mode="cpu-arch-no-wheel", summary=summary, line=missing.line)
    python = _python(missing, facts)
    summary = (
        f"No release of {missing.name} has a wheel for Python {python} on this machine."
        if python
        else f"No release of {missing.name} has a wheel for this Python on this machine."
    )
    return Reason(mode="no-matching-wheel-for-python", summary=summary, line=missing.line)


_KINDS = (
    (_FREE_THREADED, "python-free-threaded", "{name} has no wheel for this free-threaded Python."),
    (_MUSL, "musl-libc-no-wheels", "{name} has no wheel for a system with musl, such as Alpine."),
    (_BITS_32, "python-32bit", "{name} has no wheel for a 32-bit Python."),
    (_ODD_ARCHITECTURE, "cpu-arch-no-wheel", "{name} has no wheel for this processor."),
)


def _python(missing: NoMatch, facts: Facts) -> str | None:
    asked = _ASKED_PYTHON.findall(missing.before[-2000:])
    version = asked[-1] if asked else facts.python
    return ".".join(version.split(".")[:2]) if version else None


def _ended(missing: NoMatch, knowledge: Knowledge, facts: Facts) -> Reason | None:  # noqa: ARG001
    """Say what keeps newer releases away where the list ends early."""
    finals = [each for each in missing.versions or () if re.fullmatch(r"[\d.]+(?:\+\w+)?", each)]
    if not finals:
        return None
    last = finals[-1].partition("+")[0]
    for row in knowledge.endings:
        if row.package != missing.name or row.last != last:
            continue
        python = f"Python {row.python}" if row.python else None
        summary = (
            row.summary or f"{missing.name} {last} is the last release for {python}, so pip is offered nothing newer."
        )
        # a release that is older still was dropped by something else
        if _wanted(missing) is None or _order(_wanted(missing)) > _order(last):
            return Reason(mode=row.mode, summary=summary, line=missing.line)
    return None


def _too_old(missing: NoMatch, knowledge: Knowledge, facts: Facts) -> Reason | None:  # noqa: ARG001
    """Say that a release is older than this Python where the list begins later."""
    wanted, versions = _wanted(missing), missing.versions
    if not wanted or not versions or missing.name not in _FRAMEWORKS:
        return None
    first = versions[0]
    if _order(wanted) >= _order(first):
        return None
    python = _python(missing, facts)
    which = f"Python {python}" if python else "this Python"
    summary = f"{missing.name} {wanted} is older than {which}: the first release with wheels for it is {first}."
    return Reason(mode="no-matching-wheel-for-python", summary=summary, line=missing.line)


def _wanted(missing: NoMatch) -> str | None:
    match = re.match(r"(?:===?|~=|<=?)\s*(\d[\d.]*)", missing.specifier)
    return match[1].strip(".") if match else None


def _order(version: str | None) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", (version or "").partition("+")[0])[:4])


_QUESTIONS = (_local, _other_index, _elsewhere, _nothing, _ended, _too_old)
