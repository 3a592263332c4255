"""Remedies whose commands run as they are printed, wherever dlsetup itself was installed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.check.commands import quoted
from dlsetup.probe import paths

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.system.interface import System
    from dlsetup.values.finding import Finding


def runnable(findings: Iterable[Finding], system: System) -> tuple[Finding, ...]:
    """Return findings whose commands run as they are printed: uv is named by its path where the PATH does not have it.

    It comes with dlsetup, whose own folder of programs need not be on the PATH.
    """
    findings = tuple(findings)
    if system.replayed or not any(_starts_uv(each) for each in findings) or paths.first_on_path(system, "uv"):
        return findings
    from dlsetup import uv

    try:
        path = uv.find_uv()
    except FileNotFoundError:
        return findings
    program = quoted(path, system.platform)
    if system.platform == "windows" and program != path:
        # a path in quotes is no command in PowerShell
        program = f"& {program}"
    return tuple(_with_program(each, program) for each in findings)


def _starts_uv(finding: Finding) -> bool:
    return finding.remedy is not None and any(line.startswith("uv ") for line in finding.remedy.commands)


def _with_program(finding: Finding, program: str) -> Finding:
    if finding.remedy is None:
        return finding
    lines = (program + line[2:] if line.startswith("uv ") else line for line in finding.remedy.commands)
    return replace(finding, remedy=replace(finding.remedy, commands=tuple(lines)))
