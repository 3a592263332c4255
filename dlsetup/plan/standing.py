"""How one line of builds stands on a machine, for those who ask why it is not taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.plan.candidates import find_candidates
from dlsetup.values.plan import Standing

if TYPE_CHECKING:
    from dlsetup.plan.compatibility import Situation
    from dlsetup.values.build import Catalog, Framework


def standing(compute: str, framework: Framework, situation: Situation, catalog: Catalog) -> Standing:
    """Hold the builds of a compute platform, or of all those of an accelerator, against a machine."""
    names = {each.name for each in catalog.computes if compute in {each.name, each.accelerator}}
    candidates = find_candidates(framework, situation, catalog)
    return Standing(
        framework=framework.name,
        compute=compute,
        python=situation.target.python if situation.target.python != "unknown" else None,
        fitting=tuple(f"{build.version} {build.compute}" for build in candidates.fitting if build.compute in names),
        chosen=next((f"{build.version} {build.compute}" for build in candidates.fitting), None),
        lines=tuple(dict.fromkeys(build.compute for build in reversed(catalog.builds_of(framework.name)))),
        rejected=tuple(each for each in candidates.rejected if each.compute in names),
    )
