"""Proves that a framework works: trains a small network with it, in the target environment, on the planned device."""

from __future__ import annotations

import math
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dlsetup.values.finding import Finding, Status
from dlsetup.values.report import Silence, SmokeResult
from dlsetup.values.symptom import Subject, nobody
from dlsetup.verify.answer import last_stage, parse_answer, parse_line
from dlsetup.verify.crash import Surroundings, name_crash, name_exception
from dlsetup.verify.culprit import blamed, find_culprit, hidden_devices
from dlsetup.verify.surroundings import look_around, oom_kills
from dlsetup.verify.verdict import findings_of, import_well, wrong_device

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dlsetup.system.interface import Completed, System
    from dlsetup.values.report import Progress
    from dlsetup.values.symptom import Recogniser
    from dlsetup.verify.answer import Answer

SCRIPTS = str(Path(__file__).with_name("smoke"))
"""The folder of the smoke scripts."""

_WITHOUT_X = frozenset({"chainer", "cntk", "mxnet"})
"""Those that run on Python 2.7 too, which takes the word after -X for the script."""

_FOLLOWERS = {"run.import": ("run.device", "run.compute"), "run.device": ("run.compute",), "run.compute": ()}


def smoke_command(python: str, framework: str, planned: str | None, scripts: str = SCRIPTS) -> tuple[str, ...]:
    """Return the command that trains with a framework."""
    script = str(Path(scripts) / f"smoke_{framework}.py")
    options = () if framework in _WITHOUT_X else ("-X", "faulthandler")
    return (python, *options, script, "--device", planned or "auto")


def smoke_test(
    system: System,
    *,
    python: str,
    framework: str,
    title: str,
    planned: str | None,
    variables: tuple[tuple[str, str], ...] = (),
    timeout: float = 600,
    progress: Progress,
    scripts: str = SCRIPTS,
    recognise: Recogniser = nobody,
) -> tuple[SmokeResult, tuple[Finding, ...]]:
    """Train a small network with a framework in an interpreter's environment, and judge what came of it.

    `recognise` names the failure mode that a message shows.
    """
    subject = Subject(framework=framework, title=title, python=python, recognise=recognise)
    command = smoke_command(python, framework, planned, scripts)
    kills = None if system.replayed else oom_kills(system)

    def run(changes: dict[str, str | None], progress: Progress) -> tuple[Answer | None, Completed]:
        listener = _Listener(progress)
        with quiet_folder(system) as folder:
            env = {**_environment(system, variables, folder), **changes}
            completed = system.run(command, timeout=timeout, env=env, cwd=folder, on_line=listener.hear)
        return listener.answer or parse_answer(completed.stdout.splitlines()), completed

    def imports(changes: dict[str, str | None]) -> bool:
        answer, completed = run(changes, Silence())
        return _came_past_import(answer, completed)

    answer, completed = run({}, progress)
    around = Surroundings() if answer is not None and completed.ok else look_around(system, kills)
    findings = _judge(answer, completed, planned, subject, around)
    if completed.problem is None:
        findings = tuple(_explained(finding, system, subject, imports) for finding in findings)
    return _result(answer, framework, planned), findings


def _explained(
    finding: Finding, system: System, subject: Subject, imports: Callable[[dict[str, str | None]], bool]
) -> Finding:
    """Look for the cause of a failure among the user's own variables."""
    if finding.status is not Status.FAIL:
        return finding
    if finding.check == "run.device":
        return hidden_devices(finding, system)
    # what a missing module or instruction breaks, no variable mends
    if finding.check != "run.import" or finding.mode == "cpu-missing-avx":
        return finding
    culprit = find_culprit(system, imports)
    return finding if culprit is None else blamed(finding, culprit, subject.title)


def _came_past_import(answer: Answer | None, completed: Completed) -> bool:
    if answer is not None:
        return answer.error is None or answer.error.stage != "import"
    return last_stage(completed.stderr) not in (None, "import")


def _environment(system: System, variables: tuple[tuple[str, str], ...], folder: str | None) -> dict[str, str | None]:
    """Return what is added to the user's variables, which stay: they are part of what is proved."""
    added: dict[str, str | None] = {"PYTHONFAULTHANDLER": "1"}
    if folder is not None:
        # Keras writes a configuration file into its folder when it is imported
        added["KERAS_HOME"] = folder
    # the environment only sets defaults, so the user's own value wins
    added.update({name: value for name, value in variables if system.variable(name) is None})
    return added


@contextmanager
def quiet_folder(system: System) -> Iterator[str | None]:
    """Give a fresh working folder, where no file of the user's shadows a module; none for a recording."""
    if system.replayed:
        yield None
        return
    import tempfile

    try:
        folder = tempfile.TemporaryDirectory(prefix="dlsetup-smoke-", ignore_cleanup_errors=True)
    except OSError:
        yield None
        return
    with folder as path:
        yield path


class _Listener:
    """Hears each line as it is printed: shows it, and keeps the answer even of an endless output."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.answer: Answer | None = None

    def hear(self, line: str) -> None:
        """Keep an answer, tell everything else."""
        answer = parse_line(line)
        if answer is not None:
            self.answer = answer
        elif last_stage(line) is None and line.strip():
            self._progress.line(line)


def _judge(
    answer: Answer | None, completed: Completed, planned: str | None, subject: Subject, around: Surroundings
) -> tuple[Finding, ...]:
    if answer is None:
        crash = name_crash(completed, subject=subject, around=around)
        return (*_before(crash, subject), *_with_followers(crash))
    if answer.error is not None:
        if answer.error.kind == "NoDevice":
            wrong = wrong_device(
                subject,
                summary=f"{subject.title} finds no {planned or 'device'}, although it is planned.",
                seen=answer.error.message,
                message=answer.error.message,
                stderr=completed.stderr,
            )
        else:
            wrong = name_exception(answer.error, completed.stderr, subject=subject)
        return (*_earlier(answer, wrong, subject), *_with_followers(wrong))
    findings = findings_of(answer, planned, subject, completed.stderr)
    if completed.ok:
        return findings
    return (*findings[:-1], _bad_end(findings[-1], name_crash(completed, subject=subject, around=around)))


def _before(crash: Finding, subject: Subject) -> tuple[Finding, ...]:
    """Return what a process that died without an answer had come to before."""
    if crash.check == "run.import":
        return ()
    imported = Finding(check="run.import", status=Status.OK, summary=f"{subject.title} imports.")
    return (imported,) if crash.check == "run.device" else (imported, _not_asked("run.device", crash))


def _bad_end(compute: Finding, crash: Finding) -> Finding:
    """Join numbers that are right with an interpreter that crashed or hung when it ended."""
    return compute if compute.status is Status.FAIL else crash


def _earlier(answer: Answer, wrong: Finding, subject: Subject) -> tuple[Finding, ...]:
    """Return what went well before the trouble; a device is proved by what ran on it, so not before the end."""
    if wrong.check == "run.import":
        return ()
    imported = import_well(answer, subject)
    return (imported,) if wrong.check == "run.device" else (imported, _not_asked("run.device", wrong))


def _with_followers(wrong: Finding) -> tuple[Finding, ...]:
    """Return a finding, and the questions that could not be asked because of it."""
    return (wrong, *(_not_asked(check, wrong) for check in _FOLLOWERS[wrong.check]))


def _not_asked(check: str, wrong: Finding) -> Finding:
    summary = "Not asked: the smoke test did not come so far."
    return Finding(check=check, status=Status.SKIP, summary=summary, because=wrong.check)


def _result(answer: Answer | None, framework: str, planned: str | None) -> SmokeResult:
    if answer is None:
        return SmokeResult(framework=framework, planned=planned)
    return SmokeResult(
        framework=framework,
        version=answer.version,
        backend=answer.backend,
        planned=planned,
        device=answer.device,
        accelerator=answer.accelerator,
        losses=answer.losses if all(map(math.isfinite, answer.losses)) else (),
        accuracy=_finite(answer.accuracy),
        max_difference=_largest(answer),
        import_seconds=_finite(answer.import_seconds),
        train_seconds=_finite(answer.train_seconds),
        peak_memory_bytes=answer.peak_memory_bytes,
        surface=answer.surface,
        points=answer.points,
    )


def _largest(answer: Answer) -> float | None:
    """Return the larger of both differences; None where one was not measured or is no number."""
    both = [_finite(each) for each in (answer.max_difference, answer.conv_difference)]
    known = [each for each in both if each is not None]
    return max(known) if len(known) == len(both) else None


def _finite(number: float | None) -> float | None:
    """Return a number that JSON can hold."""
    return number if number is not None and math.isfinite(number) else None
