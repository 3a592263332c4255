"""Which of the published builds serve this machine's GPUs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.check.installed import interpreter_architecture
from dlsetup.values.architecture import runs_on

if TYPE_CHECKING:
    from dlsetup.values.build import Build
    from dlsetup.values.host import Gpu
    from dlsetup.values.situation import Situation


def published(situation: Situation, framework: str, accelerator: str) -> tuple[Build, ...]:
    """Return the builds of a framework for this system and an accelerator, without those taken only on request."""
    system, architecture = situation.host.os.system, interpreter_architecture(situation)
    return tuple(
        build
        for build in situation.catalog.builds_of(framework)
        if (build.system, build.architecture, build.accelerator) == (system, architecture, accelerator)
        and not build.caution
    )


def served(situation: Situation, framework: str, accelerator: str, gpu: Gpu) -> bool:
    """Tell whether some published build of the framework has code for a GPU."""
    architecture = gpu.architecture
    return architecture is not None and any(
        runs_on(code, architecture) for build in published(situation, framework, accelerator) for code in build.gpus
    )
