"""Which of a tool's answers there are: run now on a live machine, whatever was recorded on a replayed one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.system.blanks import bounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.system.interface import System

TOOL_SECONDS = 5.0
"""What a vendor's tool may cost; a stuck driver answers never."""

_NOTHING = frozenset(
    {"", "n/a", "na", "none", "null", "not supported", "not available", "err!", "error", "unknown", "-"}
)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def recorded(system: System, tool: str) -> Iterator[tuple[str, str]]:
    """Yield every recorded command line of a tool with what it printed; nothing on a live machine.

    People record a tool with all kinds of options ("lspci -nnk | grep VGA"), so the lines are not asked for one by one.
    """
    lines: tuple[str, ...] = getattr(system, "commands", ()) if system.replayed else ()
    for line in lines:
        words = line.split()
        if words and words[0].rsplit("/", 1)[-1].removesuffix(".exe") == tool:
            text = said(system, tuple(line.split(" ")))
            if text.strip():
                yield line, text


def said(system: System, argv: tuple[str, ...], timeout: float = TOOL_SECONDS) -> str:
    """Return all that a command printed, on either stream, without colours; nothing if it did not run."""
    answer = system.run(argv, timeout=timeout)
    if answer.problem in {"not-found", "denied", "unknown"}:
        return ""
    return clean("\n".join(part for part in (answer.stdout, answer.stderr) if part))


def clean(text: str) -> str:
    """Take out what is no content: byte-order marks, carriage returns, NULs, terminal colours, runs of blanks."""
    plain = text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\n")
    return bounded(_ANSI.sub("", plain) if "\x1b" in plain else plain)


def content(system: System, path: str) -> str:
    """Return a file's text as `clean` leaves it, empty where there is none or it is not known."""
    text = system.read(path).text
    return clean(text) if text else ""


def usable(text: str | None) -> str | None:
    """Return a tool's word, None for the many ways of saying nothing ("N/A", "[Not Supported]", "ERR!")."""
    word = (text or "").strip()
    bare = word.strip("[]").strip().lower()
    unsaid = bare in _NOTHING or bare.startswith(("unknown error", "gpu is lost", "insufficient perm"))
    return None if unsaid else word
