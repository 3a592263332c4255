"""dlsetup compare: what frameworks come to on this machine, measured side by side."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dlsetup.commands import frameworks as overview
from dlsetup.commands.existing import DEFAULT
from dlsetup.commands.footprint import Downloads, belongings, disk, total
from dlsetup.commands.install import install
from dlsetup.commands.look import exit_code, installed, look, needs_java
from dlsetup.commands.named import absolute, environment_python, is_environment, is_version
from dlsetup.commands.plan import plan
from dlsetup.commands.smoke import expected_accelerator, train
from dlsetup.errors import DlsetupError, NothingFitsError, UsageError
from dlsetup.install.passing import passing_folder, passing_path, remove
from dlsetup.resolve import UvResolver
from dlsetup.values.comparison import Comparison, ComparisonRow, ImportTime
from dlsetup.values.environment import IndexSettings
from dlsetup.values.finding import Finding, Remedy, Status
from dlsetup.values.host import Gap
from dlsetup.values.report import Silence, SmokeResult
from dlsetup.values.request import Request, Wanted
from dlsetup.verify.timing import time_import

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlsetup.system.interface import System
    from dlsetup.values.build import Framework
    from dlsetup.values.overview import FrameworkOverview
    from dlsetup.values.plan import Package, Plan
    from dlsetup.values.report import Progress
    from dlsetup.values.situation import Situation

USUAL = ("tensorflow", "pytorch", "keras", "jax")
"""What is compared where nothing is named."""


def compare(
    system: System,
    progress: Progress,
    wanted: tuple[Wanted, ...] = (),
    *,
    environment: str | None = None,
    python: str | None = None,
    make: bool = False,
    keep: str | None = None,
    pytorch_mirror: str | None = None,
    offline: bool = False,
) -> Comparison:
    """Measure the wanted frameworks: those that are installed and, with `make`, the others in new environments.

    `keep` is the folder in which these environments stay; without it they are removed again.
    Raises UsageError where what is named cannot be used, BusyError where another comparison is at work.
    """
    if keep is not None and not make:
        raise UsageError(
            "--keep says where new environments stay, and none is made",
            seen="--keep without --install",
            do="say --install as well, or leave --keep out",
        )
    wanted = wanted or tuple(Wanted(framework=name) for name in USUAL)
    situation = _look(system, environment, python, make=make)
    with _folder(system, situation, make=make, keep=keep) as folder:
        work = _Work(
            system=system,
            progress=progress,
            situation=situation,
            overview={each.framework: each for each in overview.frameworks(system)},
            folder=folder,
            make=make,
            passing=keep is None,
            named=environment is not None or python is not None,
            request=replace(_common(system, python), pytorch_mirror=pytorch_mirror, offline=offline),
        )
        load = _load(system)
        rows = tuple(work.row(each) for each in wanted)
        after = _load(system)
    return Comparison(
        host=situation.host,
        load=load,
        load_after=after,
        rows=rows,
        notes=_notes(system, rows),
        exit_code=1 if 1 in work.codes else max(work.codes, default=0),
    )


def _common(system: System, python: str | None) -> Request:
    """Return what is asked for in every new environment: a comparison agrees to what it makes and removes itself."""
    return Request(python=python if is_version(python) else None, backend=system.variable("KERAS_BACKEND"), yes=True)


def _notes(system: System, rows: tuple[ComparisonRow, ...]) -> tuple[str, ...]:
    trained = any(row.train_seconds for row in rows)
    return (_UNCOMPILED,) if trained and system.variable("PYTHONDONTWRITEBYTECODE") else ()


_UNCOMPILED = (
    "PYTHONDONTWRITEBYTECODE is set: what a framework loads late is compiled anew in each training, which takes longer"
)


def _load(system: System) -> float | None:
    load = system.value("load")
    return load if isinstance(load, float) else None


def check_writable(system: System, path: str) -> None:
    """Refuse a file that could not be written in the end, before minutes are spent on measuring.

    Raises UsageError.
    """
    folder = str(Path(path).parent)
    if (
        system.listing(folder) is None
        or system.value("writable:" + folder) is False
        or system.listing(path) is not None
    ):
        raise UsageError(
            f"{path} cannot be written",
            seen=f"{folder} is no folder that you may write in, or {path} is one itself",
            do="name another file with --html",
        )


def write_page(path: str, text: str) -> None:
    """Write the page.

    Raises UsageError where that fails.
    """
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as problem:
        raise UsageError(
            f"{path} cannot be written", seen=problem.strerror or str(problem), do="name another file with --html"
        ) from None


def _look(system: System, environment: str | None, python: str | None, *, make: bool) -> Situation:
    """Look at the environment whose frameworks are measured as they are; there need not be one.

    Raises UsageError where the user has named one that does not work.
    """
    named = environment is not None or python is not None
    try:
        situation = look(system, environment=environment, python=python)
    except UsageError:
        # the interpreter of a version may still have to be fetched
        if environment is not None or not (make and is_version(python)):
            raise
        return replace(look(system), environment=None)
    found = situation.environment
    if found is None or found.problem is None:
        return situation
    if named:
        raise UsageError(
            f"{found.path} does not work", seen=found.problem, do="name another environment, or none: dlsetup compare"
        )
    return replace(situation, environment=None)


@contextmanager
def _folder(system: System, situation: Situation, *, make: bool, keep: str | None) -> Iterator[str]:
    """Give the folder that new environments are made in, or would be."""
    if keep is not None:
        yield absolute(system, situation.session.folder if situation.session else None, keep)
    elif make:
        with passing_folder() as folder:
            yield folder
    else:
        yield passing_path()


@dataclass(frozen=True, kw_only=True)
class _Work:
    """What measuring a framework needs besides the framework."""

    system: System
    progress: Progress
    situation: Situation
    overview: dict[str, FrameworkOverview]
    folder: str
    make: bool
    passing: bool
    named: bool
    """Whether the user has named the environment: then no other one is looked at."""
    request: Request
    """What all new environments have in common."""
    codes: list[int] = field(default_factory=list)
    """How each framework's installation and training would have ended a command of its own."""

    def row(self, wanted: Wanted) -> ComparisonRow:
        """Measure one framework, where it is installed or in a new environment; else tell what is known of it."""
        for situation in self._situations(wanted):
            versions = dict(installed(situation) or ())
            version = versions.get(wanted.framework) or "0"
            if wanted.framework in versions and wanted.versions.contains(version, prereleases=True):
                return self._measured(situation, wanted.framework)
        return self._from_new(wanted) if self.make else self._planned(wanted)

    def _situations(self, wanted: Wanted) -> Iterator[Situation]:
        """Yield the environment that was looked at, then this folder's own for a framework that shares none."""
        yield self.situation
        folder = self.situation.session.folder if self.situation.session else None
        own = absolute(self.system, folder, f"{DEFAULT}-{wanted.framework}")
        if not self.named and is_environment(self.system, own):
            yield look(self.system, environment=own)

    def _framework(self, name: str) -> Framework:
        found = self.situation.catalog.framework(name)
        if found is None:
            raise ValueError(name)
        return found

    def _begun(self, name: str, outcome: str) -> ComparisonRow:
        """Return a row with what the catalog and the planner know."""
        known = self.overview[name]
        best = next((each for each in known.accelerators if each.version), None)
        against = next((each for each in known.accelerators if each.accelerator == "cpu"), known.accelerators[0])
        return ComparisonRow(
            framework=name,
            title=known.title,
            state=known.state,
            ended=known.ended,
            successor=known.successor,
            outcome=outcome,
            supported=best.accelerator if best else None,
            obstacles=() if best else tuple(each.text for each in against.reasons),
        )

    def _request(self, wanted: Wanted) -> Request:
        return replace(self.request, wanted=(wanted,), environment=f"{self.folder}/{wanted.framework}")

    def _planned(self, wanted: Wanted) -> ComparisonRow:
        """Tell what would be installed."""
        row = self._begun(wanted.framework, "missing")
        unmeasured = _gaps("not installed", "installed_bytes", "import_time", "train_seconds", "peak_memory_bytes")
        self.progress.step(f"plan {row.title}")
        try:
            proposal = plan(self._request(wanted), self.system, Silence())
        except DlsetupError as problem:
            self.progress.done(f"plan {row.title}: {problem.what}", ok=False)
            return replace(row, gaps=(*unmeasured, *_gaps(str(problem), "version", "download_bytes")))
        self.progress.done(f"plan {row.title}")
        found = proposal.plans[0]
        if not found.packages:
            return replace(row, supported=None, obstacles=found.reasons, python=found.python, gaps=unmeasured)
        return replace(_of_plan(row, found, wanted.framework), gaps=(*unmeasured, *_size_gap(found)))

    def _from_new(self, wanted: Wanted) -> ComparisonRow:
        """Install a framework into an environment of its own, measure it there, and remove that again."""
        request = self._request(wanted)
        folder = str(request.environment)
        self.progress.note(f"{self._framework(wanted.framework).title}: a new environment, {folder}")
        try:
            return self._installed(request, wanted.framework)
        finally:
            if self.passing:
                remove(folder)

    def _installed(self, request: Request, name: str) -> ComparisonRow:
        row = replace(self._begun(name, "failed"), environment=request.environment, temporary=self.passing)
        try:
            report = install(request, self.system, self.progress, lambda _: True)
        except DlsetupError as problem:
            self.codes.append(problem.exit_code)
            return replace(row, findings=(_failure(problem, row.title),), gaps=_gaps("not installed", *_MEASURED))
        found = report.proposal.plans[0] if report.proposal else None
        if found is None or not found.packages:
            self.codes.append(NothingFitsError.exit_code)
            reasons = found.reasons if found else ()
            gaps = _gaps("nothing published fits", *_MEASURED)
            return replace(row, outcome="missing", environment=None, supported=None, obstacles=reasons, gaps=gaps)
        if report.exit_code:
            self.codes.append(report.exit_code)
            gaps = _gaps("it does not train", *_MEASURED)
            return replace(_of_plan(row, found, name), findings=_failed(report.findings), gaps=gaps)
        self.progress.note("it trains; once more, now that nothing has to be compiled, to be measured:")
        situation = look(self.system, environment=request.environment)
        measured = self._measured(situation, name, planned=found.accelerator, packages=found.packages)
        return replace(measured, temporary=self.passing)

    def _measured(
        self,
        situation: Situation,
        name: str,
        *,
        planned: str | None = None,
        packages: tuple[Package, ...] = (),
    ) -> ComparisonRow:
        """Train with what is installed, time its import and weigh it."""
        framework, environment = self._framework(name), situation.environment
        if environment is None:
            raise ValueError(name)
        planned = planned or expected_accelerator(framework, environment, situation.host)
        python = environment_python(self.system, environment.path)
        if not self.system.exists(python):
            python = environment.interpreter.path
        results, findings = train(
            [framework], python=python, planned=planned, system=self.system, progress=self.progress
        )
        self.codes.append(exit_code(findings))
        row = replace(
            self._begun(name, "failed" if exit_code(findings) else "measured"),
            environment=environment.path,
            python=environment.interpreter.version,
            version=dict(installed(situation) or ()).get(name),
            findings=_failed(findings),
        )
        row = self._trained(row, results[0])
        row = self._timed(row, framework, python, results[0].backend)
        return self._weighed(row, situation, framework, packages)

    def _trained(self, row: ComparisonRow, result: SmokeResult) -> ComparisonRow:
        memory, why = result.peak_memory_bytes, "this system does not count it"
        if needs_java(self.situation.catalog, [row.framework]):
            memory, why = None, "it works in several processes"
        gaps = [*row.gaps, *(_gaps(why, "peak_memory_bytes") if memory is None else ())]
        gaps += _gaps("it does not train", "train_seconds") if result.train_seconds is None else ()
        return replace(
            row,
            version=result.version or row.version,
            backend=result.backend,
            accelerator=result.accelerator,
            device=result.device,
            train_seconds=result.train_seconds,
            accuracy=result.accuracy,
            peak_memory_bytes=memory,
            gaps=tuple(gaps),
        )

    def _timed(self, row: ComparisonRow, framework: Framework, python: str, backend: str | None) -> ComparisonRow:
        if any(each.check == "run.import" for each in row.findings):
            return replace(row, gaps=(*row.gaps, *_gaps("it cannot be imported", "import_time")))
        module = _IMPORTED.get(framework.name, framework.module)
        title = f"import {module} again and again"
        self.progress.step(title)
        found = time_import(
            self.system,
            python=python,
            module=module,
            variables={framework.backend_variable: backend} if framework.backend_variable and backend else {},
            timeout=framework.smoke_seconds,
        )
        if not isinstance(found, ImportTime):
            self.progress.done(f"{title}: {found}", ok=False)
            return replace(row, gaps=(*row.gaps, *_gaps(found, "import_time")))
        self.progress.done(f"{title}: {found.median_seconds:.2f} s each")
        return replace(row, import_time=found)

    def _weighed(
        self, row: ComparisonRow, situation: Situation, framework: Framework, packages: tuple[Package, ...]
    ) -> ComparisonRow:
        parts = belongings(situation, framework, row.backend)
        on_disk = disk(self.system, situation, parts)
        download = total(packages, (each.name for each in parts)) if packages else None
        if download is None:
            self.progress.step(f"ask what {framework.title} is to download")
            download = self._downloads(situation).size(situation, framework, parts)
            self.progress.done(f"ask what {framework.title} is to download", ok=download is not None)
        gaps = [*row.gaps, *(_gaps("a package does not list its files", "installed_bytes") if on_disk is None else ())]
        gaps += _gaps("no index tells the size of every file", "download_bytes") if download is None else ()
        return replace(row, packages=len(parts), installed_bytes=on_disk, download_bytes=download, gaps=tuple(gaps))

    def _downloads(self, situation: Situation) -> Downloads:
        settings = situation.indexes or IndexSettings()
        return Downloads(
            resolve=UvResolver(system=self.system, settings=settings, progress=Silence(), offline=self.request.offline)
        )


_IMPORTED = {"mlx": "mlx.core", "spark": "pyspark.ml.torch.distributor, torch"}
"""What is imported where the framework's own module is hardly any code: as its smoke test does."""

_MEASURED = ("installed_bytes", "import_time", "train_seconds", "peak_memory_bytes")


def _gaps(why: str, *what: str) -> tuple[Gap, ...]:
    return tuple(Gap(what=each, why=why) for each in what)


def _names(found: Plan) -> list[str]:
    """Return what is counted: pip comes with a new environment, not with the framework."""
    return [each.name for each in found.packages if each.name != "pip"]


def _size_gap(found: Plan) -> tuple[Gap, ...]:
    known = total(found.packages, _names(found)) is not None
    return () if known else _gaps("no index tells the size of every file", "download_bytes")


def _of_plan(row: ComparisonRow, found: Plan, name: str) -> ComparisonRow:
    """Add what a plan says of the framework to its row."""
    build = next((each for each in found.builds if each.framework == name), None)
    below = next((each for each in found.builds if each.framework != name), None)
    return replace(
        row,
        supported=found.accelerator,
        python=found.python,
        version=str(build.version) if build else None,
        backend=below.framework if below else None,
        download_bytes=total(found.packages, _names(found)),
        packages=len(_names(found)),
    )


def _failed(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(each for each in findings if each.status is Status.FAIL)


def _failure(problem: DlsetupError, title: str) -> Finding:
    return Finding(
        check="run.install",
        status=Status.FAIL,
        summary=f"{title} was not installed: {problem.what}.",
        evidence=(problem.seen,) if problem.seen else (),
        remedy=Remedy(text=problem.do) if problem.do else None,
    )
