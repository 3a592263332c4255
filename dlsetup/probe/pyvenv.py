"""pyvenv.cfg, the file that makes a folder a virtual environment."""

from __future__ import annotations


def parse_pyvenv(text: str) -> dict[str, str]:
    """Read a pyvenv.cfg: keys in lower case."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, separator, value = line.partition("=")
        if separator:
            found[key.strip().lower()] = value.strip()
    return found
