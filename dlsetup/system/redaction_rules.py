r"""How what identifies looks, whatever it is: credentials, labelled names and numbers, addresses.

What comes before something that may not follow is bounded, so that no text costs more than in proportion to its length.
A rule is compiled when a text first shows one of its signs: most texts show few.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

GONE = "redacted"


class Step(Enum):
    """In which order the rules are applied."""

    CREDENTIALS = 1
    NUMBERS = 2
    PLACES = 3
    LABELS = 4


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One shape of what identifies, and what stands in its place."""

    step: Step
    signs: tuple[str, ...]
    """A text, in lower case, that holds none of these has nothing of that shape."""
    source: str
    instead: str | Callable[[re.Match[str]], str] = ""
    numbered: bool = False
    """Whoever redacts counts what it finds: the same is the same afterwards."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Return the compiled pattern."""
        return re.compile(self.source, re.IGNORECASE | re.MULTILINE)


@cache
def rules(step: Step) -> tuple[Rule, ...]:
    """Return the rules of one step."""
    return tuple(rule for rule in _RULES if rule.step is step)


# --- credentials ---

_QUOTED = r"(?:\"(?:[^\"\\\n]|\\[^\n])*\"|\\\"(?:[^\"\\\n]|\\[^\"\n])*\\\")"
"""A string of JSON, or of JSON inside a string of JSON."""
_VALUE = rf"(?:{_QUOTED}|'[^'\n]*'|[^\s,;\"'<>]+)"
_SECRET_SIGNS = (
    *("token", "passw", "passphrase", "pwd", "secret", "credential", "cookie"),
    *(f"{first}{mark}key" for first in ("api", "access", "private") for mark in ("", "_", "-", " ")),
)
_CREDENTIAL = (
    r"(?:token|passw(?:or)?d|passphrase|pwd|secret|api[_ -]?key|access[_ -]?key|private[_ -]?key|credentials?|cookie)"
)
_TOKEN_BEGINS = (
    *("hf_", "ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "akia", "asia", "pypi-", "sk-", "xox"),
    *("nvapi-", "npm_", "eyj"),
)
"""Hugging Face, GitHub, GitLab, AWS, PyPI, OpenAI, Slack, NVIDIA, npm, JSON Web Tokens."""

KEPT_BACK = (
    r"(?i)(?:token|passw(?:or)?d|secret|api_?key|access_?key|credential|serial|udid|asset_?tag)s?$|^sudo_user$|"
    r"^master_addr$|^spark_local_ip$"
)
"""Keys and variables of which the whole value is kept back."""

# --- labels ---

_NOT_SAID = (
    r"(?i)[\[(\"'\\]*(?:n/?a|none|null|not (?:supported|specified|available|applicable)|unknown|default string|0+|"
    r"to be filled by o\.?e\.?m\.?|system serial number|err!|true|false|yes|no|redacted|0x[0-9a-f]{1,4}|\d{1,4}|"
    r"localhost|127\.0\.0\.1|(?:(?:gpu|mig|cpu)-)?0{8}[0-9a-f-]*)"
    r"[\])\"'\\]*,?\s*"
)
_IDENTITY_SIGNS = (
    *("serial", "uuid", "udid", "guid", "asset", "board", "unique", "machine", "computer", "host", "node", "pdi"),
    *("registered", "user", "owner", "domain", "logon", "log on", "logged", "ssid", "workgroup", "suffix", "ecid"),
)
_IDENTITY = (
    r"(?:serial|uuid|udid|guid|asset[ _-]?tag|board[ _-]?id|unique[ _-]?id|machine[ _-]?(?:id|name)|"
    r"computer[ _-]?name|host[ _-]?name|node[ _-]?name|registered|"
    r"(?<![a-z$.])(?:pdi|user[ _-]?(?:name|id)?|owner|domain|"
    r"log(?:ged)?[ _-]?on[ _-]?(?:server|user)|ssid|workgroup|dns[ _-]?suffix|ecid)(?![a-z]))"
)
_PERSON = r"[^/\\\s:\"'<>|,;()\[\]]{1,64}"
_HOME = (
    r"((?:/(?:home|users|export/home|media|run/media)/|"
    r"[a-z]:(?:\\{1,2}|/)(?:users|documents and settings)(?:\\{1,2}|/)))"
    # a blank belongs to the name where the path goes on after it
    rf"((?:{_PERSON}(?: {_PERSON}){{1,3}}(?=[\\/]))|{_PERSON})"
)
_NOBODY = frozenset({"user", "shared", "public", "default", "all users", "linuxbrew", "lost+found", "cdrom", "root"})

# --- addresses ---

IPV4 = r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d|[-+][a-z])"
_HERE = re.compile(r"0\.|127\.|255\.")
_VERSION_BEFORE = r"(?i)(?:[=<>~!]=[ ]?|version[^\w\n]{0,8}|(?<!\w)v|[\w)][-_+])$"
_PACKAGE_BEFORE = (
    r"(?i)(?<![\w.-])(?:nvidia|cu(?:da|dnn|blas|fft|rand|solver|sparse|tensor|pti)|nccl|nvjitlink|nvshmem|tensorrt|lib\w{2}|"
    r"py4j|opencv|mkl|tbb|intel|onemkl|dpcpp|oneccl|rocm|hip|torch|tensorflow|jax|driver|pip|types)[\w.\[\]-]{0,80}"
    r"(?:[ \t]{1,80}|[ \t]?\([ \t]?|:[ \t]{1,8}|\"\s{0,4}[,:]\s{0,4}\")$"
)
"""What stands before a version of four numbers: "nvidia-curand-cu12 10.3.5.147" would be an address by itself."""


def tells_nothing(text: str) -> bool:
    """Tell whether a value is none: "N/A", "[Not Supported]", and numbers too small to identify."""
    return re.fullmatch(_NOT_SAID, text) is not None


def _somebody(match: re.Match[str]) -> str:
    root, name = match.groups()
    return match.group() if name.lower() in _NOBODY or name.startswith(("$", "%", "~")) else f"{root}user"


def _labelled(match: re.Match[str]) -> str:
    label, value = match.groups()
    if tells_nothing(value):
        return match.group()
    if '"' in value[:2]:
        # JSON stays JSON
        mark = value[: value.index('"') + 1]
        return f"{label}{mark}{GONE}{mark}{',' if value.rstrip().endswith(',') else ''}"
    return f"{label}{GONE}"


def _ipv6(match: re.Match[str]) -> str:
    """Take out an address, but neither a place on the PCI bus nor a time nor the machine's own."""
    word = match.group().partition("%")[0]
    short = word.count("::")
    if (not short and word.count(":") != 7) or short > 1 or word in {"::", "::1"}:  # noqa: PLR2004 - eight groups
        return match.group()
    return "::"


def _ipv4(match: re.Match[str]) -> str:
    """Take out an address, but not a version of four numbers: nvidia-cublas-cu12==12.4.5.8."""
    word, text, end = match.group(), match.string, match.end()
    before = text[max(0, match.start() - 120) : match.start()].rpartition("\n")[2]
    if any(int(part) > 255 for part in word.split(".")) or _HERE.match(word):  # noqa: PLR2004 - one byte
        return word
    named = re.search(_VERSION_BEFORE, before) or re.search(_PACKAGE_BEFORE, before)
    if named and not re.match(r"/\d|:\d", text[end : end + 2]):
        return word
    return "0.0.0.0"  # noqa: S104 - a neutral address, nothing listens


_RULES = (
    Rule(
        step=Step.CREDENTIALS,
        signs=("@",),
        source=r"(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,20}:(?:\\?/){2})[^\s/\\\"'<>]{0,512}@",
        instead=r"\1",
    ),
    # a proxy may be named without a scheme
    Rule(
        step=Step.CREDENTIALS,
        signs=("@",),
        source=r"(?<![\w/.+-])[^\s/:@\"'<>=]{1,64}:[^\s/@\"'<>]{1,128}@(?=[\w.-]{1,253}:\d)",
    ),
    Rule(
        step=Step.CREDENTIALS,
        signs=("=",),
        source=r"([?&;][\w-]{0,40}(?:token|sig(?:nature)?|key|secret|passw(?:or)?d|pwd|auth|credential|code)=)"
        r"[^\s&;#\"'<>]+",
        instead=rf"\1{GONE}",
    ),
    # conda's channels carry a token: https://conda.anaconda.org/t/tk-.../channel
    Rule(step=Step.CREDENTIALS, signs=("/t/",), source=r"(/t/)[\w-]{8,}(?=/)", instead=rf"\1{GONE}"),
    Rule(
        step=Step.CREDENTIALS,
        signs=("machine",),
        source=r"\b(machine[ \t]{1,8}\S{1,255}[ \t]{1,8}login[ \t]{1,8})\S+([ \t]{1,8}password[ \t]{1,8})\S+",
        instead=rf"\1{GONE}\2{GONE}",
    ),
    Rule(
        step=Step.CREDENTIALS,
        signs=("authorization", "bearer"),
        source=r"\b(authorization[\"']?[ \t]{0,8}[:=][ \t]{0,8}[\"']?)[^\r\n\"']+|\b(bearer )[\w.~+/=-]{8,}",
        instead=rf"\1\2{GONE}",
    ),
    Rule(
        step=Step.CREDENTIALS,
        signs=_SECRET_SIGNS,
        # tokenizers: 0.22 and secretstorage==3.3 are packages
        source=rf"({_CREDENTIAL}(?:[_-][\w-]{{0,40}}|s)?(?:\\?[\"'])?[ \t]{{0,20}}(?:=(?!=)|:(?!:))[ \t]{{0,20}})"
        + _VALUE,
        instead=rf'\1"{GONE}"',
    ),
    Rule(
        step=Step.CREDENTIALS,
        signs=("--",),
        source=rf"(?<!-)(--(?:[\w-]{{0,30}}-)?(?:token|password|passwd|secret|api-key|access-key)[ =]){_VALUE}",
        instead=rf"\1{GONE}",
    ),
    Rule(
        step=Step.CREDENTIALS,
        signs=_TOKEN_BEGINS,
        source=r"(?<![\w-])(?:hf_\w{10,}|gh[opsur]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|A[KS]IA[0-9A-Z]{16}|"
        r"pypi-[\w-]{16,}|sk-[\w-]{16,}|xox[a-z]-[\w-]{10,}|nvapi-[\w-]{16,}|npm_\w{16,}|"
        r"eyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]*)?)",
        instead=GONE,
    ),
    Rule(
        step=Step.LABELS,
        signs=("/home/", "users", "/media/", "documents and settings"),
        source=_HOME,
        instead=_somebody,
    ),
    Rule(
        step=Step.LABELS,
        signs=_IDENTITY_SIGNS,
        source=rf"(\\?\"[^\"\n]{{0,40}}?{_IDENTITY}[^\"\n]{{0,40}}?\"\s{{0,8}}[:=]\s{{0,8}})"
        rf"({_QUOTED}|<[^>\n]*>|\d{{5,}})",
        instead=_labelled,
    ),
    Rule(
        step=Step.LABELS,
        signs=("<key>",),
        source=rf"(<key>[^<\n]{{0,60}}?{_IDENTITY}[^<\n]{{0,60}}</key>\s{{0,40}}<string>)([^<]+)",
        instead=_labelled,
    ),
    Rule(
        step=Step.LABELS,
        signs=("<",),
        source=r"(<[\w:.-]{0,40}?(?:serial|uuid|udid|guid|pdi|hostname|board_id)[\w:.-]{0,40}>)([^<]+)",
        instead=_labelled,
    ),
    Rule(
        step=Step.LABELS,
        signs=_IDENTITY_SIGNS,
        source=rf"^([^\n=\"<]{{0,80}}?{_IDENTITY}[a-z ()_.#/-]{{0,40}}?[:=][ \t]*)(\S[^\r\n]*)",
        instead=_labelled,
    ),
    Rule(
        step=Step.LABELS,
        signs=("serial", "s/n"),
        source=r"(?<![a-z])((?:serial[ _-]?(?:number|no\.?|num)?|s/n)[ \t]{0,8}(?:[:=#][ \t]{0,8}|(?<=number)[ \t]))"
        r"((?=[\w-]{0,60}\d)[\w-]{3,})",
        instead=_labelled,
    ),
    Rule(
        step=Step.LABELS,
        signs=("user=", "username=", "domain=", "logname=", "login="),
        source=r"(?<![\w.-])((?:user(?:name)?|domain|logname|login)=)([^\s,;\"'<>|]+)",
        instead=_labelled,
    ),
    Rule(
        step=Step.NUMBERS,
        signs=("-", "_"),
        source=r"(?<![0-9a-f])[0-9a-f]{8}([-_])[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}(?![0-9a-f])",
        numbered=True,
    ),
    # rocminfo's, and the beginning of one that NVIDIA takes in CUDA_VISIBLE_DEVICES
    Rule(
        step=Step.NUMBERS,
        signs=("gpu-", "mig-", "cpu-"),
        source=r"(?<![\w-])((?:GPU|MIG|CPU)-)(?:[0-9a-f]{16}|[0-9a-f]{8})(?![\w-])",
        instead=r"\g<1>00000000",
    ),
    Rule(
        step=Step.NUMBERS,
        signs=("-",),
        source=r"(?<![\w-])[0-9A-F]{8}-[0-9A-F]{16}(?![\w-])",
        instead="00000000-0000000000000000",
    ),
    # product ids and keys of Windows
    Rule(
        step=Step.NUMBERS,
        signs=("-",),
        source=r"(?<![\w-])(?:\d{5}-\d{5}-\d{5}-[A-Z0-9]{5}|\d{5}-(?:OEM|\d{3})-\d{7}-\d{5}|"
        r"(?:[A-Z0-9]{5}-){4}[A-Z0-9]{5})(?![\w-])",
        instead="00000-00000-00000-AA000",
    ),
    # machine-id, and the names of containers; 40 digits are a commit
    Rule(
        step=Step.NUMBERS,
        signs=("",),
        source=r"(?<![0-9a-z])(?:[0-9a-f]{32}|[0-9a-f]{41,128})(?![0-9a-z])",
        instead=lambda match: "0" * len(match.group()),
    ),
    # Windows' name of one device may end with its serial number
    Rule(
        step=Step.NUMBERS,
        signs=("ven_",),
        source=r"(VEN_[0-9a-f]{4}&(?:amp;)?DEV_[0-9a-f]{4}[^\\\s\"]{0,80}\\{1,4})[0-9a-z&;._-]+",
        instead=r"\g<1>0",
    ),
    Rule(
        step=Step.NUMBERS,
        signs=(":", "-"),
        source=r"(?<![0-9a-f:-])[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4,18}[0-9a-f]{2}(?![0-9a-f:-])",
        instead="00:00:00:00:00:00",
    ),
    Rule(step=Step.NUMBERS, signs=(".",), source=IPV4, instead=_ipv4),
    Rule(
        step=Step.NUMBERS,
        signs=(":",),
        source=r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,8}(?:[0-9a-f]{0,4}|0\.0\.0\.0)(?:%[\w.-]{1,32})?(?![\w:])",
        instead=_ipv6,
    ),
    Rule(
        step=Step.PLACES,
        signs=("linux ", "darwin ", "freebsd "),
        source=r"^((?:Linux|Darwin|FreeBSD) )(?!version )(\S{1,253})(?= \d{1,3}\.\d)",
        instead=r"\1host",
    ),
    # who built a kernel, and where: "(buildd@lcy02-amd64-001)"
    Rule(step=Step.PLACES, signs=("@",), source=r"\([^\s()@]{1,64}@[^\s()]{1,253}\)", instead="(user@host)"),
    Rule(
        step=Step.PLACES,
        signs=(" nfs", " fuse", " ceph", " glusterfs", " lustre", " 9p", " afs"),
        source=r"^(?:\[[0-9A-Fa-f:.]{2,60}\]|[\w.@,$%-]{1,253})"
        r"(:/?\S{0,512} /\S{0,512} (?:nfs|fuse|ceph|glusterfs|lustre|9p|afs))",
        instead=r"server\1",
    ),
    Rule(
        step=Step.PLACES,
        signs=(" cifs", " smb"),
        source=r"^//[^/\s]{1,253}/\S{0,512}( /\S{0,512} (?:cifs|smb))",
        instead=r"//server/share\1",
    ),
    Rule(
        step=Step.PLACES,
        signs=("\\\\",),
        source=r"(?<![\w:\\/])(\\\\(?:\\\\)?)(?![?.\\])[\w.$%-]{1,253}(?=\\)",
        instead=r"\1host",
    ),
    Rule(
        step=Step.PLACES,
        signs=("@",),
        source=r"(?<![\w.+$%-])[\w.+$%-]{1,64}@[\w$%-]{1,63}(?:\.[\w$%-]{1,63}){0,6}\."
        # user@1000.service is a unit of systemd
        r"(?!(?:service|slice|scope|socket|mount|target)\b)[A-Za-z]{2,24}(?![\w-])",
        instead="user@example.com",
    ),
    Rule(
        step=Step.PLACES,
        signs=("@",),
        source=r"(?<![\w.+$%-])[\w.+$%-]{1,64}@[\w.$%-]{1,253}(?=:[~/])",
        instead="user@host",
    ),
)
