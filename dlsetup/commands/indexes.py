"""The user's pip configuration, made fit for uv, which runs in a folder of its own and stops where pip only warns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.errors import UnreadableError
from dlsetup.probe import paths

if TYPE_CHECKING:
    from dlsetup.system.interface import System
    from dlsetup.values.environment import IndexSettings
    from dlsetup.values.report import Progress

_PROBLEM = "problem"
"""The name under which a setting's source tells what is wrong with a file."""


def usable(settings: IndexSettings, system: System, progress: Progress) -> IndexSettings:
    """Return the settings with every path from the root, and without folders of wheels that are not there.

    Raises UnreadableError where pip would stop: at a broken file, or constraints that are not there.
    """
    _check_files(settings)
    constraints = tuple(_located(system, path) for path in settings.constraints)
    for path in constraints:
        if _is_path(path) and system.exists(path) is False:
            raise UnreadableError(
                f"the constraints in {path} cannot be read",
                seen=f"no such file; {_origin(settings, 'constraint')} names it",
                do="put the file there, or take the setting away: pip stops at it, too",
            )
    return replace(
        settings,
        constraints=constraints,
        find_links=_there(settings, system, progress),
        cert=settings.cert and _located(system, settings.cert),
        client_cert=settings.client_cert and _located(system, settings.client_cert),
    )


def _check_files(settings: IndexSettings) -> None:
    problem = next((told for name, told in settings.sources if name == _PROBLEM), None)
    if problem is not None:
        raise UnreadableError(
            "pip's configuration is broken",
            seen=problem,
            do="mend it, since pip stops at it, too; or set all of it aside: PIP_CONFIG_FILE=/dev/null",
        )


def _there(settings: IndexSettings, system: System, progress: Progress) -> tuple[str, ...]:
    """Leave out folders that do not exist, as pip does, and say so."""
    found = []
    for location in (_located(system, each) for each in settings.find_links):
        if _is_path(location) and system.exists(location) is False:
            progress.note(f"{location} does not exist, so no wheels come from it ({_origin(settings, 'find-links')})")
        else:
            found.append(location)
    return tuple(found)


def _origin(settings: IndexSettings, name: str) -> str:
    return next((origin for key, origin in settings.sources if key == name), "pip's configuration")


def _is_path(location: str) -> bool:
    return "://" not in location


def _located(system: System, location: str) -> str:
    home = paths.home(system)
    if home is not None and location.startswith(("~/", "~\\")):
        return home + location[1:]
    return paths.absolute(system, location) if _is_path(location) else location
