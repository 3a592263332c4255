"""The disk that an installed distribution takes, as its RECORD says: no file of it is looked at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe import paths

if TYPE_CHECKING:
    from dlsetup.system.interface import System
    from dlsetup.values.environment import Distribution, Interpreter

_SIZE = re.compile(r",(\d{1,18})\r?$", re.MULTILINE)
"""The third field of a line: https://packaging.python.org/en/latest/specifications/recording-installed-packages/."""


def installed_bytes(system: System, interpreter: Interpreter, distribution: Distribution) -> int | None:
    """Return the bytes of a distribution's files; None where RECORD is absent or names no sizes."""
    for site in interpreter.site_packages or ((interpreter.purelib,) if interpreter.purelib else ()):
        text = system.read(paths.join(system, site, distribution.folder, "RECORD")).text
        if text is not None:
            return parse_sizes(text)
    return None


def parse_sizes(text: str) -> int | None:
    """Add up the sizes that RECORD names; None where it names none. Bytecode that was compiled later is not in it."""
    sizes = _SIZE.findall(text)
    return sum(map(int, sizes)) if sizes else None
