"""Finds the best builds that resolve together, and where their wheels come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dlsetup.errors import IndexFailedError, InstallFailedError
from dlsetup.plan.candidates import rejection
from dlsetup.values.plan import Package, Query, Reason, Rejection, Resolution, Source

if TYPE_CHECKING:
    from dlsetup.plan.candidates import Candidates
    from dlsetup.values.build import Build, Catalog
    from dlsetup.values.environment import IndexSettings
    from dlsetup.values.plan import Resolver, Target
    from dlsetup.values.request import Request

ATTEMPTS = 12
"""Resolutions for one framework before the search is given up."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One build, and the place its family comes from."""

    build: Build
    source: Source | None = None


@dataclass(frozen=True, kw_only=True)
class Solution:
    """Builds that resolve together."""

    choices: tuple[Choice, ...]
    resolution: Resolution
    query: Query


@dataclass
class Search:
    """A search for builds that resolve; keeps what it learned on the way."""

    candidates: tuple[Candidates, ...]
    target: Target
    request: Request
    catalog: Catalog
    settings: IndexSettings
    resolve: Resolver
    extra: tuple[str, ...] = ()
    """Requirements that no framework brings: pip for a new environment."""
    rejected: list[Rejection] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What the user should know, a sentence each."""
    unreachable: dict[str, str] = field(default_factory=dict)
    """Index -> why it could not be asked."""

    def run(self) -> Solution | None:
        """Return the best solution, or None where no combination resolves.

        Raises IndexFailedError where only an index stands in the way.
        """
        queues = [list(each.fitting) for each in self.candidates]
        for _ in range(ATTEMPTS * len(queues)):
            if not all(queues):
                break
            choices = tuple(Choice(build=queue[0], source=self._own_index(queue[0])) for queue in queues)
            solution = self._try(choices)
            if isinstance(solution, Solution):
                return solution
            if self.unreachable and self.target.python_path is None:
                return self._unresolved(choices)
            if self._drop_unreachable(queues):
                continue
            if len(queues) > 1:
                return None
            self._reject(queues[0].pop(0), Reason(code="resolver", text=_first_words(solution.detail)))
        return self._from_mirrors() if self.unreachable else None

    def _own_index(self, build: Build) -> Source | None:
        if build.index is None:
            return None
        return Source(packages=self._family(build), location=build.index)

    def _family(self, build: Build) -> tuple[str, ...]:
        framework = self.catalog.framework(build.framework)
        return framework.family if framework else ()

    def _query(self, choices: tuple[Choice, ...], *, optional: bool) -> Query:
        requirements: list[str] = []
        for choice in choices:
            requirements += choice.build.requirements
            requirements += choice.build.optional if optional else ()
        return Query(
            requirements=tuple(dict.fromkeys([*requirements, *self.extra])),
            target=self.target,
            sources=tuple(choice.source for choice in choices if choice.source is not None),
        )

    def _try(self, choices: tuple[Choice, ...]) -> Solution | Resolution:
        """Resolve with the optional companions, and without them if they are what does not resolve."""
        optional = any(choice.build.optional for choice in choices)
        query = self._query(choices, optional=optional)
        resolution = self.resolve(query)
        if resolution.problem == "unsatisfiable" and optional:
            query = self._query(choices, optional=False)
            resolution = self.resolve(query)
            if resolution.problem is None:
                names = ", ".join(name for choice in choices for name in choice.build.optional)
                self.notes.append(f"{names} is left out: it is not published where the rest comes from")
        if resolution.problem is None:
            return Solution(choices=choices, resolution=resolution, query=query)
        self._note_trouble(resolution, query)
        return resolution

    def _note_trouble(self, resolution: Resolution, query: Query) -> None:
        """Remember a family's index that cannot be asked; any other trouble with the network ends the search."""
        if resolution.problem == "unsatisfiable":
            return
        for source in query.sources:
            if (resolution.location or "").startswith(source.location.rstrip("/")):
                self.unreachable[source.location] = _last_words(resolution.detail)
                return
        raise_trouble(resolution)

    def _unresolved(self, choices: tuple[Choice, ...]) -> Solution:
        """Keep the best builds for another machine: that an index cannot be asked from here says nothing of there."""
        index, why = next(iter(self.unreachable.items()))
        self.notes.append(
            f"{host_of(index)} cannot be reached from here ({why}): only the frameworks' own pins are named"
        )
        query = self._query(choices, optional=True)
        packages = []
        for requirement in query.requirements:
            name, exact, version = requirement.partition("==")
            if exact:
                place = next((each.location for each in query.sources if name in each.packages), None)
                packages.append(Package(name=name.partition("[")[0], version=version, index=place))
        return Solution(choices=choices, resolution=Resolution(packages=tuple(packages)), query=query)

    def _drop_unreachable(self, queues: list[list[Build]]) -> bool:
        """Take out the builds of indexes that cannot be asked; tell whether there were any."""
        dropped = False
        for queue in queues:
            for build in [each for each in queue if each.index in self.unreachable]:
                queue.remove(build)
                why = self.unreachable[build.index or ""]
                self._reject(build, Reason(code="index-unreachable", text=f"{build.index} cannot be reached: {why}"))
                dropped = True
        return dropped

    def _reject(self, build: Build, reason: Reason) -> None:
        self.rejected.append(rejection(build, (reason,)))

    def _from_mirrors(self) -> Solution | None:
        """Look for wheels of the wanted compute platforms in the folders and indexes that the user has configured."""
        if len(self.candidates) > 1:
            return None
        builds = [build for build in self.candidates[0].fitting if build.index in self.unreachable]
        for compute in dict.fromkeys(build.compute for build in builds):
            wanted = [build for build in builds if build.compute == compute]
            for location, flat in self._mirrors():
                solution = self._from_mirror(wanted, location, flat=flat)
                if solution is not None:
                    return solution
        self._give_up(builds)
        return None

    def _mirrors(self) -> list[tuple[str, bool]]:
        locations = [(location, True) for location in self.settings.find_links]
        return locations + [(location, False) for location in self.settings.extra_index_urls]

    def _from_mirror(self, builds: list[Build], location: str, *, flat: bool) -> Solution | None:
        """Take the newest release there whose local version label is that of the compute platform."""
        newest = builds[0]
        package = newest.requirements[0].split("==")[0]
        others = tuple(each for each in newest.requirements if not each.startswith(package + "=="))
        excluded: list[str] = []
        for _ in range(ATTEMPTS):
            bounds = ",".join([*(f"!={version}" for version in excluded), f"<={newest.version}"])
            source = Source(packages=self._family(newest), location=location, flat=flat)
            query = Query(requirements=(package + bounds, *others, *self.extra), target=self.target, sources=(source,))
            found = self.resolve(query)
            if found.problem is not None:
                return None
            version = next(each.version for each in found.packages if each.name == package)
            public, _, label = version.partition("+")
            build = next((each for each in builds if str(each.version) == public), None)
            if build is not None and label == build.local:
                return self._settle(build, source, found, query)
            excluded.append(version)
        return None

    def _settle(self, build: Build, source: Source, found: Resolution, query: Query) -> Solution:
        index = build.index or ""
        self.notes.append(
            f"{host_of(index)} cannot be reached ({self.unreachable.get(index, '')}): "
            f"the wheels come from {source.location}, which your pip configuration names"
        )
        plain = Solution(choices=(Choice(build=build, source=source),), resolution=found, query=query)
        if not build.optional:
            return plain
        fuller = self._try((Choice(build=build, source=source),))
        return fuller if isinstance(fuller, Solution) else plain

    def _give_up(self, builds: list[Build]) -> None:
        index = builds[0].index or ""
        places = ", ".join(location for location, _ in self._mirrors()) or "none is configured"
        raise IndexFailedError(
            f"{host_of(index)} cannot be reached, and no other place has {builds[0].compute} wheels for this machine",
            seen=f"{self.unreachable.get(index, '')}; looked in: {places}",
            do=(
                f"reach {index}, or name a mirror or a folder with these wheels: "
                "pip config set global.find-links FOLDER (or global.extra-index-url URL)"
            ),
        )


def raise_trouble(resolution: Resolution) -> None:
    """End the command for trouble that another build would not mend."""
    where = host_of(resolution.location) if resolution.location else "a package index"
    seen = _last_words(resolution.detail)
    if resolution.problem == "hash":
        raise IndexFailedError(
            f"{where} sent a file that is not the one it announced",
            seen=_first_words(resolution.detail),
            do="try again later; if it stays so, tell those who keep that index, and use another one meanwhile",
        )
    if resolution.problem == "authentication":
        raise IndexFailedError(
            f"{where} refuses the credentials",
            seen=seen,
            do="check the user name and token in the URL, in netrc or in the keyring",
        )
    if resolution.problem == "certificate":
        raise IndexFailedError(
            f"the certificate of {where} is not trusted",
            seen=seen,
            do="behind a proxy that inspects traffic, name its certificate: pip config set global.cert FILE",
        )
    if resolution.problem == "unreachable":
        raise IndexFailedError(
            f"{where} cannot be reached",
            seen=seen,
            do="check the network and the proxy, or name a mirror: pip config set global.index-url URL",
        )
    raise InstallFailedError(
        "the packages could not be resolved",
        seen=_first_words(resolution.detail) or "uv said nothing",
        do="run the same command with -v and look at what uv said",
    )


def host_of(url: str | None) -> str:
    """Return a URL's host, or a folder as it is."""
    from urllib.parse import urlsplit

    parts = urlsplit(url or "")
    return parts.hostname or url or ""


def _first_words(detail: str, limit: int = 300) -> str:
    text = " ".join(detail.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _last_words(detail: str) -> str:
    """Return the innermost cause: the last line of uv's chain."""
    lines = [line for line in detail.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no answer"
