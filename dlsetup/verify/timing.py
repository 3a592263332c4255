"""How long the import of a framework takes, by the clock and from outside."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from dlsetup.values.comparison import ImportTime
from dlsetup.verify import quiet_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dlsetup.system.interface import System

RUNS = 3
"""Imports after the first one. The bare interpreter is started as often, in turn with them."""

BARE = "pass"

WITHOUT_BYTECODE = """\
import importlib._bootstrap_external as machinery
known = machinery.cache_from_source
def nowhere(path, *more, **options):
    if "site-packages" in str(path) or "dist-packages" in str(path):
        raise NotImplementedError
    return known(path, *more, **options)
machinery.cache_from_source = nowhere
"""
"""Lets Python compile what is installed, as when it is imported for the first time; not so the standard library.

Where it cannot be told where bytecode lies, the loader reads and writes none (importlib.machinery.SourceLoader,
get_code: cache_from_source may raise NotImplementedError).
"""


def time_import(
    system: System, *, python: str, module: str, variables: Mapping[str, str | None], timeout: float
) -> ImportTime | str:
    """Import a module several times in processes of their own; return why it could not be timed where it cannot."""
    with quiet_folder(system) as folder:

        def seconds(code: str) -> float | None:
            done = system.run(
                (python, "-c", code), timeout=timeout, env={"KERAS_HOME": folder, **variables}, cwd=folder
            )
            return done.seconds if done.ok else None

        first = seconds(f"{WITHOUT_BYTECODE}import {module}")
        pairs = [(seconds(BARE), seconds(f"import {module}")) for _ in range(RUNS)]
    bare = [start for start, _ in pairs if start is not None]
    whole = [took for _, took in pairs if took is not None]
    if len(bare) < RUNS or len(whole) < RUNS:
        return f"python -c 'import {module}' did not end well"
    return import_time(module, first, bare, whole)


def import_time(imported: str, first: float | None, bare: list[float], whole: list[float]) -> ImportTime:
    """Take the bare interpreter's time off; a difference that is lost in the noise is nothing."""
    start = statistics.median(bare)
    took = sorted(max(0.0, each - start) for each in whole)
    return ImportTime(
        imported=imported,
        first_seconds=None if first is None else max(0.0, first - start),
        median_seconds=statistics.median(took),
        least_seconds=took[0],
        most_seconds=took[-1],
        runs=len(took),
        start_seconds=start,
    )
