"""What belongs to an installed framework, and what that takes to download and on disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlsetup.check.requirements import needs
from dlsetup.check.versions import normal, public, requirement
from dlsetup.plan.planner import make_target
from dlsetup.probe.footprint import installed_bytes
from dlsetup.values.plan import Place, Query, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dlsetup.system.interface import System
    from dlsetup.values.build import Framework
    from dlsetup.values.environment import Distribution
    from dlsetup.values.plan import Package, Resolver
    from dlsetup.values.situation import Situation


def belongings(situation: Situation, framework: Framework, backend: str | None) -> tuple[Distribution, ...]:
    """Return a framework's distributions with all that they need: those of the framework below it included."""
    found: dict[str, Distribution] = {}
    for each in (framework, *_below(situation, framework, backend)):
        for name in (each.package, *each.variants):
            _follow(situation, name, (), found)
        for line in {line for build in situation.catalog.builds_of(each.name) for line in build.requirements}:
            wanted = requirement(line)
            if wanted is not None:
                name = normal(wanted.name)
                _follow(situation, name, _complete(situation, name, tuple(sorted(wanted.extras))), found)
    return tuple(found.values())


def _below(situation: Situation, framework: Framework, backend: str | None) -> list[Framework]:
    """Return the framework that another one runs on, by what its smoke test says: "torch", "pytorch 2.13.0"."""
    word = (backend or "").partition(" ")[0]
    known = (situation.catalog.framework(name) for name in framework.backends)
    return [each for each in known if each is not None and word in {each.name, each.module}]


def _complete(situation: Situation, name: str, extras: tuple[str, ...]) -> tuple[str, ...]:
    """Return those extras of which everything is installed: half of one was brought by something else."""
    environment = situation.environment
    distribution = environment.distribution(name) if environment else None
    if distribution is None:
        return ()
    plain = {each.name for each in needs(situation, distribution)}
    own = {
        each: [need for need in needs(situation, distribution, (each,)) if need.name not in plain] for each in extras
    }
    return tuple(each for each, wanted in own.items() if wanted and all(need.there for need in wanted))


def _follow(situation: Situation, name: str, extras: tuple[str, ...], found: dict[str, Distribution]) -> None:
    """Add a distribution that is installed, and what it needs, to what was found."""
    seen: set[tuple[str, tuple[str, ...]]] = set()
    queue = [(name, extras)]
    while queue:
        each = queue.pop()
        distribution = situation.environment.distribution(each[0]) if situation.environment else None
        if distribution is None or each in seen:
            continue
        seen.add(each)
        found[distribution.name] = distribution
        queue += [
            (need.name, tuple(sorted(need.requirement.extras))) for need in needs(situation, distribution, each[1])
        ]


def disk(system: System, situation: Situation, distributions: Iterable[Distribution]) -> int | None:
    """Return the bytes that distributions take; None where one of them does not say."""
    environment = situation.environment
    if environment is None:
        return None
    sizes = [installed_bytes(system, environment.interpreter, each) for each in distributions]
    known = [size for size in sizes if size is not None]
    return sum(known) if known and len(known) == len(sizes) else None


@dataclass(frozen=True, kw_only=True)
class Downloads:
    """Finds out what the files of installed releases would take to download."""

    resolve: Resolver

    def size(self, situation: Situation, framework: Framework, distributions: tuple[Distribution, ...]) -> int | None:
        """Return the bytes of the files that have exactly these releases; None where an index does not tell."""
        environment = situation.environment
        if environment is None or not all(each.version for each in distributions):
            return None
        place = Place(environment=environment.path, exists=True, interpreter=environment.interpreter)
        version = next((each.version for each in distributions if each.name == framework.package), None)
        builds = [each for each in situation.catalog.builds_of(framework.name) if str(each.version) == public(version)]
        query = Query(
            requirements=tuple(f"{each.name}=={each.version}" for each in distributions),
            target=make_target(situation.host, place),
            source_only=tuple({name for build in builds for name in build.source_only}),
            metadata=tuple({each.name: each for build in builds for each in build.metadata}.values()),
            build_constraints=tuple(dict.fromkeys(line for build in builds for line in build.build_constraints)),
        )
        for sources in self._sources(situation, distributions):
            answer = self.resolve(replace(query, sources=sources))
            if answer.problem is None:
                return total(answer.packages, {each.name for each in distributions})
        return None

    def _sources(self, situation: Situation, distributions: tuple[Distribution, ...]) -> Iterable[tuple[Source, ...]]:
        """Yield where to look: the usual places, then the index of the line that a local version label is of."""
        yield ()
        labels = {each.name: (each.version or "").partition("+")[2] for each in distributions}
        for framework in situation.catalog.frameworks:
            label = labels.get(framework.package)
            lines = [each.index for each in situation.catalog.builds_of(framework.name) if each.local == label]
            index = next(filter(None, lines), None) if label else None
            if index:
                yield (Source(packages=framework.family, location=index),)


def total(packages: Iterable[Package], names: Iterable[str] | None = None) -> int | None:
    """Return the bytes of packages, or of those that are named; None where one of them is not known."""
    sizes: Mapping[str, int | None] = {each.name: each.size_bytes for each in packages}
    wanted = [sizes.get(name) for name in (sizes if names is None else names)]
    known = [size for size in wanted if size is not None]
    return sum(known) if known and len(known) == len(wanted) else None
