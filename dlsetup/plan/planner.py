"""Turns a request into plans: one for each environment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlsetup import uv
from dlsetup.plan.candidates import Candidates, find_candidates
from dlsetup.plan.compatibility import Situation, obstacles
from dlsetup.plan.libraries import agreeing, disagreement
from dlsetup.plan.ranking import rank
from dlsetup.plan.reasons import Told
from dlsetup.plan.solution import Search, Solution
from dlsetup.plan.standing import standing
from dlsetup.values.plan import Plan, Proposal, Step, Target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlsetup.values.build import Build, Catalog, Framework, Shim
    from dlsetup.values.environment import IndexSettings, Java
    from dlsetup.values.host import Host
    from dlsetup.values.plan import Place, Rejection, Resolver, Standing
    from dlsetup.values.request import Request

LOCK = ".dlsetup/pylock.toml"
"""Where an environment keeps the lock that it was installed from."""

PINS = ".dlsetup/requirements.txt"
"""Where it keeps the same as requirements with hashes, which uv installs from."""

BUILD_CONSTRAINTS = ".dlsetup/build-constraints.txt"
"""Where it keeps what the tools that built its source distributions were held to."""


@dataclass(frozen=True, kw_only=True)
class Planner:
    """Chooses builds for a machine, resolves them to exact pins, and says why."""

    request: Request
    host: Host
    catalog: Catalog
    settings: IndexSettings
    resolve: Resolver
    assumed: frozenset[str] = frozenset()
    """Vendors whose driver is taken to be new enough, since nothing is known of its age."""
    told: tuple[str, ...] = ()
    """What else was taken for granted, a sentence each."""
    java: Java | None = None
    """The Java that Spark would start here; None where nobody looked."""

    def proposal(self, places: Iterable[Place]) -> Proposal:
        """Plan for the first place where everything fits; else say why the first one does not do.

        Raises IndexFailedError where only an index stands in the way.
        """
        refused: list[Plan] = []
        for place in self._promising(places) if self.request.host is not None else places:
            plans = self._plans(place)
            if all(plan.packages for plan in plans):
                return Proposal(status=_status(plans), plans=tuple(plans))
            refused = refused or plans
            if any(_question(plan.rejected) for plan in plans if not plan.packages):
                # another Python, for which the build in question is not published, would hide the question
                break
        return Proposal(status="unsupported", plans=tuple(refused))

    def _promising(self, places: Iterable[Place]) -> list[Place]:
        """Sort the Pythons that another machine may have: first those for which the builds use its accelerator."""

        def promise(place: Place) -> int:
            situation = self.situation(place)
            sets = [
                find_candidates(self._framework(each.framework), situation, self.catalog)
                for each in self.request.wanted
            ]
            return sum(rank(each.fitting[0], self.host, self.catalog)[0] for each in sets if each.fitting)

        known = list(places)
        return sorted(known, key=promise, reverse=True) if len(known) > 1 else known

    def _plans(self, place: Place) -> list[Plan]:
        situation = self.situation(place)
        wanted = [self._framework(each.framework) for each in self.request.wanted]
        sets = self._with_backends([find_candidates(each, situation, self.catalog) for each in wanted], situation)
        if len(wanted) > 1 and any(each.state == "retired" for each in wanted):
            why = "a retired framework never shares an environment with a living one"
            return self._apart(wanted, place, situation, why)
        titles = " and ".join(each.title for each in wanted)
        agreed = agreeing(sets, self.catalog)
        if agreed is None:
            why = f"{titles} bring GPU libraries that do not agree ({disagreement(sets, self.catalog)})"
            return self._apart(wanted, place, situation, f"{why}, so each gets an environment of its own")
        together = self._plan(agreed, place, situation)
        if together.packages or len(wanted) == 1:
            return [together]
        why = f"{titles} do not resolve together, so each gets an environment of its own"
        return self._apart(wanted, place, situation, why)

    def standings(self, places: Iterable[Place], compute: str) -> tuple[Standing, ...]:
        """Say how a line of builds (or an accelerator) stands for each framework; resolves nothing.

        Here the first place counts; on a stated machine, whose Pythons are not known, the one that stands best.
        """
        known = list(places) if self.request.host is not None else [next(iter(places))]
        result = []
        for each in self.request.wanted:
            framework = self._framework(each.framework)
            options = [standing(compute, framework, self.situation(place), self.catalog) for place in known]
            result.append(max(options, key=_closeness))
        return tuple(result)

    def situation(self, place: Place) -> Situation:
        """Return what builds are held against at a place."""
        return Situation(
            host=self.host,
            target=make_target(self.host, place),
            request=self.request,
            assumed=self.assumed,
            overrides=self.catalog.overrides,
            java=self.java,
            supplies=self.catalog.supplies,
        )

    def _apart(self, wanted: list[Framework], place: Place, situation: Situation, why: str) -> list[Plan]:
        """Give each framework an environment of its own."""
        plans = []
        first = next((each for each in wanted if each.state != "retired"), wanted[0])
        for framework in wanted:
            own = place if framework is first else _beside(place, framework.name)
            sets = self._with_backends([find_candidates(framework, situation, self.catalog)], situation)
            plan = self._plan(sets, own, situation)
            plans.append(replace(plan, reasons=(why, *plan.reasons)))
        return plans

    def _framework(self, name: str) -> Framework:
        framework = self.catalog.framework(name)
        if framework is None:
            raise ValueError(name)
        return framework

    def _with_backends(self, sets: list[Candidates], situation: Situation) -> list[Candidates]:
        """Add the framework below Keras, where none of those that were asked for can be it."""
        names = {each.framework.name for each in sets}
        lacking = [
            each.framework for each in sets if each.framework.backends and not names & set(each.framework.backends)
        ]
        return [*sets, *(self._backend(framework, situation) for framework in lacking)]

    def _backend(self, framework: Framework, situation: Situation) -> Candidates:
        stated = self.catalog.framework(self.request.backend or "")
        names = [stated.name] if stated and stated.name in framework.backends else list(framework.backends)
        options = [
            find_candidates(below, situation, self.catalog)
            for below in (self.catalog.framework(name) for name in names)
            if below is not None
        ]

        def best(option: Candidates) -> tuple[int, int]:
            if not option.fitting:
                return (-1, 0)
            return rank(option.fitting[0], self.host, self.catalog)[:2]

        return max(options, key=best)

    def _plan(self, sets: list[Candidates], place: Place, situation: Situation) -> Plan:
        search = Search(
            candidates=tuple(sets),
            target=situation.target,
            request=self.request,
            catalog=self.catalog,
            settings=self.settings,
            resolve=self.resolve,
            extra=() if place.exists or place.environment is None else ("pip",),
        )
        solution = search.run() if all(each.fitting for each in sets) else None
        taken = (
            {(choice.build.framework, str(choice.build.version), choice.build.compute) for choice in solution.choices}
            if solution
            else set()
        )
        rejected = tuple(
            each
            for each in (*search.rejected, *(each for one in sets for each in one.rejected))
            if (each.framework, each.version, each.compute) not in taken
        )
        if solution is None:
            return self._refusal(sets, place, situation, rejected)
        told = Told(situation=situation, catalog=self.catalog, sets=tuple(sets), rejected=rejected)
        return self._accepted(solution, search, place, told)

    def _refusal(
        self, sets: list[Candidates], place: Place, situation: Situation, rejected: tuple[Rejection, ...]
    ) -> Plan:
        told = Told(situation=situation, catalog=self.catalog, sets=tuple(sets), rejected=rejected)
        reasons = [reason for each in sets if not each.fitting for reason in self._why_nothing(each, situation)]
        for each in sets:
            reasons += [] if each.fitting else told.ways(each.framework.name)
        return Plan(
            frameworks=tuple(each.framework.name for each in sets),
            accelerator="",
            compute="",
            python=_python(place, situation.target),
            environment=place.environment,
            platform=_platform(situation.target),
            reasons=_said([*self.told, *(reasons or [_unresolved(sets, rejected)])]),
            rejected=rejected,
        )

    def _why_nothing(self, candidates: Candidates, situation: Situation) -> list[str]:
        """Say what stands in the way of a whole framework, and what would help."""
        framework = candidates.framework
        builds = self.catalog.builds_of(framework.name)
        wanted = next((each.versions for each in self.request.wanted if each.framework == framework.name), None)
        if wanted is not None and not any(wanted.contains(build.version) for build in builds):
            versions = sorted({build.version for build in builds})
            known = f"known are {versions[0]} to {versions[-1]}" if versions else "none is known"
            return [f"there is no release {wanted} of {framework.title}; {known}"]
        if _question(candidates.rejected):
            return [_nothing(candidates)]
        others = sorted(
            (build for build in builds if _only_python(build, situation)),
            key=lambda build: rank(build, self.host, self.catalog),
        )
        if others:
            python = others[-1].pythons[-1]
            lack = f"no build of {framework.title} has wheels for Python {situation.target.python}"
            have = f"{others[-1].version} has for {', '.join(others[-1].pythons)}"
            if not uv.fetches(python):
                ways = f"pyenv install {python}, or conda create -p FOLDER python={python}, then run this again"
                why = f"which is not here and which uv does not fetch (none before {uv.OLDEST_FETCHED})"
                return [f"{lack}; {have}, {why}: {ways}"]
            return [f"{lack}; {have}: --python {python} --env .venv-{python}"]
        return [_nothing(candidates)]

    def _accepted(
        self,
        solution: Solution,
        search: Search,
        place: Place,
        told: Told,
    ) -> Plan:
        builds = tuple(choice.build for choice in solution.choices)
        main = max(
            (each for each in builds if each.accelerator != "any"), key=lambda each: rank(each, self.host, self.catalog)
        )
        return Plan(
            frameworks=tuple(each.framework for each in builds),
            accelerator=main.accelerator,
            compute=main.compute,
            python=_python(place, told.situation.target),
            environment=place.environment,
            platform=_platform(told.situation.target),
            packages=solution.resolution.packages,
            steps=self._steps(place, solution, builds),
            reasons=_said([place.why, *self.told, *search.notes, *told.of_builds(builds)]),
            rejected=told.rejected,
            builds=builds,
            lock=solution.resolution.lock,
            pins=solution.resolution.pins,
            sources=solution.resolution.sources,
            build_constraints=solution.query.build_constraints,
            variables=self._variables(builds),
            installed_bytes=_total(builds),
            asks=place.why,
        )

    def _steps(self, place: Place, solution: Solution, builds: tuple[Build, ...]) -> tuple[Step, ...]:
        if place.environment is None:
            return (self._elsewhere(builds),)
        program = uv.find_uv()
        steps = []
        if not place.exists:
            python = place.interpreter.path if place.interpreter else place.python or "3"
            argv = uv.venv_argv(program, place.environment, python)
            steps.append(Step(title=f"make the environment {place.environment}", argv=argv))
        count = len(solution.resolution.packages)
        held = f"{place.environment}/{BUILD_CONSTRAINTS}" if solution.query.build_constraints else None
        argv = uv.install_argv(
            program,
            place.environment,
            f"{place.environment}/{PINS}",
            self.settings,
            sources=solution.resolution.sources,
            source_only=solution.query.source_only,
            build_constraints=held,
        )
        steps.append(Step(title=f"install {count} packages", argv=argv))
        return (*steps, *(_shim_step(shim) for build in builds for shim in build.shims))

    def _elsewhere(self, builds: tuple[Build, ...]) -> Step:
        main = builds[0]
        wanted = [f"{build.framework}=={build.version}" for build in builds]
        compute = () if main.compute in {"any", "cpu"} else ("--compute", main.compute)
        return Step(title="on that machine", argv=("dlsetup", "install", *wanted, *compute))

    def _variables(self, builds: tuple[Build, ...]) -> tuple[tuple[str, str], ...]:
        names = {build.framework for build in builds}
        for name in names:
            framework = self._framework(name)
            below = [each for each in framework.backends if each in names]
            if below and framework.backend_variable:
                return ((framework.backend_variable, self._framework(below[0]).module),)
        return ()


def _unresolved(sets: list[Candidates], rejected: tuple[Rejection, ...]) -> str:
    """Say what stood in the way where builds fit the machine and no index gives them."""
    titles = " and ".join(each.framework.title for each in sets)
    said = next((reason.text for each in rejected for reason in each.reasons if reason.code == "resolver"), None)
    if said is None:
        return f"{titles} do not resolve together"
    return f"no build of {titles} can be had from your indexes: {said}"


def make_target(host: Host, place: Place) -> Target:
    """Return what wheels are resolved for: the interpreter's own architecture on the host's system."""
    interpreter = place.interpreter
    architecture = (interpreter.architecture if interpreter else None) or host.cpu.architecture
    return Target(
        system=host.os.system or "unknown",
        architecture=architecture or "unknown",
        python=(interpreter.minor if interpreter else None) or _minor(place.python) or "unknown",
        python_path=interpreter.path if interpreter and interpreter.path else None,
        free_threaded=bool(interpreter and interpreter.free_threaded),
        glibc=host.libc.version if host.libc.family == "glibc" else None,
        musl=(host.libc.version or "1.2") if host.libc.family == "musl" else None,
        macos=host.os.version if host.os.system == "macos" else None,
    )


def _platform(target: Target) -> str | None:
    return None if "unknown" in {target.system, target.architecture} else f"{target.system}-{target.architecture}"


def _minor(version: str | None) -> str | None:
    return ".".join(version.split(".")[:2]) if version else None


def _python(place: Place, target: Target) -> str | None:
    if place.interpreter and place.interpreter.version:
        return place.interpreter.version
    return target.python if target.python != "unknown" else None


def _beside(place: Place, name: str) -> Place:
    folder = f"{place.environment}-{name}" if place.environment else None
    return replace(place, environment=folder, exists=False)


def _status(plans: list[Plan]) -> str:
    return "cpu-only" if all(plan.accelerator == "cpu" for plan in plans) else "ok"


def _total(builds: tuple[Build, ...]) -> int | None:
    sizes = [build.installed_bytes for build in builds if build.installed_bytes]
    return sum(sizes) if sizes else None


def _only_python(build: Build, situation: Situation) -> bool:
    """Tell whether another Python is all that a build lacks."""
    return {reason.code for reason in obstacles(build, situation)} == {"python"}


def _shim_step(shim: Shim) -> Step:
    files = " and ".join(each.soname for each in shim.libraries)
    return Step(title=f"write a stand-in for {shim.title} ({files}) into the environment", argv=(), shim=shim)


def _said(sentences: Iterable[str]) -> tuple[str, ...]:
    """Return the sentences that say something, each once."""
    return tuple(dict.fromkeys(each for each in sentences if each))


_OPEN = frozenset({"gpu-unknown", "gpu-architecture-unknown", "driver-broken", "driver-unknown"})
"""The codes of questions that the user can answer."""


def _nothing(candidates: Candidates) -> str:
    """Say that nothing fits, and what stands against the nearest build; a question that is open comes first."""
    title = candidates.framework.title
    if not candidates.rejected:
        return f"no build of {title} is known"
    question = _question(candidates.rejected)
    nearest = question or candidates.rejected[0]
    why = "; ".join(reason.text for reason in nearest.reasons)
    if question is not None:
        return f"no build of {title} is chosen: {why}"
    return f"no build of {title} fits; of the nearest, {nearest.version} for {nearest.compute}: {why}"


def _question(rejected: tuple[Rejection, ...]) -> Rejection | None:
    """Return the build for the processor that only an open question holds back."""
    asked = (each for each in rejected if each.compute == "cpu" and {reason.code for reason in each.reasons} <= _OPEN)
    return next(asked, None)


def _closeness(standing: Standing) -> tuple[bool, int]:
    """Return what standings are compared by: whether something fits, and how little is in the way of the nearest."""
    nearest = min((len(each.reasons) for each in standing.rejected), default=0)
    return (bool(standing.fitting), -nearest)
