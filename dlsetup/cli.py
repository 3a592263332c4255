"""The command line: options in, exit code out."""

from __future__ import annotations

import errno
import io
import os
import shlex
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlsetup import __version__
from dlsetup.errors import DlsetupError, InterruptedByUserError, NothingFitsError, UsageError
from dlsetup.system.local import LocalSystem
from dlsetup.system.signals import interrupt_on_all, undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dlsetup.values.plan import Proposal
    from dlsetup.values.report import Progress
    from dlsetup.values.request import Request

app = typer.Typer(
    name="dlsetup",
    help="Set up deep learning frameworks so that they provably train on this machine's accelerator.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)

Frameworks = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FRAMEWORK[==X]]...", help="pytorch, tensorflow, keras, jax, ...; with a version if it matters."
    ),
]
HostFile = Annotated[
    str | None, typer.Option("--host", metavar="FILE", help="Replay a recorded machine instead of this one.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Python = Annotated[str | None, typer.Option("--python", metavar="V|PATH", help="A Python version or interpreter.")]
Env = Annotated[str | None, typer.Option("--env", metavar="DIR", help="The environment.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Show everything, with evidence.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but the answer.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colour (NO_COLOR does the same).")]
Accelerator = Annotated[
    str | None, typer.Option("--accelerator", metavar="A", help="cuda, rocm, xpu, metal, mps, tpu or cpu.")
]
Compute = Annotated[str | None, typer.Option("--compute", metavar="C", help="One compute platform, such as cu126.")]
Mirror = Annotated[
    str | None,
    typer.Option(
        "--pytorch-mirror",
        metavar="URL",
        envvar="DLSETUP_PYTORCH_MIRROR",
        help="A mirror of download.pytorch.org/whl.",
    ),
]
Index = Annotated[
    str | None,
    typer.Option("--index-url", metavar="URL", envvar="DLSETUP_INDEX_URL", help="An index that stands in for PyPI."),
]
Offline = Annotated[bool, typer.Option("--offline", help="Use only what is in uv's cache and in folders.")]


@dataclass(frozen=True, kw_only=True)
class Output:
    """How one command speaks."""

    system: LocalSystem
    json: bool = False
    verbose: bool = False
    quiet: bool = False
    no_color: bool = False

    def console(self, *, stderr: bool = False) -> Any:  # noqa: ANN401 - rich is imported when something is drawn
        """Return a console for people."""
        from dlsetup.render.console import make_console

        return make_console(False if self.no_color else None, stderr, variables=self.system.variables())

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Give what tells of long steps: on standard error, so that the answer stays alone on standard output."""
        from dlsetup.values.report import Silence

        if self.quiet or self.json:
            yield Silence()
            return
        from dlsetup.render.progress import make_progress

        with make_progress(self.console(stderr=True), interactive=self.interactive()) as progress:
            yield progress

    def interactive(self) -> bool:
        """Tell whether somebody sits at a terminal."""
        return _is_terminal(sys.stdin) and _is_terminal(sys.stderr) and not self.system.variable("CI")

    def paths(self) -> dict[str, str | None]:
        """Return the folders that people read as ~ and as a dot."""
        return {"home": self.system.value("home"), "folder": self.system.value("folder")}

    def redacted(self, answer: Any, system: Any = None) -> Any:  # noqa: ANN401 - an Inventory or a Report
        """Return an answer about a machine without what names it or its user."""
        from dlsetup.system.redaction import report_redactor

        return report_redactor(system or self.system, drawn=not self.json).value(answer)


def _is_terminal(stream: Any) -> bool:  # noqa: ANN401 - a text stream, or None where it was closed before the start
    return stream is not None and not stream.closed and bool(stream.isatty())


def _write(text: str) -> None:
    """Write an answer for programs; a reader who has left (`| head`) changes nothing of how the command ends."""
    try:
        typer.echo(text, nl=False)
    except BrokenPipeError:
        _hush()


def _hush() -> None:
    """Let what is still to be written to standard output go nowhere: closing it would fail once more."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _output(*, json: bool, verbose: bool = False, quiet: bool = False, no_color: bool = False) -> Output:
    return Output(system=LocalSystem(), json=json, verbose=verbose, quiet=quiet, no_color=no_color)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"dlsetup {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def detect(
    host: HostFile = None,
    json: Json = False,
    env: Env = None,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Show what this machine is: system, processor, GPUs, drivers, interpreters.

    Example: dlsetup detect --json
    """
    from dlsetup.commands.detect import detect as run

    output = _output(json=json, verbose=verbose, no_color=no_color)
    system = _machine(output, host)
    inventory = output.redacted(run(system, environment=env), system)
    if json:
        from dlsetup.render.as_json import host_json

        _write(host_json(inventory))
        return
    from dlsetup.render.as_text import print_inventory

    print_inventory(output.console(), inventory, verbose=verbose, **output.paths())


def _machine(output: Output, host: str | None) -> Any:  # noqa: ANN401 - a System, this one or a recorded one
    if host is None:
        return output.system
    from dlsetup.commands.target import open_host

    return open_host(output.system, host)


@app.command()
def plan(
    frameworks: Frameworks = None,
    target: Annotated[
        list[str] | None,
        typer.Option("--target", metavar="T", help="Another machine: linux-x86_64, macos-arm64, ... Can be repeated."),
    ] = None,
    gpu: Annotated[list[str] | None, typer.Option("--gpu", metavar="NAME", help="Its GPU, by product name.")] = None,
    driver: Annotated[str | None, typer.Option("--driver", metavar="V", help="Its driver's version.")] = None,
    accelerator: Accelerator = None,
    compute: Compute = None,
    why: Annotated[
        str | None, typer.Option("--why", metavar="COMPUTE", help="Tell what stands in the way of cu130, rocm7.2, ...")
    ] = None,
    lock: Annotated[
        list[str] | None,
        typer.Option(
            "--lock",
            metavar="FILE",
            help="Write pylock.toml, requirements.txt, pyproject.toml, environment.yml or Dockerfile, by the name.",
        ),
    ] = None,
    host: HostFile = None,
    json: Json = False,
    env: Env = None,
    python: Python = None,
    index_url: Index = None,
    pytorch_mirror: Mirror = None,
    offline: Offline = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Choose the builds for this machine, or another, and say why not the others. Changes no environment.

    Example: dlsetup plan pytorch --target linux-x86_64 --gpu "RTX 5090" --driver 570
    """
    from dlsetup.commands.plan import plan_all as run

    output = _output(json=json, verbose=verbose, quiet=quiet, no_color=no_color)
    locks = _locks(lock)
    requests = _requests(
        output,
        frameworks,
        host=host,
        targets=tuple(target or ()),
        gpus=tuple(gpu or ()),
        driver=driver,
        accelerator=accelerator,
        compute=compute,
        environment=env,
        python=python,
        index_url=index_url,
        pytorch_mirror=pytorch_mirror,
        offline=offline,
    )
    if why is not None:
        _show_standings(output, requests, why)
        return
    with output.progress() as progress:
        proposal = run(requests, output.system, progress)
    _show_proposal(output, proposal)
    if proposal.status == "unsupported":
        raise typer.Exit(NothingFitsError.exit_code)
    if locks:
        _write_locks(output, proposal, locks)


def _locks(paths: list[str] | None) -> dict[str, str]:
    """Return what is to be written to each file, before anything is planned."""
    if not paths:
        return {}
    from dlsetup.commands.lock import kind_of

    return {path: kind_of(path) for path in paths}


def _write_locks(output: Output, proposal: Proposal, locks: dict[str, str]) -> None:
    from dlsetup.commands.lock import check_lockable, write_lock
    from dlsetup.render.locks import lock_text

    check_lockable(proposal, tuple(locks.values()))
    for path, kind in locks.items():
        write_lock(path, lock_text(kind, proposal.plans))
        if not output.quiet:
            typer.echo(f"written: {path}", err=True)


def _show_standings(output: Output, requests: tuple[Request, ...], compute: str) -> None:
    from dlsetup.commands.plan import why as run
    from dlsetup.values.report import Silence

    standings = [each for request in requests for each in run(request, output.system, Silence(), compute)]
    if output.json:
        from dlsetup.render.as_json import why_json

        _write(why_json(standings))
        return
    from dlsetup.render.as_text import print_standings

    print_standings(output.console(), standings, verbose=output.verbose, **output.paths())


def _show_proposal(output: Output, proposal: Proposal) -> None:
    if output.json:
        from dlsetup.render.as_json import proposal_json

        _write(proposal_json(proposal))
        return
    from dlsetup.render.as_text import print_proposal

    print_proposal(output.console(), proposal, verbose=output.verbose, **output.paths())


@app.command()
def frameworks(
    target: Annotated[
        str | None, typer.Option("--target", metavar="T", help="Another machine: linux-x86_64, macos-arm64, ...")
    ] = None,
    gpu: Annotated[list[str] | None, typer.Option("--gpu", metavar="NAME", help="Its GPU, by product name.")] = None,
    driver: Annotated[str | None, typer.Option("--driver", metavar="V", help="Its driver's version.")] = None,
    host: HostFile = None,
    python: Annotated[str | None, typer.Option("--python", metavar="V", help="One Python version only.")] = None,
    json: Json = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Show what there is for this machine, or another: framework by accelerator, and the reason for every "no".

    Example: dlsetup frameworks --target windows-x86_64 --gpu "RX 7900 XTX"
    """
    from dlsetup.commands.frameworks import frameworks as run
    from dlsetup.commands.target import stated_host

    output = _output(json=json, verbose=verbose, no_color=no_color)
    stated = stated_host(output.system, host=host, target=target, gpus=tuple(gpu or ()), driver=driver)
    rows = run(output.system, host=stated, python=python)
    if json:
        from dlsetup.render.as_json import frameworks_json

        _write(frameworks_json(rows))
        return
    from dlsetup.render.as_text import print_frameworks

    print_frameworks(output.console(), rows, verbose=verbose, **output.paths())


@app.command()
def install(
    frameworks: Frameworks = None,
    env: Env = None,
    python: Python = None,
    accelerator: Accelerator = None,
    compute: Compute = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and its steps, and stop.")] = False,
    yes: Annotated[
        bool, typer.Option("-y", "--yes", help="Agree to another interpreter or a new environment.")
    ] = False,
    host: HostFile = None,
    json: Json = False,
    index_url: Index = None,
    pytorch_mirror: Mirror = None,
    offline: Offline = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Install frameworks that fit this machine, and prove by a small training that they work.

    Example: dlsetup install pytorch
    """
    from dlsetup.commands.install import install as run

    output = _output(json=json, verbose=verbose, quiet=quiet, no_color=no_color)
    (request,) = _requests(
        output,
        frameworks,
        host=host,
        accelerator=accelerator,
        compute=compute,
        environment=env,
        python=python,
        index_url=index_url,
        pytorch_mirror=pytorch_mirror,
        offline=offline,
        dry_run=dry_run,
        yes=yes,
    )
    with output.progress() as progress:
        report = run(request, output.system, progress, _agreement(output, request))
    _show_installation(output, report, planned_only=dry_run or host is not None)
    raise typer.Exit(report.exit_code)


def _show_installation(output: Output, report: Any, *, planned_only: bool) -> None:  # noqa: ANN401 - a Report
    proposal = report.proposal
    if proposal is not None and (planned_only or proposal.status == "unsupported"):
        _show_proposal(output, proposal)
    elif not (report.outcomes or report.findings or report.exit_code):
        # the plan was shown with the question
        typer.echo("Nothing was changed.", err=True)
    else:
        _show_report(output, report)


def _agreement(output: Output, request: Request) -> Callable[[Proposal], bool]:
    """Return what asks the user once, where the plan takes another interpreter or place than expected."""

    def agree(proposal: Proposal) -> bool:
        questions = [plan.asks for plan in proposal.plans if plan.asks]
        if request.yes or not questions:
            return True
        if not output.interactive() or output.json:
            raise UsageError(
                "this needs your agreement",
                seen="; ".join(questions),
                do="say --yes, or name another place with --env or another interpreter with --python",
            )
        _show_proposal(output, proposal)
        try:
            return typer.confirm("Go on?", default=True, err=True)
        except typer.Abort:
            # what is said next begins on a line of its own
            typer.echo(err=True)
            raise

    return agree


def _show_report(output: Output, found: Any, system: Any = None) -> None:  # noqa: ANN401 - a Report; naming it imports it
    report = output.redacted(found, system)
    if output.json:
        from dlsetup.render.as_json import report_json

        _write(report_json(report))
        return
    # by their own files: all of as_text takes its time to load
    if report.frameworks_of is None:
        from dlsetup.render.text_report import print_report as draw
    else:
        from dlsetup.render.text_everywhere import print_everywhere as draw

    draw(output.console(), report, verbose=output.verbose, **output.paths())


@app.command()
def smoke(
    frameworks: Frameworks = None,
    show: Annotated[bool, typer.Option("--show", help="Draw the loss and what the network learned.")] = False,
    env: Env = None,
    python: Python = None,
    json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Train a small network with what is installed, on the device that it should use.

    Example: dlsetup smoke pytorch --show
    """
    from dlsetup.commands.smoke import smoke as run

    output = _output(json=json, verbose=verbose, quiet=quiet, no_color=no_color)
    names = tuple(each.framework for each in _wanted(frameworks))
    with output.progress() as progress:
        report = run(output.system, progress, environment=env, python=python, wanted=names)
    report = output.redacted(report)
    if json:
        from dlsetup.render.as_json import smoke_json

        _write(smoke_json(report))
    else:
        from dlsetup.render.as_text import print_smoke

        home = output.paths()["home"]
        print_smoke(output.console(), report.smoke, report.findings, show=show, verbose=verbose, home=home)
    raise typer.Exit(report.exit_code)


@app.command()
def compare(
    frameworks: Frameworks = None,
    install: Annotated[
        bool,
        typer.Option("--install", help="Install what is missing in new environments, which are removed afterwards."),
    ] = False,
    keep: Annotated[
        str | None, typer.Option("--keep", metavar="DIR", help="With --install: keep these environments, in DIR.")
    ] = None,
    html: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Write a page with bars as well, one file.")
    ] = None,
    env: Env = None,
    python: Python = None,
    json: Json = False,
    pytorch_mirror: Mirror = None,
    offline: Offline = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Measure frameworks side by side on this machine: size, import, training, memory.

    Example: dlsetup compare tensorflow pytorch keras jax --install
    """
    from dlsetup.commands.compare import check_writable, write_page
    from dlsetup.commands.compare import compare as run

    output = _output(json=json, verbose=verbose, quiet=quiet, no_color=no_color)
    if html is not None:
        check_writable(output.system, html)
    with output.progress() as progress:
        found = run(
            output.system,
            progress,
            _wanted(frameworks),
            environment=env,
            python=python,
            make=install,
            keep=keep,
            pytorch_mirror=pytorch_mirror,
            offline=offline,
        )
    comparison = output.redacted(found)
    if html is not None:
        from dlsetup.render.html_compare import comparison_page

        write_page(html, comparison_page(comparison, **output.paths()))
    _show_comparison(output, comparison)
    raise typer.Exit(comparison.exit_code)


def _show_comparison(output: Output, comparison: Any) -> None:  # noqa: ANN401 - a Comparison
    if output.json:
        from dlsetup.render.as_json import comparison_json

        _write(comparison_json(comparison))
        return
    from dlsetup.render.text_compare import print_comparison

    print_comparison(output.console(), comparison, verbose=output.verbose, **output.paths())


@app.command()
def doctor(
    checks: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CHECK|GROUP|FRAMEWORK]...",
            help="Ask these checks only (fit.driver, packages), or about these frameworks.",
        ),
    ] = None,
    listing: Annotated[
        bool, typer.Option("--list", help="Show every check: its name, its group and what should be true.")
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="CHECK", help="Only this check or group. Can be repeated.")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option("--skip", metavar="CHECK", help="Not this check or group. Can be repeated.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Check every environment on this machine.")] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also import and train what is installed, and ask GPUs and indexes.")
    ] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Carry out the remedies marked automatic, then check again.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --fix: only say what would be done.")] = False,
    env: Env = None,
    python: Python = None,
    host: HostFile = None,
    json: Json = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Check this machine and environment, and say what is wrong and how to mend it.

    Example: dlsetup doctor --deep
    """
    output = _output(json=json, verbose=verbose, quiet=quiet, no_color=no_color)
    if listing:
        _show_questions(output)
        return
    _refuse_contradictions(dry_run=dry_run, fix=fix, everything=everything, place=env or python or host)
    from dlsetup.commands.choice import read_choice

    choice = read_choice(tuple(checks or ()), tuple(only or ()), tuple(skip or ()))
    system = _machine(output, host)
    with output.progress() as progress:
        if everything:
            from dlsetup.commands.everywhere import everywhere

            report = everywhere(system, progress, choice=choice, deep=deep)
        elif fix:
            from dlsetup.commands.fix import fix as mend

            report = mend(system, progress, environment=env, python=python, choice=choice, deep=deep, dry_run=dry_run)
        else:
            from dlsetup.commands.doctor import doctor as run

            report = run(system, progress, environment=env, python=python, choice=choice, deep=deep)
    _show_report(output, report, system)
    raise typer.Exit(report.exit_code)


def _refuse_contradictions(*, dry_run: bool, fix: bool, everything: bool, place: str | None) -> None:
    """Raise UsageError for options of doctor that cannot be together."""
    if dry_run and not fix:
        raise UsageError(
            "--dry-run goes with --fix", seen="doctor alone changes nothing", do="dlsetup doctor --fix --dry-run"
        )
    if everything and (fix or place):
        raise UsageError(
            "--all goes without --fix, --env, --python and --host",
            seen="it looks at every environment of this machine",
            do="leave one of them out; --fix mends one environment: dlsetup doctor --fix --env DIR",
        )


def _show_questions(output: Output) -> None:
    from dlsetup.commands.choice import questions

    if output.json:
        from dlsetup.render.as_json import questions_json

        _write(questions_json(questions()))
        return
    from dlsetup.render.as_text import print_questions

    print_questions(output.console(), questions())


@app.command()
def explain(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE|-]...", help="Logs, tracebacks or pasted reports; - is standard input."),
    ] = None,
    json: Json = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Read error logs or pasted reports, and name the cause and the fix. Looks at nothing but these texts.

    Example: dlsetup explain train.log
    """
    from dlsetup.commands.explain import explain as run

    output = _output(json=json, verbose=verbose, no_color=no_color)
    explanation = output.redacted(run(_texts(files)))
    if json:
        from dlsetup.render.as_json import explanation_json

        _write(explanation_json(explanation))
    else:
        from dlsetup.render.as_text import print_explanation

        print_explanation(output.console(), explanation, verbose=verbose, home=output.paths()["home"])
    raise typer.Exit(explanation.exit_code)


def _texts(files: list[str] | None) -> tuple[Any, ...]:
    """Return what is to be explained: files, or what comes in."""
    from dlsetup.commands.explain import Source, file_source

    if not files and _is_terminal(sys.stdin):
        raise UsageError(
            "there is nothing to explain",
            seen="no FILE is named, and standard input is a terminal",
            do="name a log, or send one: dlsetup explain train.log, or: python train.py 2>&1 | dlsetup explain",
        )
    # a program may be started without standard input, which is an empty text then
    incoming = Source(name="-", open=lambda: io.BytesIO() if sys.stdin is None else sys.stdin.buffer)
    return tuple(incoming if name == "-" else file_source(name) for name in files or ["-"])


catalog_app = typer.Typer(
    name="catalog",
    help="Show what dlsetup knows of published builds, and check it against the live indexes.",
    no_args_is_help=True,
)
app.add_typer(catalog_app, name="catalog")


@catalog_app.command()
def show(
    frameworks: Frameworks = None, json: Json = False, verbose: Verbose = False, no_color: NoColor = False
) -> None:
    """Show the rows of the catalog, with their sources and the day on which these were read.

    Example: dlsetup catalog show pytorch
    """
    from dlsetup.commands.catalog import show as run

    output = _output(json=json, verbose=verbose, no_color=no_color)
    found = run(tuple(each.framework for each in _wanted(frameworks)))
    if json:
        from dlsetup.render.as_json import catalog_json

        _write(catalog_json(found))
        return
    from dlsetup.render.as_text import print_catalog

    print_catalog(output.console(), found, verbose=verbose, **output.paths())


@catalog_app.command()
def check(
    frameworks: Frameworks = None,
    seconds: Annotated[float, typer.Option("--seconds", metavar="N", help="Ask no longer than this.")] = 300.0,
    everything: Annotated[bool, typer.Option("--all", help="Ask about older releases as well.")] = False,
    json: Json = False,
    pytorch_mirror: Mirror = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Resolve the rows against the live indexes: which no longer hold, and which releases have no row.

    Example: dlsetup catalog check tensorflow --seconds 60
    """
    from dlsetup.commands.catalog import check as run
    from dlsetup.commands.catalog import verdict

    output = _output(json=json, quiet=quiet, no_color=no_color)
    names = tuple(each.framework for each in _wanted(frameworks))
    with output.progress() as progress:
        survey = run(
            output.system, progress, names=names, seconds=seconds, everything=everything, mirror=pytorch_mirror
        )
    if json:
        from dlsetup.render.as_json import survey_json

        _write(survey_json(survey, exit_code=verdict(survey)))
    else:
        from dlsetup.render.as_text import print_survey

        print_survey(output.console(), survey, **output.paths())
    raise typer.Exit(verdict(survey))


@app.command()
def record(
    destination: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Where to write it.")],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write what this machine answers to a file, without names, serials or addresses.

    Example: dlsetup record -o machine.json
    """
    from dlsetup.commands.record import record as run

    output = _output(json=json, quiet=quiet)
    size = run(output.system, destination)
    if json:
        from dlsetup.render.as_json import recorded_json

        _write(recorded_json(destination, size))
    elif not quiet:
        typer.echo(f"{destination}: {size} bytes, redacted; read it before you send it")


def _wanted(texts: list[str] | None) -> tuple[Any, ...]:
    from dlsetup.commands.asked import read_names

    return read_names(texts)


def _chosen(output: Output) -> tuple[Any, ...]:
    """Let the user choose a framework at a terminal.

    Raises UsageError where there is none.
    """
    if output.json or not output.interactive():
        raise UsageError(
            "no framework is named",
            seen="neither the command line nor a dlsetup.toml here names one",
            do="name one or more, for example: dlsetup install pytorch",
        )
    from dlsetup.commands.frameworks import recommended
    from dlsetup.render.as_text import print_choice

    offers = recommended(output.system)
    print_choice(output.console(stderr=True), offers)
    answer = typer.prompt("Which one? A number or a name", default="1", err=True).strip()
    numbered = {str(number): each.framework for number, each in enumerate(offers, 1)}
    return _wanted([numbered.get(answer, answer)])


def _requests(output: Output, frameworks: list[str] | None, **options: Any) -> tuple[Request, ...]:  # noqa: ANN401
    from dlsetup.commands.asked import read_requests

    return read_requests(output.system, frameworks, lambda: _chosen(output), **options)


def main() -> None:
    """Run the command line; every way in which it may end is told here."""
    # being told to end is an interrupt too: the environment is put back
    interrupt_on_all()
    sys.exit(_run(sys.argv[1:]))


_CommandLineError: Any = next(each for each in typer.BadParameter.__mro__ if each.__name__ == "ClickException")
"""Typer's own error for a wrong option, whichever Click it was built from."""


def _run(argv: list[str]) -> int:
    try:
        code = app(argv or ["--help"], prog_name="dlsetup", standalone_mode=False)
    except DlsetupError as problem:
        return _tell(problem, argv)
    except _CommandLineError as problem:
        command = next((word for word in argv if not word.startswith("-")), "")
        known = any(command == each.callback.__name__ for each in app.registered_commands if each.callback)
        known = known or any(command == each.name for each in app.registered_groups)
        do = f"see: dlsetup {command} --help" if known else "see: dlsetup --help"
        return _tell(UsageError(problem.format_message(), seen=f"dlsetup {shlex.join(argv)}", do=do), argv)
    except (KeyboardInterrupt, typer.Abort):
        code = InterruptedByUserError.exit_code
    except (BrokenPipeError, SystemExit):
        # whoever read the help has seen enough; Typer ends the process then, as nothing else does
        _hush()
        return 0
    except Exception as problem:
        if LocalSystem().variable("DLSETUP_TRACEBACK"):
            raise
        return _tell(_full(problem) or _own_fault(problem), argv)
    if code == InterruptedByUserError.exit_code:
        # Typer turns an interrupt into this code and says nothing
        with undisturbed():
            return _tell(_INTERRUPTED, argv)
    return code if isinstance(code, int) else 0


_INTERRUPTED = InterruptedByUserError(
    "interrupted", seen="nothing was changed, or it was put back", do="run the same command again when it suits you"
)


def _full(problem: Exception) -> DlsetupError | None:
    """Tell of an answer that could not be written; None for any other trouble."""
    # an error about a file bears its name, one about a stream does not
    numbers = {errno.ENOSPC, errno.EIO, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
    if not isinstance(problem, OSError) or problem.filename is not None or problem.errno not in numbers:
        return None
    _hush()
    return DlsetupError(
        "the answer cannot be written to standard output",
        seen=problem.strerror or str(problem),
        do="make room there, or send the answer elsewhere",
    )


def _own_fault(problem: Exception) -> DlsetupError:
    """Tell of a fault in dlsetup itself, with the place in its code."""
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" ({trace.tb_frame.f_code.co_name}, line {trace.tb_lineno})" if trace else ""
    return DlsetupError(
        "dlsetup itself failed",
        seen=f"{type(problem).__name__}: {problem}{where}",
        do="report it with this line and the output of: dlsetup detect --json",
    )


def _tell(problem: DlsetupError, argv: list[str]) -> int:
    """Say what ended the command, in the form that was asked for."""
    if "--json" in argv:
        from dlsetup.render.as_json import error_json

        with suppress(OSError):
            _write(
                error_json(
                    kind=problem.kind, what=problem.what, seen=problem.seen, do=problem.do, exit_code=problem.exit_code
                )
            )
        return problem.exit_code
    from dlsetup.render.as_text import print_error

    output = _output(json=False, no_color="--no-color" in argv)
    home = output.paths()["home"]
    print_error(output.console(stderr=True), what=problem.what, seen=problem.seen, do=problem.do, home=home)
    return problem.exit_code
