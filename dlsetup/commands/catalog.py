"""dlsetup catalog: what it knows, and whether the live indexes agree."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dlsetup.catalog import load_catalog
from dlsetup.catalog.rows import rows_of
from dlsetup.commands.plan import with_mirror
from dlsetup.errors import IndexFailedError, UsageError
from dlsetup.plan.solution import host_of
from dlsetup.probe import read_pip_configuration
from dlsetup.resolve import UvResolver
from dlsetup.values.plan import Query, Source, Target
from dlsetup.values.survey import Disagreement, FrameworkRows, IndexState, Survey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dlsetup.system.interface import System
    from dlsetup.values.build import Build, Catalog, Framework
    from dlsetup.values.plan import Resolution, Resolver
    from dlsetup.values.report import Progress

PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
"""The Pythons that newer wheels are looked for on."""

WORKERS = 4

SECONDS = 300.0
"""Seconds after which no further question is asked, unless the user says otherwise."""

_DOWN = frozenset({"unreachable", "certificate", "authentication"})


def show(names: tuple[str, ...] = ()) -> tuple[FrameworkRows, ...]:
    """Return the catalog's rows, of some frameworks or of all."""
    catalog = load_catalog()
    return tuple(
        FrameworkRows(
            framework=framework.name,
            title=framework.title,
            state=framework.state,
            ended=framework.ended or None,
            successor=framework.successor or None,
            source=framework.source,
            rows=rows_of(catalog.builds_of(framework.name)),
        )
        for framework in _frameworks(catalog, names)
    )


def _frameworks(catalog: Catalog, names: tuple[str, ...]) -> tuple[Framework, ...]:
    return tuple(each for each in catalog.frameworks if not names or each.name in names)


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing to resolve."""

    kind: str
    """holds, python or newest."""
    build: Build
    python: str
    query: Query


def check(
    system: System,
    progress: Progress,
    *,
    names: tuple[str, ...] = (),
    seconds: float = SECONDS,
    everything: bool = False,
    mirror: str | None = None,
) -> Survey:
    """Ask the indexes whether the catalog's rows hold, and what is newer than they are.

    Without `everything` the newest release of each line is asked about. Raises UsageError for no time at all.
    """
    if seconds <= 0:
        raise UsageError(f"--seconds {seconds:g} leaves no time", seen="", do="give it some, such as 300")
    catalog = with_mirror(load_catalog(), mirror)
    # what binds the user's own environments says nothing of an index
    settings = replace(read_pip_configuration(system, None), constraints=(), find_links=(), extra_index_urls=())
    resolver = UvResolver(system=system, settings=settings, progress=progress)
    asker = Asker(resolve=resolver, progress=progress, until=time.monotonic() + seconds)
    questions = [
        each for framework in _frameworks(catalog, names) for each in questions_of(framework, catalog, everything)
    ]
    return asker.survey(questions, catalog)


def verdict(survey: Survey) -> int:
    """Return the exit code: 0 where the indexes agree, 1 where one does not, 4 where none could be asked."""
    if survey.disagreements:
        return 1
    return 0 if survey.asked else IndexFailedError.exit_code


def questions_of(framework: Framework, catalog: Catalog, everything: bool) -> Iterator[Question]:
    """Yield what is to be asked about a framework: its newest lines first, then what may be newer, then the rest."""
    builds = catalog.builds_of(framework.name)
    family = framework.family
    newest = _newest(builds)
    for build in newest:
        yield from _holds(build, family)
    for build in newest:
        # a retired framework's Pythons are those on which it was trained: others resolve, and fail at import
        if build.index is None and framework.state != "retired":
            yield from _other_pythons(build)
    yield from _newer(framework, builds)
    if everything:
        for build in builds:
            if build not in newest:
                yield from _holds(build, family)


def _newest(builds: Iterable[Build]) -> list[Build]:
    """Return the builds of the newest release of each line on each platform and index."""
    best: dict[tuple[str, str, str, bool], Build] = {}
    for build in builds:
        key = (build.compute, build.system, build.architecture, build.index is None)
        if key not in best or build.version > best[key].version:
            best[key] = build
    return [build for build in builds if build.version == best[_line(build)].version]


def _line(build: Build) -> tuple[str, str, str, bool]:
    return (build.compute, build.system, build.architecture, build.index is None)


def _holds(build: Build, family: tuple[str, ...]) -> Iterator[Question]:
    for python in [each for each in build.pythons if each in PYTHONS] or build.pythons[-1:]:
        yield Question(kind="holds", build=build, python=python, query=_query(build, python, family))


def _other_pythons(build: Build) -> Iterator[Question]:
    """Ask for the Pythons that a row does not name."""
    for python in PYTHONS:
        if python not in build.pythons:
            yield Question(kind="python", build=build, python=python, query=_query(build, python, ()))


def _newer(framework: Framework, builds: Iterable[Build]) -> Iterator[Question]:
    """Ask, for each platform and Python, for a release that is newer than the newest that any row names."""
    best: dict[tuple[str, str, str], Build] = {}
    for build in builds:
        for python in build.pythons if build.index is None else ():
            key = (build.system, build.architecture, python)
            if python in PYTHONS and (key not in best or build.version > best[key].version):
                best[key] = build
    for (_, _, python), build in best.items():
        query = replace(_query(build, python, ()), requirements=(f"{framework.package}>{build.version}",))
        yield Question(kind="newest", build=build, python=python, query=query)


def _query(build: Build, python: str, family: tuple[str, ...]) -> Query:
    target = Target(
        system=build.system,
        architecture=build.architecture,
        python=python.removesuffix("t"),
        free_threaded=python.endswith("t"),
        glibc=str(build.glibc) if build.glibc and build.glibc.minor >= 28 else "2.39",  # noqa: PLR2004 - what uv knows
        macos=str(build.macos) if build.macos else "15.0",
    )
    return Query(
        requirements=build.requirements,
        target=target,
        sources=(Source(packages=family, location=build.index),) if build.index else (),
        source_only=build.source_only,
        metadata=build.metadata,
        build_constraints=build.build_constraints,
    )


@dataclass
class Asker:
    """Asks questions side by side, and stops asking what cannot be reached and when the time is over."""

    resolve: Resolver
    progress: Progress
    until: float
    down: dict[str, str] = field(default_factory=dict)
    """Host of an index (the default one has no name) -> why it could not be asked."""
    reached: set[str] = field(default_factory=set)

    def survey(self, questions: list[Question], catalog: Catalog) -> Survey:
        """Ask, and put the answers together."""
        self.progress.step(f"ask about {len(questions)} wheels")
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            answers = list(pool.map(self._ask, questions))
        known = [(question, answer) for question, answer in zip(questions, answers, strict=True) if answer is not None]
        self.progress.done(f"{len(known)} of {len(questions)} questions were answered")
        hosts = dict.fromkeys(_host(question) for question in questions)
        return Survey(
            asked=len(known),
            left=len(questions) - len(known),
            disagreements=disagreements(known, catalog),
            indexes=tuple(
                IndexState(location=each or None, reached=each in self.reached, why=self.down.get(each, ""))
                for each in hosts
            ),
        )

    def _ask(self, question: Question) -> Resolution | None:
        index = _host(question)
        if time.monotonic() > self.until or index in self.down:
            return None
        answer = self.resolve(question.query)
        if answer.problem in _DOWN:
            lines = [line for line in answer.detail.splitlines() if line.strip()]
            self.down[index] = lines[-1].strip() if lines else str(answer.problem)
            return None
        self.reached.add(index)
        return answer


def _host(question: Question) -> str:
    """Return the host of the index that a question is for; empty for the default one."""
    return host_of(question.build.index)


def disagreements(answers: list[tuple[Question, Resolution]], catalog: Catalog) -> tuple[Disagreement, ...]:
    """Say where the indexes say other than the catalog, each point once for all of its Pythons."""
    found: dict[tuple[str, str, str, str, str, str], list[str]] = {}
    for question, answer in answers:
        point = _point(question, answer, catalog)
        if point is not None:
            found.setdefault(point, []).append(question.python)
    return tuple(
        Disagreement(
            kind=kind,
            framework=framework,
            version=version,
            compute=compute,
            platform=platform,
            pythons=tuple(pythons),
            text=text,
        )
        for (kind, framework, version, compute, platform, text), pythons in found.items()
    )


def _point(question: Question, answer: Resolution, catalog: Catalog) -> tuple[str, str, str, str, str, str] | None:
    build = question.build
    platform = f"{build.system}-{build.architecture}"
    about = (build.framework, str(build.version), build.compute, platform)
    if question.kind == "holds" and answer.problem is not None:
        return ("gone", *about, f"it no longer resolves: {' '.join(answer.detail.split())[:300]}")
    if question.kind == "python" and answer.problem is None and not _elsewhere(question, catalog):
        return ("python", *about, "it resolves for Pythons that its row does not name")
    if question.kind == "newest" and answer.problem is None:
        framework = catalog.framework(build.framework)
        package = framework.package if framework else ""
        version = next((each.version for each in answer.packages if each.name == package), "")
        if version:
            return (
                "newer",
                build.framework,
                version,
                build.compute,
                platform,
                f"the catalog ends with {build.version}",
            )
    return None


def _elsewhere(question: Question, catalog: Catalog) -> bool:
    """Tell whether another row of the same release, line and platform names the Python."""
    build = question.build
    return any(
        question.python in each.pythons
        for each in catalog.builds_of(build.framework)
        if (each.version, _line(each)) == (build.version, _line(build))
    )
