"""How long the import of a framework takes, by the clock and from outside."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TYPE_CHECKING

from dlsetup.values.comparison import ImportTime
from dlsetup.verify import quiet_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dlsetup.system.interface import System

RUNS = 3
"""Imports after the first one. The bare interpreter is started as often, in turn with them."""

BARE = "pass"
"""What the bare interpreter is given to do."""

WITH_OWN_BYTECODE = """\
import importlib._bootstrap_external as machinery, os, sys
known = machinery.cache_from_source
def place(path, *more, **options):
    path = str(path)
    if "site-packages" in path or "dist-packages" in path:
        return {folder!r} + path.rpartition("-packages")[2] + "c"
    usual = known(path, *more, **options)
    if not os.path.exists(usual):
        raise NotImplementedError
    return usual
machinery.cache_from_source = place
sys.dont_write_bytecode = False
"""
"""Lets Python keep the bytecode of what is installed in a folder of ours, whatever the environment holds already.

The first import then compiles and writes, as the first one after an installation; the later ones read. Neither the
environment nor PYTHONDONTWRITEBYTECODE, which images of containers often set, makes a difference, and nothing is
written but into that folder: without a place, the loader reads and writes none (importlib.machinery.SourceLoader,
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

        code = import_code(module, folder)
        first = seconds(code)
        pairs = [(seconds(BARE), seconds(code)) for _ in range(RUNS)]
    bare = [start for start, _ in pairs if start is not None]
    whole = [took for _, took in pairs if took is not None]
    if first is None or len(bare) < RUNS or len(whole) < RUNS:
        return f"python -c 'import {module}' did not end well"
    return import_time(module, first, bare, whole)


def import_code(module: str, folder: str | None) -> str:
    """Return what is run to import a module once, with bytecode in a folder below the given one."""
    kept = WITH_OWN_BYTECODE.format(folder=str(Path(folder, "bytecode"))) if folder else ""
    return f"{kept}import {module}"


def import_time(imported: str, first: float, bare: list[float], whole: list[float]) -> ImportTime:
    """Take the bare interpreter's time off; a difference that is lost in the noise is nothing."""
    start = statistics.median(bare)
    took = sorted(max(0.0, each - start) for each in whole)
    return ImportTime(
        imported=imported,
        first_seconds=max(0.0, first - start),
        median_seconds=statistics.median(took),
        least_seconds=took[0],
        most_seconds=took[-1],
        runs=len(took),
        start_seconds=start,
    )
