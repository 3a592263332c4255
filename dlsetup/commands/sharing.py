"""Which frameworks may share an environment: a retired one shares with none, since its pins hold everything back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.system.interface import System
    from dlsetup.values.build import Catalog, Framework
    from dlsetup.values.request import Request

_FOLDER = re.compile(r"(.+?)-[^-]+\.dist-info")


def keeper(request: Request, catalog: Catalog) -> Framework | None:
    """Return the framework that the environment is for: of several the first living one, the others get their own."""
    wanted = [framework for each in request.wanted if (framework := catalog.framework(each.framework))]
    return next((each for each in wanted if each.state != "retired"), wanted[0] if wanted else None)


def own_suffix(request: Request, catalog: Catalog | None) -> str:
    """Return what the default environment's name ends with: "-mxnet" for a retired framework, else nothing."""
    framework = keeper(request, catalog) if catalog else None
    return f"-{framework.name}" if framework is not None and framework.state == "retired" else ""


def stranger(system: System, folder: str, request: Request, catalog: Catalog | None) -> Framework | None:
    """Return a framework in an environment that what is wanted must not share it with."""
    framework = keeper(request, catalog) if catalog else None
    if framework is None or catalog is None:
        return None
    wanted = {each.framework for each in request.wanted}
    names = set(_distributions(system, folder))
    there = [each for each in catalog.frameworks if names & {each.package, *each.variants} and each.name not in wanted]
    return next((each for each in there if "retired" in {each.state, framework.state}), None)


def _distributions(system: System, folder: str) -> Iterator[str]:
    """Yield the names of what is installed, told by the folders alone: no interpreter has to be started."""
    sites = [f"{folder}/Lib/site-packages"]
    sites += [f"{folder}/lib/{each}/site-packages" for each in system.listing(f"{folder}/lib") or ()]
    for site in sites:
        for name in system.listing(site) or ():
            match = _FOLDER.fullmatch(name)
            if match:
                yield re.sub(r"[-_.]+", "-", match[1]).lower()
