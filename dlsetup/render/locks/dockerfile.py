"""A stage of a Dockerfile that installs the pinned wheels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.render.locks import requirements
from dlsetup.render.locks.pins import minor, titles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dlsetup.values.plan import Plan

PLATFORMS = {"linux-x86_64": "linux/amd64", "linux-arm64": "linux/arm64"}


def text(plans: Sequence[Plan]) -> str:
    """Return a stage named dlsetup, for the one Linux that is planned for."""
    plan = plans[0]
    platform = PLATFORMS.get(plan.platform or "", "linux/amd64")
    needs = list(dict.fromkeys(each for build in plan.builds for each in build.needs))
    lines = [
        "# syntax=docker/dockerfile:1",
        *titles(plans),
        "# made by dlsetup plan --lock",
        *([f"# it also needs what pip does not bring: {', '.join(needs)}"] if needs else []),
        f"FROM --platform={platform} python:{minor(plan)}-slim AS dlsetup",
        "COPY <<'PINS' /tmp/requirements.txt",
        requirements.text(plans).rstrip("\n"),
        "PINS",
        "RUN pip install --no-cache-dir --no-deps --require-hashes --requirement /tmp/requirements.txt",
        *(f'ENV {name}="{value}"' for name, value in plan.variables),
    ]
    return "\n".join(lines) + "\n"
