"""The five ways to answer a check."""

from __future__ import annotations

from dlsetup.values.finding import Finding, Remedy, Status


def ok(check: str, summary: str, *, evidence: tuple[str, ...] = (), mode: str | None = None) -> Finding:
    """Say that all is well; a mode marks something worth knowing that is no trouble."""
    return Finding(check=check, status=Status.OK, summary=summary, evidence=evidence, mode=mode)


def skip(check: str, why: str) -> Finding:
    """Say that the question does not apply here."""
    return Finding(check=check, status=Status.SKIP, summary=why)


def fail(check: str, mode: str | None, summary: str, *, evidence: tuple[str, ...], remedy: Remedy) -> Finding:
    """Say that something will not work until it is mended."""
    return Finding(check=check, status=Status.FAIL, mode=mode, summary=summary, evidence=evidence, remedy=remedy)


def warn(check: str, mode: str | None, summary: str, *, evidence: tuple[str, ...], remedy: Remedy) -> Finding:
    """Say that something works, but that the user should know this."""
    return Finding(check=check, status=Status.WARN, mode=mode, summary=summary, evidence=evidence, remedy=remedy)


def unknown(
    check: str, summary: str, *, evidence: tuple[str, ...], text: str, commands: tuple[str, ...] = ()
) -> Finding:
    """Say that something could not be found out, and how it can be."""
    remedy = Remedy(text=text, commands=commands)
    return Finding(check=check, status=Status.UNKNOWN, summary=summary, evidence=evidence, remedy=remedy)
