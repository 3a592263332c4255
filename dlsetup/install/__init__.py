"""Carries out a plan's steps, and stops at the first that fails."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from dlsetup import uv
from dlsetup.errors import DlsetupError, IndexFailedError, InstallFailedError
from dlsetup.install.shims import write_shim
from dlsetup.install.transaction import INSIDE, Transaction, recover, unfinished, write_whole
from dlsetup.values.report import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from dlsetup.system.interface import Completed, System
    from dlsetup.values.build import Shim
    from dlsetup.values.environment import IndexSettings
    from dlsetup.values.plan import Plan, Step
    from dlsetup.values.report import Progress

__all__ = ["INSIDE", "Transaction", "execute", "recover", "set_defaults", "unfinished"]

STEP_SECONDS = 6 * 3600.0
"""Gigabytes over a slow line take hours; uv itself gives up on a line that is dead."""

TAIL_LINES = 20
DEFAULTS = "dlsetup-defaults.pth"
"""Read by Python at start-up (the site module's .pth files): sets what the environment's frameworks need."""


def execute(
    plan: Plan,
    system: System,
    settings: IndexSettings,
    progress: Progress,
    files: dict[str, str],
    *,
    variables: dict[str, str] | None = None,
) -> tuple[Outcome, ...]:
    """Run a plan's steps in order.

    `files` are paths and texts, written before the first step that names one of them; `variables` are what the steps
    find in their environment besides uv's own.
    Raises InstallFailedError or IndexFailedError with uv's words at the first step that fails.
    """
    outcomes = []
    for step in plan.steps:
        if files.keys() & set(step.argv):
            for path, text in files.items():
                _keep(path, text)
        if step.shim is not None:
            outcomes.append(_write_shim(step, step.shim, str(plan.environment), progress))
        else:
            env = {**uv.variables(settings, sources=plan.sources), **(variables or {})}
            outcomes.append(_run(step, system, env, progress))
    return tuple(outcomes)


def _keep(where: str, text: str) -> None:
    path = Path(where)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # whole and under a new name: the old file may be linked into the copy that a failure puts back
        write_whole(path, text)
    except OSError as problem:
        raise InstallFailedError(
            f"{path.parent} cannot be written",
            seen=problem.strerror or str(problem),
            do="make room or give yourself the right to write there, or name another place with --env",
        ) from None


def _run(step: Step, system: System, env: dict[str, str | None], progress: Progress) -> Outcome:
    progress.step(step.title)
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    completed = system.run(step.argv, timeout=STEP_SECONDS, env=env, on_line=_listener(tail, progress))
    if not completed.ok:
        raise failure(step, completed)
    progress.done(step.title)
    return Outcome(title=step.title, exit_code=completed.exit_code, seconds=completed.seconds, tail=tuple(tail))


def _write_shim(step: Step, shim: Shim, environment: str, progress: Progress) -> Outcome:
    progress.step(step.title)
    begin = time.monotonic()
    write_shim(shim, environment)
    progress.done(step.title)
    return Outcome(title=step.title, exit_code=0, seconds=time.monotonic() - begin)


def _listener(tail: deque[str], progress: Progress) -> Callable[[str], None]:
    def listen(line: str) -> None:
        tail.append(line)
        # the plan has named every package already
        if not line.startswith((" + ", " - ", " ~ ")):
            progress.line(line)

    return listen


def failure(step: Step, completed: Completed) -> DlsetupError:
    """Turn a step that failed into the error that ends the command."""
    trouble = uv.trouble(completed.stderr)
    nothing = f"{completed.argv[0]}: {completed.problem or 'no output'}"
    said = _verdict(completed) or _shortened(trouble.detail) or nothing
    # a remedy's step runs other programs, too
    who = "uv" if Path(completed.argv[0]).stem == "uv" else "it"
    seen = f"{who} ended with exit code {completed.exit_code}: {said}"
    if trouble.problem == "hash":
        return IndexFailedError(
            f"could not {step.title}: the index sent a file that is not the one it announced",
            seen=seen,
            do="try again later; if it stays so, tell those who keep that index. Nothing was changed",
        )
    if trouble.problem in {"unreachable", "offline", "certificate", "authentication", "garbled"}:
        return IndexFailedError(
            f"could not {step.title}: the network or an index failed",
            seen=seen,
            do="run the same command again: what is downloaded already is kept. The environment is as it was before",
        )
    advice = {
        "space": "make room on that disk (uv cache prune frees uv's cache), or name another place with --env",
        "cache": "make room or give yourself the right to write there, or name another folder: UV_CACHE_DIR=FOLDER",
        "denied": "give yourself the right to write there, or name another place with --env",
        "python": "name an interpreter that works with --python",
    }.get(trouble.problem, "look at what uv said; --dry-run shows the same steps without running them")
    return InstallFailedError(f"could not {step.title}", seen=seen, do=f"{advice}. The environment is as it was before")


def _verdict(completed: Completed) -> str:
    """Return what a dlsetup that was started says on standard output; its progress is no reason for anything."""
    first = completed.stdout.partition("\n")[0]
    return first if first.startswith("Not ready: ") else ""


def _shortened(text: str, limit: int = 600) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def set_defaults(variables: tuple[tuple[str, str], ...], site_packages: str) -> None:
    """Write the environment's defaults: variables that the user has not set are set when Python starts there."""
    if not variables:
        return
    settings = "; ".join(f"os.environ.setdefault({name!r}, {value!r})" for name, value in variables)
    write_whole(Path(site_packages) / DEFAULTS, f"import os; {settings}\n")
