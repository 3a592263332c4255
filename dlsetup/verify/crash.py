"""Names what ended a smoke test before it could answer: a signal, the time limit, an exception. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlsetup.values.finding import Finding, Remedy, Status
from dlsetup.values.symptom import Subject, shortened
from dlsetup.verify.answer import last_stage, without_stages

if TYPE_CHECKING:
    from dlsetup.system.interface import Completed
    from dlsetup.values.symptom import Recognised
    from dlsetup.verify.answer import Trouble

_NOBODY = Subject(framework="pytorch", title="The framework", python="python")

_CHECK = {"import": "run.import", "device": "run.device", "train": "run.compute", "compare": "run.compute"}
_WHILE = {
    "import": "while it was imported",
    "device": "while it looked for devices",
    "train": "while it trained",
    "compare": "while its results were compared",
    "end": "while Python ended",
}

_SIGNALS = {4: "ill", 6: "abrt", 7: "bus", 8: "fpe", 9: "kill", 10: "bus", 11: "segv", 15: "term"}
"""By number, from signal(7); 7 is Linux's bus error and 10 that of macOS, where 7 is never sent."""

_WINDOWS = {0xC000001D: "ill", 0xC0000005: "segv", 0xC0000409: "abrt", 0xC0000017: "kill", 0xC0000135: "dll"}
"""NTSTATUS values: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-erref/."""

_QEMU = re.compile(r"qemu: uncaught target signal (\d+)")
_NAMES = {"ill": "SIGILL", "abrt": "SIGABRT", "bus": "SIGBUS", "fpe": "SIGFPE", "kill": "SIGKILL", "segv": "SIGSEGV"}

# faulthandler prints the newest frame first: https://docs.python.org/3/library/faulthandler.html
_STACK = re.compile(r'most recent call first\):\s*\n((?:\s*File "[^\n]*\n?)+)')
_FRAME = re.compile(r'File "([^"\n]+)", line (\d+)(?: in (\S+))?')
_EXCEPTION = re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning)): ?(.*)$", re.MULTILINE)
_FATAL = re.compile(
    r"^(?:.*\bF(?:\d{4})? .*\.cc:\d+\].*|terminate called after throwing.*|.*Check failed: .*|.*Assertion .* failed.*)",
    re.MULTILINE,
)


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the machine tells about an end that the process cannot explain itself."""

    cpu_features: tuple[str, ...] | None = None
    """None where unknown."""
    memory_limit_bytes: int | None = None
    """Of the container or job; None where there is none or it is unknown."""
    memory_limit_source: str = ""
    killed_for_memory: int | None = None
    """Processes that the kernel killed for want of memory while the test ran; None where it does not count them."""
    shared_memory_bytes: int | None = None
    """The size of /dev/shm."""


def name_crash(
    completed: Completed,
    cpu_features: tuple[str, ...] | None = None,
    *,
    subject: Subject = _NOBODY,
    around: Surroundings | None = None,
) -> Finding:
    """Name the end of a smoke test that left no answer."""
    around = around or Surroundings(cpu_features=cpu_features)
    if completed.problem is not None:
        return _not_ended(completed, subject)
    stage = last_stage(completed.stderr) or "import"
    said = without_stages(completed.stderr)
    known = subject.recognise(_last_exception(completed.stderr), said, _check(stage), subject)
    signal = signal_of(completed)
    # no message explains a kill; an illegal instruction is explained by nothing but the processor
    tells = known is not None and (signal not in ("ill", "kill") or known.mode == "cpu-missing-avx")
    if known is not None and tells:
        return _recognised(known, stage, _how(completed, signal))
    return _BY_SIGNAL.get(signal or "", _without_signal)(completed, stage, subject, around)


def name_exception(trouble: Trouble, stderr: str, *, subject: Subject) -> Finding:
    """Name the exception that a smoke script met and told of."""
    check = _check(trouble.stage)
    seen = f"{trouble.kind}: {telling_line(trouble.message)}".rstrip(": ")
    known = subject.recognise(f"{trouble.kind}: {trouble.message}", without_stages(stderr), check, subject)
    if known is not None:
        return _recognised(known, trouble.stage)
    if trouble.stage == "import" and trouble.kind in ("ModuleNotFoundError", "ImportError"):
        summary, remedy = f"{subject.title} cannot be imported.", _reinstall(subject)
    else:
        verb = {"import": "be imported", "device": "start its device"}.get(trouble.stage, "train")
        summary, remedy = f"{subject.title} cannot {verb}: {trouble.kind}.", _reinstall(subject)
    return Finding(check=check, status=Status.FAIL, summary=summary, evidence=(shortened(seen),), remedy=remedy)


def signal_of(completed: Completed) -> str | None:
    """Return which signal ended the process (ill, segv, kill, ...), told by itself, its shell, qemu or Windows."""
    imitated = _QEMU.search(completed.stderr)
    if imitated:
        return _SIGNALS.get(int(imitated.group(1)))
    code = completed.exit_code or 0
    if code & 0xFFFFFFFF in _WINDOWS:
        return _WINDOWS[code & 0xFFFFFFFF]
    if code < 0:
        return _SIGNALS.get(-code)
    # a shell around the interpreter adds 128: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
    return _SIGNALS.get(code - 128) if code > 128 else None  # noqa: PLR2004


def telling_line(message: str) -> str:
    """Return the line of an exception's message that says most: the first, or what follows a traceback inside of it."""
    if "Traceback (most recent call last)" in message:
        found = _EXCEPTION.findall(message)
        return ": ".join(found[-1]) if found else last_line(message)
    return next((line.strip() for line in message.splitlines() if line.strip()), "")


def last_line(text: str) -> str:
    """Return the last line that says something, but not a mere link."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if not re.fullmatch(r"(?:see |visit )?https?://\S+.*", line, re.IGNORECASE)]
    return (telling or lines or [""])[-1]


def _check(stage: str) -> str:
    return _CHECK.get(stage, "run.compute")


def _last_exception(stderr: str) -> str:
    """Return the text from the last exception's name on."""
    found = list(_EXCEPTION.finditer(stderr))
    return stderr[found[-1].start() :] if found else ""


def _where(stderr: str) -> tuple[str, ...]:
    """Return the place in the code where Python was, if faulthandler told it."""
    stack = _STACK.search(stderr)
    for frame in _FRAME.finditer(stack.group(1) if stack else ""):
        path, line, function = frame.groups()
        if not path.startswith("<frozen"):
            return (shortened(f"it was in {path} line {line}" + (f", {function}" if function else "")),)
    return ()


def _how(completed: Completed, signal: str | None) -> str:
    if signal in _NAMES:
        return f"the process ended by {_NAMES[signal]} (exit code {completed.exit_code})"
    return f"the process ended with exit code {completed.exit_code}"


def _recognised(known: Recognised, stage: str, how: str = "") -> Finding:
    return Finding(
        check=_check(stage),
        status=Status.FAIL,
        mode=known.mode,
        summary=known.summary,
        evidence=tuple(filter(None, (known.line, how))),
        remedy=known.remedy,
    )


def _reinstall(subject: Subject) -> Remedy:
    return Remedy(
        text=f"Look for the cause with doctor; if it finds none, install {subject.title} again.",
        commands=(f"dlsetup doctor --python {subject.quoted_python}", f"dlsetup install {subject.framework}"),
    )


def _not_ended(completed: Completed, subject: Subject) -> Finding:
    stage = last_stage(completed.stderr) or "import"
    if completed.problem == "timeout":
        return Finding(
            check=_check(stage),
            status=Status.FAIL,
            summary=f"{subject.title} did not come to an end {_WHILE.get(stage, '')}.".replace("  ", " "),
            evidence=(f"stopped after {completed.seconds:.0f} s", *_where(completed.stderr)),
            remedy=Remedy(
                text="A first start may take minutes on a network disk or while GPU code is compiled: try once more. "
                "If it hangs again, doctor looks for drivers that do not answer.",
                commands=(f"dlsetup smoke {subject.framework}", "dlsetup doctor"),
            ),
        )
    if completed.problem == "unknown":
        return Finding(
            check="run.import",
            status=Status.UNKNOWN,
            summary=f"Whether {subject.title} runs is not known: this is not the machine.",
            evidence=(completed.stderr.strip() or "the smoke test was not recorded",),
            remedy=Remedy(text="Run it on the machine itself.", commands=(f"dlsetup smoke {subject.framework}",)),
        )
    return Finding(
        check="run.import",
        status=Status.FAIL,
        summary="The interpreter does not start.",
        evidence=(shortened(f"{subject.python}: {last_line(completed.stderr) or completed.problem}"),),
        remedy=Remedy(
            text="Name another interpreter, or make a new environment.",
            commands=(f"dlsetup install {subject.framework} --env .venv",),
        ),
    )


def _illegal_instruction(completed: Completed, stage: str, subject: Subject, around: Surroundings) -> Finding:
    """SIGILL: an instruction that this processor does not know. Source: tensorflow/tensorflow issue 19584."""
    imitated = _QEMU.search(completed.stderr)
    evidence = [_how(completed, "ill"), *_where(completed.stderr)]
    # what the machine's own processor offers says nothing about the one that qemu imitates
    features = None if imitated else around.cpu_features
    if imitated:
        evidence.insert(0, shortened(imitated.group()))
        summary = (
            f"This processor lacks AVX or another instruction that {subject.title} uses: qemu imitates an older one."
        )
    elif features is None:
        summary = f"This processor lacks AVX or another instruction that {subject.title} uses."
    elif "avx" not in features and any(each.startswith("sse") or each == "fpu" for each in features):
        summary = f"This processor lacks AVX, which {subject.title} uses."
        evidence.append("the processor's list of features has no avx")
    else:
        summary = f"This processor lacks an instruction that {subject.title} uses, though not AVX."
        known = [each for each in ("avx", "avx2", "fma", "f16c", "bmi2", "avx512f") if each in features]
        evidence.append(f"the processor offers {', '.join(known) or 'no AVX, being of another kind'}")
    return Finding(
        check=_check(stage),
        status=Status.FAIL,
        mode="cpu-missing-avx",
        summary=summary,
        evidence=tuple(evidence),
        remedy=Remedy(
            text="In a virtual machine, set the CPU model to that of the host; in a container, use an image for the "
            "host's own architecture; else use a framework or a release that does without the instruction.",
            commands=("dlsetup frameworks",),
            links=("https://github.com/tensorflow/tensorflow/issues/19584",),
        ),
    )


def _killed(completed: Completed, stage: str, subject: Subject, around: Surroundings) -> Finding:
    """SIGKILL cannot be explained by its victim: the kernel's counters make want of memory likely, no more."""
    evidence = [_how(completed, "kill")]
    counted = bool(around.killed_for_memory)
    if counted:
        evidence.append(f"the kernel killed {around.killed_for_memory} process(es) for want of memory meanwhile")
    if around.memory_limit_bytes is not None:
        limit = around.memory_limit_bytes / 2**20
        evidence.append(f"memory is limited to {limit:.0f} MiB ({around.memory_limit_source})")
    mode = None
    if counted or around.memory_limit_bytes is not None:
        mode = "container-memory-limit" if around.memory_limit_bytes is not None else "host-memory-exhausted"
    else:
        evidence.append("nothing on this machine tells who killed it")
    return Finding(
        check=_check(stage),
        status=Status.FAIL,
        mode=mode,
        summary=f"{subject.title} was killed {_WHILE.get(stage, '')}, most likely for want of memory.",
        evidence=tuple(evidence),
        remedy=Remedy(
            text="Raise the memory limit of the container or job, or end other programs, then try again.",
            commands=(f"dlsetup smoke {subject.framework}",),
            links=("https://docs.kernel.org/admin-guide/cgroup-v2.html",),
        ),
    )


def _bus_error(completed: Completed, stage: str, subject: Subject, around: Surroundings) -> Finding:
    """SIGBUS: a mapped file has no room behind it, in shared memory or on a full disk. Source: mmap(2)."""
    small = around.shared_memory_bytes is not None and around.shared_memory_bytes < 2**30
    evidence = [_how(completed, "bus"), *_where(completed.stderr)]
    if around.shared_memory_bytes is not None:
        evidence.append(f"/dev/shm has {around.shared_memory_bytes / 2**20:.0f} MiB")  # noqa: S108 - named, not used
    cause = "shared memory (/dev/shm) is too small" if small else "shared memory or a file on disk was cut short"
    return Finding(
        check=_check(stage),
        status=Status.FAIL,
        mode="shm-too-small" if small else None,
        summary=f"{subject.title} met a bus error {_WHILE.get(stage, '')}: most likely {cause}.",
        evidence=tuple(evidence),
        remedy=Remedy(
            text="Give a container more shared memory (docker run --shm-size=8g); else look for room on the disks and "
            f"install {subject.title} again.",
            commands=(f"dlsetup install {subject.framework}",),
        ),
    )


def _broke(completed: Completed, stage: str, subject: Subject, around: Surroundings) -> Finding:  # noqa: ARG001
    """SIGSEGV, SIGABRT, SIGFPE: the framework's own code broke."""
    signal = signal_of(completed) or "segv"
    what = {"abrt": "stopped itself", "fpe": "divided by zero"}.get(signal, "touched memory that is not its own")
    fatal = [shortened(line) for line in _FATAL.findall(completed.stderr)[-1:]]
    return Finding(
        check=_check(stage),
        status=Status.FAIL,
        summary=f"{subject.title} crashed {_WHILE.get(stage, '')}: it {what}.",
        evidence=(*fatal, _how(completed, signal), *_where(completed.stderr)),
        remedy=Remedy(
            text="Mixed or damaged packages are the usual cause: doctor looks for them; else install "
            f"{subject.title} in an environment of its own.",
            commands=(
                f"dlsetup doctor --python {subject.quoted_python}",
                f"dlsetup install {subject.framework} --env .venv-{subject.framework}",
            ),
        ),
    )


def _dll_missing(completed: Completed, stage: str, subject: Subject, around: Surroundings) -> Finding:  # noqa: ARG001
    return Finding(
        check=_check(stage),
        status=Status.FAIL,
        mode="windows-vcredist-missing",
        summary="Windows finds a library of the interpreter or the framework not: STATUS_DLL_NOT_FOUND.",
        evidence=(_how(completed, "dll"),),
        remedy=Remedy(
            text="Install the Visual C++ runtime.",
            commands=("winget install --id Microsoft.VCRedist.2015+.x64 -e",),
            needs_root=True,
        ),
    )


def _stopped(completed: Completed, stage: str, subject: Subject, around: Surroundings) -> Finding:  # noqa: ARG001
    return Finding(
        check=_check(stage),
        status=Status.FAIL,
        summary=f"{subject.title} was told to stop {_WHILE.get(stage, '')} by another program.",
        evidence=("the process ended by SIGTERM", *_where(completed.stderr)),
        remedy=Remedy(text="Try again.", commands=(f"dlsetup smoke {subject.framework}",)),
    )


def _without_signal(completed: Completed, stage: str, subject: Subject, around: Surroundings) -> Finding:  # noqa: ARG001
    """Name an end without a signal and without an answer, by the last thing that was said."""
    exception = last_line(_last_exception(completed.stderr).split("\n", 1)[0])
    said = exception or last_line(without_stages(completed.stderr)) or last_line(completed.stdout)
    evidence = [_how(completed, None)]
    if said:
        evidence.insert(0, shortened(said))
    return Finding(
        check=_check(stage),
        status=Status.FAIL,
        summary=f"The smoke test of {subject.title} ended {_WHILE.get(stage, '')} without an answer.",
        evidence=tuple(evidence),
        remedy=_reinstall(subject),
    )


_BY_SIGNAL = {
    "ill": _illegal_instruction,
    "kill": _killed,
    "bus": _bus_error,
    "segv": _broke,
    "abrt": _broke,
    "fpe": _broke,
    "dll": _dll_missing,
    "term": _stopped,
}
