"""Takes out of texts what identifies a person or a machine, or lets somebody in.

What decides stays: versions, models, PCI addresses and device numbers, sizes, paths below the home folder.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from dlsetup.system.ordinary_words import ORDINARY_WORDS
from dlsetup.system.redaction_rules import IPV4, KEPT_BACK, Step, rules, tells_nothing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dlsetup.system.interface import System


@dataclass(frozen=True, kw_only=True)
class Neutral:
    """What stands in the place of what was taken out."""

    home: str | None = None
    """None: the home folder of a user of no name, on the same system."""
    user: str = "user"
    host: str = "host"


class Redactor:
    """Takes out what names one machine and its user, and whatever looks like it."""

    def __init__(
        self,
        *,
        home: str | None = None,
        users: Iterable[str] = (),
        hosts: Iterable[str] = (),
        neutral: Neutral | None = None,
    ) -> None:
        """Redact for a machine of which home folder and names are known."""
        neutral = neutral or Neutral()
        self._uuids: dict[str, int] = {}
        home = home if home and len(home) > 3 and home != "/root" else None  # noqa: PLR2004 - "/" and "C:\\" are none
        self._home = _any_of(_spellings(home)) if home else None
        self._own_home = neutral.home or _neutral_home(home or "")
        people = {*users, _last(home)} if home else set(users)
        self._names = [
            *((pattern, neutral.host) for pattern in _name_patterns(_host_words(hosts))),
            *((pattern, neutral.user) for pattern in _name_patterns(people)),
        ]

    def text(self, text: str) -> str:
        """Return a text without what identifies."""
        lowered = text.lower()
        text = self._apply(text, lowered, Step.CREDENTIALS)
        if self._home is not None:
            text = self._home.sub(_marked, text)
        text = self._without_names(text)
        for step in (Step.NUMBERS, Step.PLACES, Step.LABELS):
            text = self._apply(text, lowered, step)
        return _unmarked(text, self._own_home) if self._home is not None else text

    def _without_names(self, text: str) -> str:
        for pattern, word in self._names:
            text = pattern.sub(word, text)
        return text

    def _apply(self, text: str, lowered: str, step: Step) -> str:
        for rule in rules(step):
            if any(sign in lowered for sign in rule.signs):
                text = rule.pattern.sub(self._numbered if rule.numbered else rule.instead, text)
        return text

    def _numbered(self, match: re.Match[str]) -> str:
        """Write a UUID's number in its place, so that a variable that names a GPU still names the same one."""
        number = self._uuids.setdefault(match.group().lower().replace("_", "-"), len(self._uuids) + 1)
        mark = match.group(1)
        return mark.join(("00000000", "0000", "0000", "0000", f"{number:012x}"))

    def value(self, part: Any, key: str = "") -> Any:  # noqa: ANN401 - JSON, or the values of a report
        """Return a value of the same shape without what identifies; `key` is what it stands under."""
        if isinstance(part, str):
            return self._string(part, key)
        if isinstance(part, dict):
            return {self._string(str(name), ""): self.value(item, str(name)) for name, item in part.items()}
        if isinstance(part, list):
            return [self.value(item, key) for item in part]
        if isinstance(part, tuple):
            return tuple(self.value(item, key) for item in part)
        if is_dataclass(part) and not isinstance(part, type):
            return self._dataclass(part)
        return part

    def _dataclass(self, part: Any) -> Any:  # noqa: ANN401
        changed = {}
        for field in fields(part):
            before = getattr(part, field.name)
            after = self.value(before, field.name)
            if after is not before and after != before:
                changed[field.name] = after
        return replace(part, **changed) if changed else part

    def _string(self, text: str, key: str) -> str:
        if re.search(KEPT_BACK, key) and not tells_nothing(text):
            return "redacted"
        if len(text) <= _WORD and text.replace("_", "").isalnum():
            return self._without_names(text)
        if re.search(r"(?i)version|package|distribution|require", key) and re.fullmatch(IPV4, text):
            return text
        return self.text(text)


_WORD = 15
"""A word so short is no token, and none of the numbers that are known by their shape."""


def redactor_of(system: System, neutral: Neutral | None = None) -> Redactor:
    """Return what redacts the answers of a machine: it knows the names of the machine and its user."""
    home = system.value("home") or system.variable("HOME") or system.variable("USERPROFILE")
    users = (system.variable(name) for name in ("USER", "LOGNAME", "USERNAME", "SUDO_USER", "LNAME"))
    hosts = [system.variable(name) for name in ("HOSTNAME", "COMPUTERNAME", "USERDOMAIN", "HOST", "SLURMD_NODENAME")]
    hosts.append(system.value("node"))
    if system.platform == "linux":
        hosts.append(system.read("/etc/hostname").text)
    return Redactor(
        home=home if isinstance(home, str) else None,
        users=tuple(each for each in users if each),
        hosts=tuple(each.strip() for each in hosts if isinstance(each, str) and each.strip()),
        neutral=neutral,
    )


def report_redactor(system: System, *, drawn: bool = False) -> Redactor:
    """Return what redacts a report: its commands still run where it was made, in a shell of that user.

    Whatever is `drawn` for people keeps the home folder, which is shortened there as the shell needs it.
    """
    user = "%USERNAME%" if system.platform == "windows" else "$USER"
    home = system.value("home") if drawn and not system.replayed else None
    return redactor_of(system, Neutral(home=home if isinstance(home, str) else "~", user=user))


def _any_of(spellings: Iterable[str]) -> re.Pattern[str]:
    longest = sorted(set(spellings), key=len, reverse=True)
    # "/home/al" is not the beginning of "/home/alice"
    return re.compile("(?:" + "|".join(map(re.escape, longest)) + r")(?![\w-])", re.IGNORECASE)


def _spellings(text: str) -> Iterator[str]:
    """Yield how a name or path is written in JSON, URLs, shells and mount tables, and by other systems' Unicode."""
    for plain in {text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFD"))}:
        for slashed in {plain, plain.replace("\\", "/")}:
            yield slashed
            yield json.dumps(slashed)[1:-1]
            yield json.dumps(slashed, ensure_ascii=False)[1:-1]
            yield slashed.replace("/", "\\/")
            yield slashed.replace(" ", "\\040")
            yield slashed.replace(" ", "\\ ")
            yield _quoted(slashed)


def _quoted(text: str) -> str:
    """Quote as URLs do (urllib.parse costs five milliseconds to import)."""
    return "".join(chr(byte) if chr(byte) in _UNQUOTED else f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))


_UNQUOTED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/:")


def _name_patterns(words: Iterable[str]) -> Iterator[re.Pattern[str]]:
    """Yield what finds names: anywhere if they are long and unlike any word that tools print, else as whole words."""
    anywhere: set[str] = set()
    whole: set[str] = set()
    for word in words:
        plain = word.strip().lower()
        if len(plain) <= _SHORT or plain in ORDINARY_WORDS:
            continue
        like = len(plain) <= _SHORTISH or any(plain in ordinary for ordinary in ORDINARY_WORDS)
        (whole if like else anywhere).update(_spellings(word.strip()))
    for spellings, form in ((anywhere, "{}"), (whole, r"(?<![^\W_]){}(?![^\W_])")):
        if spellings:
            longest = sorted(spellings, key=len, reverse=True)
            yield re.compile(form.format("(?:" + "|".join(map(re.escape, longest)) + ")"), re.IGNORECASE)


_SHORT = 2
"""Names of so few letters stand in too many words; where a name is expected they are taken out all the same."""
_SHORTISH = 4


def _host_words(hosts: Iterable[str]) -> Iterator[str]:
    """Yield a host's full name and its first part."""
    for host in hosts:
        yield host
        first = host.split(".", 1)[0]
        if first != host and not host.replace(".", "").isdigit():
            yield first


def _last(path: str | None) -> str:
    return re.split(r"[\\/]", (path or "").rstrip("\\/"))[-1]


def _neutral_home(home: str) -> str:
    if re.match(r"[A-Za-z]:", home):
        return home[:2] + "\\Users\\user"
    return "/Users/user" if home.startswith("/Users/") else "/home/user"


_MARKS = {"\ue000": "\\", "\ue001": "\\\\", "\ue002": "/"}
"""What stands for the home folder meanwhile, by the way in which its backslashes were written: no rule touches it."""


def _marked(match: re.Match[str]) -> str:
    found = match.group()
    kind = "/" if "\\" not in found else "\\\\" if "\\\\" in found else "\\"
    return next(mark for mark, written in _MARKS.items() if written == kind)


def _unmarked(text: str, home: str) -> str:
    for mark, written in _MARKS.items():
        text = text.replace(mark, home.replace("\\", written))
    return text
