"""The C library that wheels have to fit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe.answers import clean, content, recorded, said
from dlsetup.values.host import Gap, Libc

if TYPE_CHECKING:
    from dlsetup.system.interface import System

_MUSL = re.compile(r"^musl libc\b.*\n\s*Version (\d+\.\d[\w.]*)", re.MULTILINE)
_LDD = re.compile(r"^ldd \([^)\n]*(?:GLIBC|GNU libc|glibc)[^)\n]*\)\s+(\d+\.\d+)", re.MULTILINE)
_GETCONF = re.compile(r"^glibc (\d+\.\d+)", re.MULTILINE)
_LDD_OTHER = re.compile(r"^ldd \([^)\n]*\)\s+(2\.\d+)[ \t]*$", re.MULTILINE)
_MUSL_LOADER = re.compile(r"ld-musl-(\w+)\.so\.1")


def parse(text: str) -> Libc:
    """Read what `ldd --version`, musl's loader or `getconf GNU_LIBC_VERSION` prints."""
    plain = clean(text)
    musl = _MUSL.search(plain)
    if musl:
        return Libc(family="musl", version=musl.group(1))
    # openSUSE and Gentoo put their own words in the brackets: "ldd (Gentoo 2.38-r9 (patchset 8)) 2.38"
    found = _LDD.search(plain) or _GETCONF.search(plain) or _LDD_OTHER.search(plain)
    return Libc(family="glibc", version=found.group(1)) if found else Libc()


def read(system: System) -> tuple[Libc, tuple[Gap, ...]]:
    """Return the C library, or a gap."""
    asked = system.value("libc")
    if isinstance(asked, (list, tuple)) and len(asked) == 2 and isinstance(asked[0], str):  # noqa: PLR2004 - a pair
        return Libc(family=asked[0], version=asked[1] if isinstance(asked[1], str) else None), ()
    loader = next((name for name in system.listing("/lib") or () if _MUSL_LOADER.fullmatch(name)), None)
    texts = [text for tool in ("ldd", "getconf", loader or "ld-musl") for _, text in recorded(system, tool)]
    if loader:
        path = f"/lib/{loader}"
        texts.append(said(system, (path,)) or (content(system, path) if system.replayed else ""))
    found = next((libc for libc in map(parse, texts) if libc.family), None)
    if found:
        return found, ()
    if loader:
        return Libc(family="musl"), (Gap(what="libc.version", why=f"/lib/{loader} did not print its version"),)
    return Libc(), (Gap(what="libc", why="neither the C library nor its loader told its version"),)
