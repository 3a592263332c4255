"""Remedies that change packages: of this environment, or beside it where it is the system's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.commands import dlsetup_install, untouchable
from dlsetup.check.installed import frameworks_in_scope
from dlsetup.values.finding import Remedy

if TYPE_CHECKING:
    from dlsetup.values.situation import Situation


def change_packages(
    situation: Situation, text: str, *commands: str, automatic: bool = True, links: tuple[str, ...] = ()
) -> Remedy:
    """Return the remedy that runs commands on the environment; the system's Python is left alone."""
    if not untouchable(situation):
        return Remedy(text=text, commands=commands, automatic=automatic, links=links)
    scope = frameworks_in_scope(situation)
    return Remedy(
        text="Install what you need into an environment of your own; this Python is the system's.",
        commands=(dlsetup_install(situation, " ".join(each.name for each in scope)) if scope else "uv venv .venv",),
        links=links,
    )
