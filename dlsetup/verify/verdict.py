"""Whether what a smoke script measured proves that the framework works."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dlsetup.values.finding import Finding, Remedy, Status

if TYPE_CHECKING:
    from dlsetup.values.symptom import Subject
    from dlsetup.verify.answer import Answer

LEAST_ACCURACY = 0.9
"""A straight line through the plane reaches some 0.6 on a disc in its ring."""

MOST_LOSS_LEFT = 0.5
"""The error has to fall to less than this share; a network that learns leaves a fiftieth."""

CPU_TOLERANCE = 1e-3
"""Results are near 1, sums have up to 1024 terms. 32-bit floats (24 bits of fraction) were seen to differ by 2e-6 from
double precision; a thousandth leaves room for other orders of summing, none for a wrong sum."""

GPU_TOLERANCE = 1e-2
"""GPUs multiply in TF32 where the framework lets them, with 11 bits of fraction: each product is off by up to 2**-10 of
itself, and sums of 1024 of them, with random signs, by some 2e-4 on average and 1e-3 at most.
Source: NVIDIA Ampere architecture whitepaper, "TF32"; https://docs.pytorch.org/docs/stable/notes/cuda.html#tf32-on-ampere.
The wrong sums that were reported (tensorflow-metal, a fused Dense and relu) are off by tenths."""

_APPLE = frozenset({"metal", "mps"})
"""Two words for the same GPU: TensorFlow's and PyTorch's."""


def same_kind(one: str | None, other: str | None) -> bool:
    """Tell whether two accelerators' names mean the same kind of device."""
    return one == other or {one, other} <= _APPLE


def findings_of(answer: Answer, planned: str | None, subject: Subject, stderr: str = "") -> tuple[Finding, ...]:
    """Judge a complete answer: the import, the device and the numbers."""
    return import_well(answer, subject), _device(answer, planned, subject, stderr), _compute(answer, subject)


def import_well(answer: Answer, subject: Subject) -> Finding:
    """Say that the framework was imported."""
    took = f" in {answer.import_seconds:.1f} s" if answer.import_seconds is not None else ""
    on = f" (on {answer.backend})" if answer.backend else ""
    name = " ".join(filter(None, [subject.title, answer.version]))
    return Finding(check="run.import", status=Status.OK, summary=f"{name}{on} imports{took}.")


def _device(answer: Answer, planned: str | None, subject: Subject, stderr: str) -> Finding:
    device = answer.device or "a device without a name"
    if answer.accelerator is None:
        return Finding(
            check="run.device",
            status=Status.FAIL,
            summary=f"{subject.title} does not say on which device it trained.",
            evidence=(f"planned: {planned or 'the best there is'}; the smoke test names no accelerator",),
            remedy=_rerun(subject),
        )
    if planned is None or same_kind(planned, answer.accelerator):
        name = answer.accelerator if device == answer.accelerator else f"{answer.accelerator} ({device})"
        return Finding(check="run.device", status=Status.OK, summary=f"{subject.title} trains on {name}.")
    return wrong_device(
        subject,
        stderr=stderr,
        summary=f"{subject.title} trained on {answer.accelerator}, although {planned} is planned.",
        seen=f"results lay on {answer.accelerator}; the device was called {device}",
    )


def wrong_device(subject: Subject, *, summary: str, seen: str, message: str = "", stderr: str = "") -> Finding:
    """Say that the planned device was not used, with the reason if the framework told one."""
    known = subject.recognise(message, stderr, "run.device", subject)
    return Finding(
        check="run.device",
        status=Status.FAIL,
        mode=known.mode if known else None,
        summary=summary,
        evidence=(seen, f"stderr: {known.line}") if known else (seen,),
        remedy=known.remedy
        if known
        else Remedy(
            text=f"See what doctor says of the driver and the installed build, or plan {subject.title} for the CPU.",
            commands=("dlsetup doctor", f"dlsetup install {subject.framework} --accelerator cpu"),
        ),
    )


def _compute(answer: Answer, subject: Subject) -> Finding:
    wrong = tuple(_wrong_numbers(answer))
    if not wrong:
        share = f"{100 * (answer.accuracy or 0):.0f} % of the points"
        fall = f"the error falls from {answer.losses[0]:.2f} to {answer.losses[-1]:.2g}"
        return Finding(
            check="run.compute", status=Status.OK, summary=f"{subject.title} computes right: {fall}, {share} are split."
        )
    return Finding(
        check="run.compute",
        status=Status.FAIL,
        summary=f"{subject.title} computes wrong numbers on {answer.accelerator or 'its device'}.",
        evidence=wrong,
        remedy=_other_build(answer, subject),
    )


def _wrong_numbers(answer: Answer) -> list[str]:
    """Return every reason against the measured numbers."""
    tolerance = CPU_TOLERANCE if answer.accelerator == "cpu" else GPU_TOLERANCE
    wrong = []
    first, last = (answer.losses[0], answer.losses[-1]) if answer.losses else (math.nan, math.nan)
    if not last < MOST_LOSS_LEFT * first:
        wrong.append(f"the error does not fall: {first:.4g} at first, {last:.4g} after {len(answer.losses)} epochs")
    if answer.accuracy is None or not answer.accuracy > LEAST_ACCURACY:
        told = "not told" if answer.accuracy is None else f"{answer.accuracy:.2f}"
        wrong.append(f"accuracy {told}; more than {LEAST_ACCURACY} is needed")
    for what, found in (("a wide layer", answer.max_difference), ("a convolution", answer.conv_difference)):
        if found is None:
            wrong.append(f"{what} was not compared with the processor")
        elif not found <= tolerance:
            wrong.append(f"{what} differs from the processor's results by {found:.3g}; {tolerance:g} is allowed")
    return wrong


def _other_build(answer: Answer, subject: Subject) -> Remedy:
    if answer.accelerator in (None, "cpu"):
        return Remedy(
            text=f"Install {subject.title} again, in an environment of its own.",
            commands=(f"dlsetup install {subject.framework} --env .venv-{subject.framework}",),
        )
    if subject.framework == "tensorflow" and answer.accelerator == "metal":
        text = "Wrong results of tensorflow-metal are known and not mended: the newest TensorFlow for the CPU is safer."
    else:
        text = f"Update the driver, or use {subject.title} on the CPU until the results are right."
    return Remedy(text=text, commands=(f"dlsetup install {subject.framework} --accelerator cpu",))


def _rerun(subject: Subject) -> Remedy:
    return Remedy(text="Install it again and repeat the test.", commands=(f"dlsetup install {subject.framework}",))
