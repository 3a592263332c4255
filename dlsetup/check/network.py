"""inst.network: may packages be fetched; the network itself is asked only by --deep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.answers import fail, ok, skip, warn
from dlsetup.check.commands import DEEP, export, system_of, unset
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.answered import Answered
    from dlsetup.values.finding import Finding
    from dlsetup.values.situation import Situation

NAME = "inst.network"

CERTIFICATES = "https://docs.astral.sh/uv/concepts/authentication/certificates/"
PROXIES = "https://docs.astral.sh/uv/reference/environment/"


def reachable(situation: Situation) -> Finding:
    """Look at the files of certificates that variables name, and at what the indexes answered if they were asked."""
    missing = situation.machine.missing_certificates
    if missing:
        name, path = missing[0]
        return warn(
            NAME,
            "ssl-interception",
            f"{name} names a file of certificates that does not exist, so downloads fail.",
            evidence=(f"{name} is {path}", "no such file"),
            remedy=Remedy(
                text="Remove the variable, or let it name the file.",
                commands=(unset(situation, name),),
                links=(CERTIFICATES,),
            ),
        )
    answers = situation.machine.indexes
    if answers is None:
        return _models_offline(situation) or skip(NAME, f"asked only by {DEEP}")
    bad = next((each for each in answers if each.problem is not None), None)
    return (
        ok(NAME, f"{len(answers)} package index{'es' if len(answers) > 1 else ''} answered")
        if bad is None
        else _bad(situation, bad)
    )


def _models_offline(situation: Situation) -> Finding | None:
    """Mention a wish of the user's that looks like trouble of the network in an error's text."""
    session = situation.session
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    name = next((each for each in names if session and (session.variable(each) or "0").lower() not in _OFF), None)
    if name is None:
        return None
    return ok(NAME, f"Hugging Face's models come from the cache alone: {name} is set", mode="hf-cache-or-offline")


_OFF = frozenset({"0", "no", "off", "false"})
"""Any other word means yes (huggingface_hub/constants.py knows 1, ON, YES and TRUE)."""

_WORDS = {
    "ssl-interception": (
        "The certificate of the package index is not trusted here.",
        "If your network looks into connections, let the system's store of certificates count; it has your company's.",
        CERTIFICATES,
    ),
    "clock-skew": (
        "The certificate of the package index is not valid at this machine's time: its clock is wrong.",
        "Set the clock.",
        "https://www.freedesktop.org/software/systemd/man/latest/timedatectl.html",
    ),
    "download-timeout": (
        "The package index is too slow to answer in time.",
        "Give downloads more time, or use a mirror near you.",
        PROXIES,
    ),
    "wheel-hash-mismatch": (
        "What the package index sends is not what it announces: a download was cut off, or changed on its way.",
        "Empty the cache and try again; if it stays, ask who runs the mirror or proxy.",
        PROXIES,
    ),
    "index-unreachable-or-proxy": (
        "The package index cannot be reached.",
        "Look at the network; behind a proxy, the variable HTTPS_PROXY has to name it (http://HOST:PORT).",
        PROXIES,
    ),
}

_CLOCKS = {
    "linux": "sudo timedatectl set-ntp true",
    "macos": "sudo sntp -sS time.apple.com",
    "windows": "w32tm /resync",
}
"""What sets the clock from the network."""


def _commands(situation: Situation, mode: str) -> tuple[str, ...]:
    """Return what mends it, in the words of the machine's own shell."""
    if mode == "ssl-interception":
        return (export(situation, "UV_SYSTEM_CERTS", "true"),)
    if mode == "download-timeout":
        return (export(situation, "UV_HTTP_TIMEOUT", "300"),)
    if mode == "wheel-hash-mismatch":
        return ("uv cache clean",)
    clock = _CLOCKS.get(system_of(situation) or "") if mode == "clock-skew" else None
    return (clock,) if clock else ()


def _bad(situation: Situation, answer: Answered) -> Finding:
    mode = answer.problem or "index-unreachable-or-proxy"
    summary, text, link = _WORDS[mode]
    # a machine without network trains all the same
    answer_with = warn if mode in {"index-unreachable-or-proxy", "download-timeout"} else fail
    return answer_with(
        NAME,
        mode,
        summary,
        evidence=(f"{answer.index}: {answer.detail}",),
        remedy=Remedy(text=text, commands=_commands(situation, mode), needs_root=mode == "clock-skew", links=(link,)),
    )
