"""Text as logs hold it: in some encoding, coloured, with marks before each line that are not the message's."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 1 << 20
"""Bytes that are read at a time."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# colours, titles and hyperlinks: the control sequences of ECMA-48 and of xterm
_ANSI = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]{0,4000}(?:\x07|\x1b\\)?|[()][0-9A-Za-z]|[=>78cDEHMNOZ])"
)
# what is left of colours where the escape itself was lost on the way
_LOST_ANSI = re.compile(r"(?:\x07|\^\[\[[0-9;]{1,12}m|\u241b\[[0-9;]{1,12}m)")
_TYPOGRAPHY = {
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u2032\u00b4"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033"), '"'),
    **dict.fromkeys(map(ord, "\u00a0\u202f\u2007\u2009\u3000"), " "),
    **dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"), None),
    **dict.fromkeys(map(ord, "\u2010\u2011"), "-"),
}


def decoded(stream: BinaryIO, block: int = BLOCK) -> Iterator[str]:
    """Yield the pieces of a file as text, whatever its encoding; bytes that are no text become replacement marks."""
    first = stream.read(block)
    encoding, skip = encoding_of(first)
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    data = first[skip:]
    while data:
        yield decoder.decode(data)
        data = stream.read(block)
    yield decoder.decode(b"", final=True)


def encoding_of(data: bytes) -> tuple[str, int]:
    """Return a text's encoding by its first bytes, and how many of them only tell the encoding."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    # PowerShell's `>` writes UTF-16; where the mark was lost, every other byte of plain text is zero
    head = data[:4096]
    if head.count(b"\0") * 3 > len(head):
        return ("utf-16-le" if head[1::2].count(b"\0") >= head[::2].count(b"\0") else "utf-16-be"), 0
    return "utf-8", 0


def clean(text: str) -> str:
    """Return a text with plain quotes, blanks and line ends, and without colours."""
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        text = text.replace("\0", "")
    if not text.isascii():
        text = text.translate(_TYPOGRAPHY)
    return _LOST_ANSI.sub("", text) if "\x07" in text or "^[[" in text or "\u241b" in text else text


_STAMP = r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?(?:\s*UTC)?"
_PREFIXES = (
    # quotes of mail and of issue threads; the prompts of Python and of a shell's trace are kept
    r">(?!>>)\s",
    # GitHub Actions, Kubernetes, docker logs -t, and loggers: 2026-11-24T12:00:00.123Z
    rf"\[?{_STAMP}\]?[ \t,:|]*",
    # Buildkite and GitLab: [12:00:00], 00:12:31.5
    r"\[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\]?[ \t|]+",
    # journald: Nov 24 12:00:00 host unit[123]:
    (
        r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+\d{1,2} \d\d:\d\d:\d\d \S{1,64} "
        r"[^\s:\[]{1,64}(?:\[\d+\])?:\s"
    ),
    # the kernel: [ 1234.567890]
    r"\[\s*\d{1,9}\.\d{6}\]\s",
    # torchrun: [rank3]:, [default0]:, [1,2]<stderr>:
    r"\[(?:rank|default)\d{1,6}\]:\s?",
    r"\[\d{1,4},\d{1,6}\](?:<std(?:err|out)>)?:\s?",
    # Ray: (pid=123), (train_fn pid=123, ip=10.0.0.1)
    r"\([^()\n]{0,80}\bpid=\d+(?:, ip=[\w.:]+)?(?:, [^()\n]{0,60})?\)\s?",
    # srun -l and pdsh: "12: ", "node-3: "
    r"\d{1,5}:\s(?=\S)",
    # pytest marks the lines of an exception
    r"E {3}(?=\s{0,12}\S)",
    # docker compose: service-1  | message; docker build: #12 3.456 message
    r"[\w][\w.-]{0,60}\s{1,20}\|\s?",
    r"#\d{1,4} (?:\d{1,6}\.\d{1,4} )?",
    # frames that rich, pip and uv draw
    r"[│┃|╭╰├▌]\s",
    # a notebook's cell
    r"(?:In|Out) ?\[\d{1,5}\]:\s?",
)
_PREFIX = re.compile(r"^[ \t]{0,12}(?:" + "|".join(_PREFIXES) + ")", re.MULTILINE)
_FRAME_END = re.compile(r"[ \t]*[│┃]$", re.MULTILINE)
_ROUNDS = 3


def unprefixed(text: str) -> str:
    """Return lines without what launchers, containers, loggers, mails and frames put before them."""
    for _ in range(_ROUNDS):
        shorter = _PREFIX.sub("", text)
        if shorter == text:
            break
        text = shorter
    return _FRAME_END.sub("", text) if "│" in text or "┃" in text else text


_ESCAPES = {"\\n": "\n", '\\"': '"', "\\'": "'", "\\t": "\t", "\\\\": "\\", "\\r": ""}
_ESCAPED = re.compile("|".join(map(re.escape, _ESCAPES)))


def unescaped(text: str) -> str:
    """Return a text that stands in JSON or in the repr of a string as it was before."""
    return _ESCAPED.sub(lambda match: _ESCAPES[match.group()], text)
