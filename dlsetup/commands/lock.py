"""dlsetup plan --lock: which files a plan can be written to, and how they are written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dlsetup.errors import IndexFailedError, UsageError

if TYPE_CHECKING:
    from dlsetup.values.plan import Plan, Proposal

NAMES = (
    ("pylock.toml or pylock.NAME.toml", "pylock"),
    ("requirements.txt or any other .txt", "requirements"),
    ("pyproject.toml, or a name that ends so", "pyproject"),
    ("environment.yml or any other .yml or .yaml", "conda"),
    ("Dockerfile, Containerfile, or a name that ends in .dockerfile", "dockerfile"),
)
"""How files have to be called, and what is written to them then."""

KEPT = frozenset({"pyproject", "conda", "dockerfile"})
"""Kinds that people write in: an existing one is never written over."""

_SUFFIXES = {".txt": "requirements", ".yml": "conda", ".yaml": "conda", ".dockerfile": "dockerfile"}


def kind_of(path: str) -> str:
    """Return what is to be written to a file, by its name.

    Raises UsageError for a name of no kind, and for an existing file that people write in.
    """
    name = Path(path).name.lower()
    kind = _SUFFIXES.get(Path(name).suffix)
    if name.startswith("pylock.") and name.endswith(".toml"):
        kind = "pylock"
    elif name.endswith("pyproject.toml"):
        kind = "pyproject"
    elif name.startswith(("dockerfile", "containerfile")):
        kind = "dockerfile"
    if kind is None:
        known = "; ".join(each for each, _ in NAMES)
        raise UsageError(
            f"--lock {path}: its name does not tell what to write", seen=f"known: {known}", do="name it so"
        )
    if kind in KEPT and Path(path).exists():
        raise UsageError(
            f"--lock {path} is there already",
            seen="people write in such files, so it is not written over",
            do=f"name another, such as dlsetup-{Path(path).name}, and take from it what you need",
        )
    return kind


def check_lockable(proposal: Proposal, kinds: tuple[str, ...]) -> None:
    """Refuse what one file cannot hold.

    Raises UsageError, and IndexFailedError where an index could not be asked.
    """
    plans = proposal.plans
    for plan in plans:
        if not plan.lock:
            raise IndexFailedError(
                f"no lock can be written for {plan.platform}",
                seen="an index could not be asked, so that files and hashes are not known",
                do="reach the index, or name a mirror: --pytorch-mirror URL",
            )
    _check_platforms(plans)
    if "dockerfile" in kinds and (len(plans) > 1 or not (plans[0].platform or "").startswith("linux")):
        raise UsageError("a Dockerfile holds one Linux", seen=_platforms(plans), do="say --target linux-x86_64")
    if "conda" in kinds and len({tuple((plan.python or "").split(".")[:2]) for plan in plans}) > 1:
        seen = ", ".join(f"{plan.platform}: Python {plan.python}" for plan in plans)
        raise UsageError("an environment.yml holds one Python", seen=seen, do="say --python 3.12")


def _check_platforms(plans: tuple[Plan, ...]) -> None:
    named = [plan.platform for plan in plans]
    if len(set(named)) < len(named):
        raise UsageError(
            "these need an environment each, and a lock holds one",
            seen="; ".join(f"{', '.join(plan.frameworks)} for {plan.platform}" for plan in plans),
            do="lock them one at a time",
        )


def _platforms(plans: tuple[Plan, ...]) -> str:
    return "planned for " + ", ".join(str(plan.platform) for plan in plans)


def write_lock(path: str, text: str) -> None:
    """Write a file whole or not at all.

    Raises UsageError where it cannot be written.
    """
    beside = Path(path).with_name(Path(path).name + ".part")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        os.replace(beside, path)  # noqa: PTH105 - over an existing file too, on every system
    except OSError as problem:
        beside.unlink(missing_ok=True)
        raise UsageError(
            f"--lock {path} cannot be written",
            seen=problem.strerror or str(problem),
            do="name a file in a folder that exists and is yours",
        ) from None
