"""What a package index answered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What came of asking one package index."""

    index: str
    """Its host."""
    problem: str | None = None
    """The failure mode that the answer shows: "ssl-interception"; None where all was well."""
    detail: str = ""
    """What was said, in one line."""
