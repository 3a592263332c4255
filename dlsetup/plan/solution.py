"""Finds the best builds that resolve together, and where their wheels come from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from dlsetup import uv
from dlsetup.errors import IndexFailedError, InstallFailedError, UnreadableError
from dlsetup.plan.candidates import rejection
from dlsetup.values.plan import Package, Query, Reason, Rejection, Resolution, Source

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

    from dlsetup.errors import DlsetupError
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
    checked: set[str | None] = field(default_factory=set)
    """Indexes of which it is known by now whether they have anything."""
    mirrored: bool = False
    """Whether the mirrors were searched already."""

    def run(self) -> Solution | None:
        """Return the best solution, or None where no combination resolves.

        Raises IndexFailedError where only an index stands in the way.
        """
        queues = [
            [Choice(build=build, source=self._own_index(build)) for build in each.fitting] for each in self.candidates
        ]
        for _ in range(ATTEMPTS * len(queues)):
            self._refill(queues)
            if not all(queues):
                return None
            choices = tuple(queue[0] for queue in queues)
            solution = self._try(choices)
            if isinstance(solution, Solution):
                return solution
            self._check_indexes(choices, solution)
            if self.unreachable and self.target.python_path is None:
                return self._unresolved(choices)
            if self._drop_unreachable(queues):
                continue
            queue = self._culprit(queues, solution.detail)
            if queue is None:
                return None
            self._give_up(queue, solution.detail)
        return None

    def _culprit(self, queues: list[list[Choice]], detail: str) -> list[Choice] | None:
        """Return the builds whose first one the resolver names as what cannot be had.

        Of several the one that nobody asked for gives way: Keras' backend. None where the resolver blames none, or
        several that were asked for.
        """
        if len(queues) == 1:
            return queues[0]
        asked = {each.framework for each in self.request.wanted}
        blamed = [queue for queue in queues if any(_names(detail, each) for each in queue[0].build.requirements)]
        if len(blamed) > 1:
            blamed = [queue for queue in blamed if queue[0].build.framework not in asked]
        return blamed[0] if len(blamed) == 1 else None

    def _give_up(self, queue: list[Choice], detail: str) -> None:
        """Take out the build that does not resolve, and all that the same words stand against."""
        reason = Reason(code="resolver", text=self._unsatisfied(detail))
        first = queue.pop(0).build
        self._reject(first, reason)
        allowed = _allowed(first, detail)
        for choice in (
            [each for each in queue if not allowed.contains(each.build.version)] if allowed is not None else []
        ):
            queue.remove(choice)
            self._reject(choice.build, reason)

    def _refill(self, queues: list[list[Choice]]) -> None:
        """Where all of a framework's builds are on an index that is down, take them from a mirror."""
        for queue, candidates in zip(queues, self.candidates, strict=True):
            builds = [build for build in candidates.fitting if build.index in self.unreachable]
            if not queue and builds and not self.mirrored:
                self.mirrored = True
                queue.append(self._from_mirrors(builds))

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
            source_only=tuple(dict.fromkeys(each for choice in choices for each in choice.build.source_only)),
            metadata=tuple(each for choice in choices for each in choice.build.metadata),
            build_constraints=tuple(
                dict.fromkeys(each for choice in choices for each in choice.build.build_constraints)
            ),
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
            self.notes += [resolution.note] if resolution.note else []
            return Solution(choices=choices, resolution=resolution, query=query)
        self._note_trouble(resolution, query)
        return resolution

    def _note_trouble(self, resolution: Resolution, query: Query) -> None:
        """Remember a family's index that cannot be asked; any other trouble with the network ends the search."""
        if resolution.problem == "unsatisfiable":
            return
        for source in query.sources:
            known = uv.without_credentials(source.location) or ""
            if (resolution.location or "").startswith(known.rstrip("/")):
                self.unreachable[source.location] = _last_words(resolution.detail)
                return
        raise_trouble(resolution)

    def _check_indexes(self, choices: tuple[Choice, ...], failed: Resolution) -> None:
        """Tell an index that lacks a release from one that has nothing: a login page and a broken mirror answer so too.

        Raises IndexFailedError where it is the default index that has nothing.
        """
        if failed.problem != "unsatisfiable" or not uv.has_no_release(failed.detail):
            return
        for choice in choices:
            location = choice.source.location if choice.source else None
            if location in self.checked:
                continue
            self.checked.add(location)
            package = Requirement(choice.build.requirements[0]).name
            sources = (choice.source,) if choice.source else ()
            query = Query(
                requirements=(package,),
                target=self.target,
                sources=sources,
                source_only=choice.build.source_only,
                metadata=choice.build.metadata,
            )
            answer = self.resolve(query)
            if answer.problem == "unsatisfiable" and uv.has_no_release(answer.detail, package):
                self._note_nothing(location, package)

    def _note_nothing(self, location: str | None, package: str) -> None:
        why = f"it answers, but has no {package} at all"
        if location is not None:
            self.unreachable[location] = why
            return
        where = host_of(uv.without_credentials(self.settings.index_url)) or "the default index"
        raise IndexFailedError(
            f"{where} is no package index, or an empty one",
            seen=why,
            do="open its address in a browser: a login page or a broken mirror answers so; or name another index: "
            "pip config set global.index-url URL",
        )

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

    def _drop_unreachable(self, queues: list[list[Choice]]) -> bool:
        """Take out the builds of indexes that cannot be asked; tell whether there were any."""
        dropped = False
        for queue in queues:
            for choice in [each for each in queue if each.source and each.source.location in self.unreachable]:
                queue.remove(choice)
                index = choice.build.index or ""
                why = f"{index} cannot be reached: {self.unreachable.get(index, '')}"
                self._reject(choice.build, Reason(code="index-unreachable", text=why))
                dropped = True
        return dropped

    def _unsatisfied(self, detail: str) -> str:
        """Return the resolver's words, and where the user's own constraints stand, which it does not tell."""
        text = _first_words(detail.replace("dlsetup-plan depends on", "this plan depends on"))
        files = ", ".join(self.settings.constraints)
        return f"{text} (your pip configuration constrains it: {files})" if files else text

    def _reject(self, build: Build, reason: Reason) -> None:
        self.rejected.append(rejection(build, (reason,)))

    def _from_mirrors(self, builds: list[Build]) -> Choice:
        """Find wheels of the wanted compute platforms in the folders and indexes that the user has configured."""
        for compute in dict.fromkeys(build.compute for build in builds):
            wanted = [build for build in builds if build.compute == compute]
            for location, flat in self._mirrors():
                choice = self._from_mirror(wanted, location, flat=flat)
                if choice is not None:
                    return choice
        raise self._nowhere(builds[0])

    def _mirrors(self) -> list[tuple[str, bool]]:
        locations = [(location, True) for location in self.settings.find_links]
        return locations + [(location, False) for location in self.settings.extra_index_urls]

    def _from_mirror(self, builds: list[Build], location: str, *, flat: bool) -> Choice | None:
        """Take the newest release there whose local version label is that of the compute platform."""
        newest = builds[0]
        package = newest.requirements[0].split("==")[0]
        others = tuple(each for each in newest.requirements if not each.startswith(package + "=="))
        source = Source(packages=self._family(newest), location=location, flat=flat)
        excluded: list[str] = []
        for _ in range(ATTEMPTS):
            bounds = ",".join([*(f"!={version}" for version in excluded), f"<={newest.version}"])
            found = self.resolve(Query(requirements=(package + bounds, *others), target=self.target, sources=(source,)))
            if found.problem is not None:
                return None
            version = next(each.version for each in found.packages if each.name == package)
            public, _, label = version.partition("+")
            build = next((each for each in builds if str(each.version) == public), None)
            if build is not None and label == build.local:
                self._note_mirror(build, location)
                return Choice(build=build, source=source)
            excluded.append(version)
        return None

    def _note_mirror(self, build: Build, location: str) -> None:
        index = build.index or ""
        self.notes.append(
            f"{host_of(index)} cannot be reached ({self.unreachable.get(index, '')}): "
            f"the wheels come from {location}, which your pip configuration names"
        )

    def _nowhere(self, build: Build) -> IndexFailedError:
        index = build.index or ""
        places = ", ".join(location for location, _ in self._mirrors()) or "none is configured"
        return IndexFailedError(
            f"{host_of(index)} cannot be reached, and no other place has {build.compute} wheels for this machine",
            seen=f"{self.unreachable.get(index, '')}; looked in: {places}",
            do=(
                f"reach {index}, or name a mirror or a folder with these wheels: "
                "pip config set global.find-links FOLDER (or global.extra-index-url URL)"
            ),
        )


def _names(detail: str, requirement: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(requirement)}(?![\w.])", detail) is not None


_STATED = re.compile(r"plan depends on (.+?)(?:, (?:we|which)\b|\.?$)", re.MULTILINE)
"""What the user's constraints say, in uv's words: "depends on torch==2.14.1 and torch<=2.9, we can conclude ..."."""


def _allowed(build: Build, detail: str) -> SpecifierSet | None:
    """Return the versions that the user's constraints allow of a build's package; none where nothing can be had.

    None where the resolver's words do not tell: then the next build may do.
    """
    from packaging.specifiers import SpecifierSet

    package = build.requirements[0].partition("==")[0].partition("[")[0]
    if f"{package} was not found in" in detail:
        return SpecifierSet("<0")
    for words in _STATED.findall(detail):
        for stated in words.split(" and "):
            try:
                requirement = Requirement(stated)
            except InvalidRequirement:
                continue
            if requirement.name == package and stated not in build.requirements and requirement.specifier:
                return requirement.specifier
    return None


@dataclass(frozen=True, kw_only=True)
class _Ending:
    """How a command ends for one kind of trouble: `what` and `do` of its error, {where} filled in."""

    error: type[DlsetupError]
    what: str
    do: str
    innermost: bool = False
    """Show the innermost cause alone, not uv's first words."""


_ENDINGS = {
    "hash": _Ending(
        error=IndexFailedError,
        what="{where} sent a file that is not the one it announced",
        do="try again later; if it stays so, tell those who keep that index, and use another one meanwhile",
    ),
    "authentication": _Ending(
        error=IndexFailedError,
        what="{where} refuses the credentials",
        do="check the user name and token in the URL, in netrc or in the keyring",
        innermost=True,
    ),
    "certificate": _Ending(
        error=IndexFailedError,
        what="the certificate of {where} is not trusted",
        do="behind a proxy that inspects traffic, name its certificate: pip config set global.cert FILE",
        innermost=True,
    ),
    "offline": _Ending(
        error=IndexFailedError,
        what="the network is not to be used, and uv's cache does not hold all that is needed",
        do="run this once without --offline (and UV_OFFLINE), or name a folder that has the wheels: "
        "pip config set global.find-links FOLDER",
    ),
    "garbled": _Ending(
        error=IndexFailedError,
        what="{where} does not answer as a package index does",
        do="check its address; a network that wants you to log in first answers so, too",
        innermost=True,
    ),
    "unreachable": _Ending(
        error=IndexFailedError,
        what="{where} cannot be reached",
        do="check the network and the proxy, or name a mirror: pip config set global.index-url URL",
        innermost=True,
    ),
    "constraints": _Ending(
        error=UnreadableError,
        what="the constraints of pip's configuration cannot be read",
        do="mend the file, or take the setting away: pip config list shows where it stands",
    ),
    "cache": _Ending(
        error=InstallFailedError,
        what="uv's cache cannot be used",
        do="make room or give yourself the right to write there, or name another folder: UV_CACHE_DIR=FOLDER",
    ),
}
_UNWRITABLE = replace(_ENDINGS["cache"], what="uv cannot write what it needs")
_ENDINGS |= {"space": _UNWRITABLE, "denied": _UNWRITABLE}
_OTHER = _Ending(
    error=InstallFailedError,
    what="the packages could not be resolved",
    do="run the same command with -v and look at what uv said",
)


def raise_trouble(resolution: Resolution) -> None:
    """End the command for trouble that another build would not mend."""
    ending = _ENDINGS.get(resolution.problem or "", _OTHER)
    where = host_of(resolution.location) if resolution.location else "a package index"
    words = _last_words if ending.innermost else _first_words
    raise ending.error(
        ending.what.format(where=where), seen=words(resolution.detail) or "uv said nothing", do=ending.do
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
