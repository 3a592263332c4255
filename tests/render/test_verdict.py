"""The first and the last line of a report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dlsetup.render.story import tell
from dlsetup.render.verdict import NextStep, count, judge, next_step
from dlsetup.values.environment import Session
from dlsetup.values.finding import Finding, Remedy, Status
from dlsetup.values.host import Host, OperatingSystem
from dlsetup.values.report import Outcome, Report

OK = Finding(check="m.gpu", status=Status.OK, summary="fine")
ODD = Finding(check="m.amd", status=Status.UNKNOWN, summary="nobody knows")
WARNED = Finding(check="m.storage", status=Status.WARN, summary="little room")
FAILED = Finding(check="fit.arch", status=Status.FAIL, summary="no code for this GPU")


def verdict(report: Report) -> tuple[str, str]:
    answer = judge(report, tell(report.findings))
    return answer.word, answer.text


def step(report: Report, folder: str | None = None) -> NextStep:
    return next_step(report, tell(report.findings), folder)


def doctor(*findings: Finding, **facts) -> Report:
    return Report(command="doctor", host=Host(), findings=findings, **facts)


@pytest.mark.parametrize(
    ("findings", "answer"),
    [
        ((), ("Not known", "no check could be answered")),
        ((ODD,), ("Not known", "no check could be answered")),
        ((OK,), ("Healthy", "1 check passed, nothing to mend")),
        ((OK, ODD), ("Not sure", "nobody knows")),
        ((OK, ODD, WARNED), ("Not sure", "nobody knows")),
        ((OK, WARNED), ("Works, with 1 warning", "little room")),
        ((OK, ODD, WARNED, FAILED), ("Not ready", "no code for this GPU")),
    ],
)
def test_what_is_not_known_is_never_called_healthy(findings, answer):
    assert verdict(doctor(*findings)) == answer


def test_a_machine_without_any_python_is_not_called_healthy_without_a_word():
    assert verdict(doctor(OK, session=Session())) == (
        "Healthy so far",
        "1 check passed, but no Python environment was looked at",
    )


def test_training_is_the_proof(samples):
    assert verdict(samples.installed) == ("Ready", "PyTorch 2.13.0+cpu trains on cpu")
    keras = replace(samples.trained, framework="keras", version="3.12.0", accelerator="cuda")
    both = replace(samples.installed, smoke=(samples.trained, keras))
    assert verdict(both)[1] == "PyTorch 2.13.0+cpu trains on cpu, Keras 3.12.0 trains on cuda"
    same = replace(both, smoke=(samples.trained, replace(keras, accelerator="cpu", version=None)))
    assert verdict(same)[1] == "PyTorch 2.13.0+cpu and Keras train on cpu"
    crashed = replace(samples.installed, smoke=(samples.crashed,), findings=(samples.crash,))
    assert verdict(crashed) == ("Not ready", samples.crash.summary)


def test_an_empty_environment_is_not_called_ready():
    empty = doctor(OK, frameworks=())
    assert verdict(empty) == ("Healthy so far", "1 check passed, but no framework is installed here")
    assert step(empty).command == "dlsetup install pytorch"


def test_what_is_healthy_is_named():
    found = (("pytorch", "2.13.0+cpu"), ("keras", None))
    assert verdict(doctor(OK, frameworks=found))[1] == "PyTorch 2.13.0+cpu, Keras, 1 check passed, nothing to mend"


def test_a_failed_step_or_exit_code_is_never_called_ready(samples):
    broken = replace(samples.installed, outcomes=(Outcome(title="install", exit_code=None, seconds=1.0),))
    assert verdict(broken) == ("Not ready", 'the step "install" failed')
    assert verdict(replace(samples.installed, exit_code=4)) == ("Not ready", "the command ended with exit code 4")
    assert step(broken) == NextStep()


def test_a_plan_that_was_not_carried_out_is_no_success(samples):
    assert verdict(samples.planned)[0] == "Planned"
    assert verdict(replace(samples.planned, proposal=samples.unsupported, exit_code=3))[0] == "Not ready"


def test_all_trouble_is_counted():
    assert count(tell((FAILED, WARNED, ODD, replace(ODD, check="x")))) == "1 problem, 2 open questions, 1 warning"
    assert count(tell((OK,))) == ""


@pytest.mark.parametrize(
    ("remedy", "expected"),
    [
        (Remedy(text="mend it", automatic=True, commands=("x",)), NextStep(command="dlsetup doctor --fix")),
        (Remedy(text="mend it", commands=("sudo x",)), NextStep(command="sudo x")),
        (
            Remedy(text="mend it", commands=("x", "y")),
            NextStep(text="the 2 commands of fit.arch, then dlsetup doctor again"),
        ),
        (Remedy(text="mend it"), NextStep(text="mend it")),
        (None, NextStep()),
    ],
)
def test_the_next_step_is_the_remedy_of_the_worst(remedy, expected):
    assert step(doctor(replace(WARNED, remedy=remedy), replace(FAILED, remedy=remedy))) == expected


def test_the_environment_that_was_looked_at_is_mended_and_no_other(samples):
    path = f"{samples.folder}/.venv"
    remedy = Remedy(text="mend it", automatic=True, commands=("x",))
    report = replace(samples.healthy, findings=(replace(FAILED, remedy=remedy),))
    assert step(report, samples.folder).command == "dlsetup doctor --fix"
    other = replace(report.environments[0], path=f"{samples.folder}/other")
    assert step(replace(report, environments=(other,)), samples.folder).command == "dlsetup doctor --fix --env ./other"
    active = replace(report.session, active=f"{samples.folder}/other")
    assert step(replace(report, environments=(other,), session=active)).command == "dlsetup doctor --fix"
    assert report.environments[0].path == path


def test_what_was_left_out_keeps_a_machine_from_being_called_healthy(samples):
    part = replace(samples.healthy, left_out=30)
    assert verdict(part)[0] == "Healthy so far"
    assert step(part) == NextStep()
    nothing = doctor(replace(OK, status=Status.SKIP), left_out=30)
    assert verdict(nothing)[0] == "Nothing to say"


def test_what_was_mended_is_counted_and_what_was_not_is_the_verdict(samples):
    mended, vain = samples.mended.repairs
    assert "1 problem mended" in verdict(replace(samples.healthy, repairs=(mended,)))[1]
    failed = replace(samples.healthy, repairs=(mended, vain), exit_code=5)
    assert verdict(failed) == ("Not ready", vain.summary)


def test_after_a_static_look_the_proof_comes_next(samples):
    assert step(samples.healthy).command == "dlsetup doctor --deep"
    assert step(replace(samples.healthy, deep=True)) == NextStep()
    assert step(doctor(OK)) == NextStep()


def test_after_an_installation_the_environment_is_activated(samples):
    report = samples.installed
    assert step(report, samples.folder).command == "source ./.venv/bin/activate"
    assert step(report).command == f"source {samples.folder}/.venv/bin/activate"
    active = replace(report, session=replace(report.session, active=report.environments[0].path))
    assert step(active) == NextStep()
    assert step(replace(report, session=None)).command
    windows = replace(
        report,
        host=Host(os=OperatingSystem(system="windows")),
        environments=(replace(report.environments[0], path="C:\\my work\\.venv"),),
    )
    assert step(windows).command == "& 'C:\\my work\\.venv\\Scripts\\activate'"
    conda = replace(report, environments=(replace(report.environments[0], kind="conda"),))
    assert step(conda) == NextStep()
