"""A plan as a file to take elsewhere: lock_text() for each kind of lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dlsetup.values.plan import Plan

KINDS = ("pylock", "requirements", "pyproject", "conda", "dockerfile")


def lock_text(kind: str, plans: Sequence[Plan]) -> str:
    """Return plans, one for each platform, as one file of a kind."""
    if kind == "pylock":
        from dlsetup.render.locks.pylock import text
    elif kind == "requirements":
        from dlsetup.render.locks.requirements import text
    elif kind == "pyproject":
        from dlsetup.render.locks.pyproject import text
    elif kind == "conda":
        from dlsetup.render.locks.conda import text
    else:
        from dlsetup.render.locks.dockerfile import text
    return text(plans)
