"""Failure modes: how set-ups break, the texts that show it, and what a text was recognised as."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dlsetup.values.finding import Finding, Remedy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Recogniser = Callable[[str, str, str, "Subject"], "Recognised | None"]
    """Given an exception's message, stderr, the check that failed and what was run."""

ROLES = ("cause", "wrapper", "background", "noise")
"""What a mode is to a failure: its cause, a message around some other cause, often there beside it, never the cause."""

PROOFS = ("run.import", "run.device", "run.compute")
"""The questions of a smoke test."""


@dataclass(frozen=True, kw_only=True)
class Symptom:
    """One text by which software tells of a failure mode."""

    pattern: str
    """A regular expression; only a text that holds one of `literals` is searched for it."""
    literals: tuple[str, ...]
    """Words without blanks, of which every match holds at least one."""
    specificity: int
    """3: practically this mode alone; 2: strong; 1: a hint."""
    example: str
    summary: str | None = None
    """A better sentence than the mode's; names groups of the pattern in braces."""
    near: tuple[str, ...] = ()
    """Texts of the same software that it must not match."""
    stderr: tuple[str, ...] = PROOFS
    """The questions of a smoke test that a match in stderr answers: some lines are printed on healthy machines too."""


@dataclass(frozen=True, kw_only=True)
class PlatformRemedy(Remedy):
    """What mends a mode on some platforms."""

    platforms: tuple[str, ...] = ()
    """linux, windows, wsl, macos-arm64, macos-x86_64; empty: any."""


@dataclass(frozen=True, kw_only=True)
class FailureMode:
    """One way in which set-ups break."""

    id: str
    """Public: "nvidia-driver-too-old"."""
    layer: str
    """The file that it stands in: "driver"."""
    summary: str
    cause: str
    role: str = "cause"
    severity: str = "error"
    """error, warn or info."""
    weight: int = 1
    """How often it is met times how much it hurts."""
    frameworks: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    remedies: tuple[PlatformRemedy, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Decision:
    """When facts make another mode of what a text alone says."""

    mode: str
    when: Mapping[str, Any]
    """Facts that must all be known and be so."""
    source: str
    then: str | None = None
    """The mode that it is; None: the set-up is right, and the program asks for what is not there."""
    summary: str | None = None
    text: str | None = None
    """The remedy, where the set-up is right."""


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """Modes that only follow from another where that is found as well."""

    of: str
    modes: tuple[str, ...]
    source: str


@dataclass(frozen=True, kw_only=True)
class Ending:
    """The newest release that pip is offered, and what keeps newer ones away."""

    package: str
    last: str
    mode: str
    source: str
    python: str | None = None
    """The Python whose last release it is."""
    summary: str | None = None


@dataclass(frozen=True, kw_only=True)
class Only:
    """A package that is published for some systems alone."""

    package: str
    systems: tuple[str, ...]
    mode: str
    summary: str
    """Names {package}."""
    text: str
    source: str
    commands: tuple[str, ...] = ()
    here: str = "no-matching-wheel-for-python"
    """The mode on those systems themselves."""


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """What is known of failure modes, and by which facts they are told apart."""

    modes: tuple[FailureMode, ...] = ()
    decisions: tuple[Decision, ...] = ()
    consequences: tuple[Consequence, ...] = ()
    endings: tuple[Ending, ...] = ()
    only: tuple[Only, ...] = ()


def nobody(message: str, stderr: str, check: str, subject: Subject) -> Recognised | None:  # noqa: ARG001
    """Recognise nothing."""
    return None


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What was run, to be named in sentences and commands, and who knows its messages."""

    framework: str
    title: str
    python: str
    recognise: Recogniser = nobody

    @property
    def quoted_python(self) -> str:
        """Return the interpreter as a shell takes it."""
        return self.python if re.fullmatch(r"[\w@%+=:,./\\-]+", self.python) else f'"{self.python}"'


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """A failure mode found in the message of a smoke test: what to say, and the line that says so."""

    mode: str
    summary: str
    remedy: Remedy
    line: str


@dataclass(frozen=True, kw_only=True)
class Explained(Finding):
    """What a text was recognised as."""

    cause: str | None = None
    """Why this happens."""
    role: str = "cause"
    times: int = 1
    """How often it stands in the text, at least."""
    alternatives: tuple[Remedy, ...] = ()
    """Other ways to mend it."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What texts tell: the causes, best first, and the facts."""

    findings: tuple[Explained, ...] = ()
    told: tuple[tuple[str, str], ...] = ()
    """Facts found in the texts, to show: (what, value)."""
    names: tuple[str, ...] = ()
    """The texts that were read."""
    size: int = 0
    """Bytes read."""
    exit_code: int = field(default=0)


def shortened(line: str, longest: int = 300) -> str:
    """Shorten a line of output: folders before site-packages say who the user is, not what is wrong."""
    line = re.sub(r"[^\s\"'(]*[\\/](site|dist)-packages[\\/]", "", line.strip())
    return line if len(line) <= longest else line[: longest - 1] + "…"
