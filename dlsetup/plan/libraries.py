"""One generation of GPU libraries for an environment: wheels of two write the same folders (nvidia/cudnn/lib)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dlsetup.plan.candidates import rejection
from dlsetup.values.plan import Reason

if TYPE_CHECKING:
    from dlsetup.plan.candidates import Candidates
    from dlsetup.values.build import Build, Catalog


def agreeing(sets: list[Candidates], catalog: Catalog) -> list[Candidates] | None:
    """Keep the builds of the newest generation that every framework has; None where they have none in common.

    A framework whose best build uses no such libraries has no say.
    """
    users = [each for each in sets if each.fitting and generation(each.fitting[0], catalog)]
    if len(users) < 2:  # noqa: PLR2004 - one alone always agrees
        return sets
    shared = set.intersection(*({generation(build, catalog) for build in each.fitting} for each in users)) - {""}
    if not shared:
        return None
    newest = max(shared, key=lambda name: max(each.rank for each in catalog.computes if each.libraries == name))
    return [_kept(each, newest, catalog) if each in users else each for each in sets]


def generation(build: Build, catalog: Catalog) -> str:
    """Return the generation of GPU libraries that a build brings: "CUDA 12"."""
    compute = catalog.compute(build.compute)
    return compute.libraries if compute else ""


def _kept(candidates: Candidates, name: str, catalog: Catalog) -> Candidates:
    """Keep the builds of one generation; what is left out is rejected with that reason, unless it uses no GPU."""
    fitting = tuple(build for build in candidates.fitting if generation(build, catalog) == name)
    others = (build for build in candidates.fitting if generation(build, catalog) not in {name, ""})
    left = tuple(
        rejection(
            build,
            (
                Reason(
                    code="libraries",
                    text=f"it brings {generation(build, catalog)}, and what shares its environment needs {name}",
                ),
            ),
        )
        for build in others
    )
    return replace(candidates, fitting=fitting, rejected=(*left, *candidates.rejected))


def disagreement(sets: list[Candidates], catalog: Catalog) -> str:
    """Say which generations the best builds bring."""
    best = [(each.framework.title, generation(each.fitting[0], catalog)) for each in sets if each.fitting]
    return ", ".join(f"{title} {name}" for title, name in best if name)
