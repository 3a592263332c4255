"""Reads FRAMEWORK[==X] from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.errors import UsageError
from dlsetup.values.request import Wanted

if TYPE_CHECKING:
    from dlsetup.values.build import Catalog


ACCELERATORS = ("cuda", "rocm", "xpu", "metal", "mps", "tpu", "cpu")


def read_wanted(texts: tuple[str, ...], catalog: Catalog) -> tuple[Wanted, ...]:
    """Return what was asked for, each framework once.

    Raises UsageError for a name that is not known (with the nearest one) and for a version that is none.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    wanted: dict[str, Wanted] = {}
    for text in texts:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as problem:
            raise UsageError(
                f"{text!r} is not a framework with a version",
                seen=str(problem).splitlines()[0],
                do="write for example pytorch, tensorflow==2.21.0 or 'pytorch>=2.9,<2.12'",
            ) from None
        framework = catalog.framework(requirement.name)
        if framework is None or requirement.extras or requirement.url or requirement.marker:
            raise _unknown(text, requirement.name, catalog)
        before = wanted.get(framework.name)
        versions = requirement.specifier & before.versions if before else requirement.specifier
        wanted[framework.name] = Wanted(framework=framework.name, versions=versions, typed=requirement.name.lower())
    return tuple(wanted.values())


def read_accelerator(name: str | None) -> str | None:
    """Return the accelerator that was asked for.

    Raises UsageError for one that is not known.
    """
    if name is None or name.lower() in ACCELERATORS:
        return name and name.lower()
    raise UsageError(
        f"--accelerator {name} is not known",
        seen=f"known: {', '.join(ACCELERATORS)}",
        do="name one of these, or leave the option out: then the best that fits is taken",
    )


def read_compute(name: str | None, wanted: tuple[Wanted, ...], catalog: Catalog) -> str | None:
    """Return the compute platform that was asked for.

    Raises UsageError for one that no wanted framework was ever published for.
    """
    if name is None:
        return None
    builds = [build for each in wanted for build in catalog.builds_of(each.framework)]
    if name.lower() in {build.compute for build in builds}:
        return name.lower()
    known = dict.fromkeys(each.name for each in catalog.computes if any(each.name == build.compute for build in builds))
    raise UsageError(
        f"--compute {name} is not known for {', '.join(each.framework for each in wanted)}",
        seen=f"known: {', '.join(known)}",
        do="name one of these, or leave the option out: then the best that fits is taken",
    )


def _unknown(text: str, name: str, catalog: Catalog) -> UsageError:
    import difflib

    known = {word: framework.name for framework in catalog.frameworks for word in (framework.name, *framework.aliases)}
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    names = ", ".join(framework.name for framework in catalog.frameworks)
    if catalog.framework(name) is not None:
        return UsageError(f"{text!r} says too much", seen="an extra, a URL or a marker", do=f"write {name} alone")
    return UsageError(
        f"there is no framework {name!r}",
        seen=f"known: {names}",
        do=f"did you mean {known[near[0]]}?" if near else "name one of these",
    )
