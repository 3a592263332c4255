"""What holds for all checks together."""

from __future__ import annotations

import json
import runpy
import time
from dataclasses import replace
from pathlib import Path

import pytest

from dlsetup.catalog import load_catalog
from dlsetup.catalog.rules import with_rules
from dlsetup.check import CHECKS, Check, blocked, run_checks
from dlsetup.values.finding import Finding, Status

HERE = Path(__file__).parent
CASES = [case for path in sorted(HERE.glob("*_cases.py")) for case in runpy.run_path(str(path))["CASES"]]
MODES = sorted({(check, mode) for check, _, _, _, _, mode in CASES if mode is not None})


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[2]}-{case[4]}-{case[5] or case[1]}")
def test_a_check_answers_as_the_case_says(case, healthy, ask, edit):
    check, _, start, change, status, mode = case
    finding = ask(check, change(healthy(start), edit))
    assert (finding.status.value, finding.mode) == (status, mode), finding


def test_a_healthy_set_up_raises_no_alarm(each_healthy):
    assert not [each for each in run_checks(each_healthy) if each.status not in {Status.OK, Status.SKIP}]


def test_a_healthy_set_up_raises_no_alarm_with_the_catalog_that_ships(each_healthy):
    catalog = with_rules(load_catalog())
    names = {framework.name for framework in catalog.frameworks}
    known = [each for each in each_healthy.environment.distributions if each.name in {"torch", "tensorflow"}]
    if not known or not names >= {"pytorch", "tensorflow"}:
        pytest.skip("none of its frameworks is in the catalog yet")
    found = run_checks(replace(each_healthy, catalog=catalog))
    assert not [each for each in found if each.status not in {Status.OK, Status.SKIP}]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_check_has_a_case_where_it_passes_one_where_it_is_found_and_a_near_miss(check):
    kinds = {kind for name, kind, *_ in CASES if name == check.name}
    # m.gpu only says what is there
    assert kinds >= ({"passes", "near"} if check.name == "m.gpu" else {"passes", "found", "near"})


def test_names_are_unique_and_follow_earlier_checks_only():
    seen: set[str] = set()
    for check in CHECKS:
        assert check.name not in seen
        assert set(check.follows) <= seen, check.name
        seen.add(check.name)


def test_checks_and_modes_are_those_of_the_field_catalog(shared):
    field = json.loads((shared / "doctor" / "failure-modes.json").read_text())
    groups = {check["id"]: check["group"] for check in field["checks"]}
    assert {check.name: check.group for check in CHECKS}.items() <= groups.items()
    checks_of = {mode["id"]: mode["checks"] for mode in field["modes"]}
    for check, mode in MODES:
        assert check in checks_of[mode], (check, mode)


def test_every_mode_in_the_code_is_shown_by_a_case(shared):
    field = json.loads((shared / "doctor" / "failure-modes.json").read_text())
    text = "".join(path.read_text() for path in (HERE.parents[1] / "dlsetup" / "check").rglob("*.py"))
    written = {mode["id"] for mode in field["modes"] if f'"{mode["id"]}"' in text}
    assert written - {mode for _, mode in MODES} == set()


@pytest.mark.parametrize(
    "case", [case for case in CASES if case[1] == "found"], ids=lambda case: f"{case[0]}-{case[5]}"
)
def test_what_is_found_carries_evidence_and_a_remedy(case, healthy, ask, edit):
    check, _, start, change, _, _ = case
    finding = ask(check, change(healthy(start), edit))
    if finding.status in {Status.OK, Status.SKIP}:
        return
    assert finding.evidence
    assert finding.remedy is not None
    assert finding.remedy.text
    assert all(isinstance(command, str) and command.strip() for command in finding.remedy.commands)
    assert finding.remedy.commands or finding.remedy.links or finding.mode == "host-memory-exhausted"
    assert finding.summary.endswith(".")


def test_a_check_that_breaks_hides_no_other(each_healthy):
    def breaks(_):
        raise ZeroDivisionError("on purpose")

    finding = Check(name="m.gpu", title="", group="machine", question=breaks).ask(each_healthy)
    assert finding.status is Status.UNKNOWN
    assert "ZeroDivisionError" in finding.evidence[0]
    assert finding.remedy is not None


def test_a_consequence_names_its_cause(healthy, edit):
    broken = edit.os(
        edit.driver(healthy("linux_nvidia"), state="missing", version=None, detail="no /dev/nvidiactl"),
        container="docker",
    )
    findings = {each.check: each for each in run_checks(broken)}
    assert findings["m.container"].mode == "container-started-without-gpu"
    assert findings["m.container"].because is None
    assert findings["m.nvidia-driver"].because == "m.container"
    assert findings["fit.driver"].because == "m.container"


def test_what_is_well_follows_from_nothing(healthy, edit):
    broken = edit.os(edit.driver(healthy("linux_nvidia"), state="missing", version=None), container="docker")
    assert all(each.because is None for each in run_checks(broken) if each.status in {Status.OK, Status.SKIP})


def test_only_what_forbids_an_installation_blocks():
    def finding(check, status=Status.FAIL):
        return Finding(check=check, status=status, summary="")

    assert blocked((finding("m.storage"),))
    assert not blocked((finding("fit.accelerator"), finding("m.storage", Status.WARN)))


def test_an_empty_situation_is_no_trouble(each_healthy):
    empty = replace(each_healthy, environment=None, session=None, storage=(), indexes=None)
    assert not [each for each in run_checks(empty) if each.status in {Status.FAIL, Status.WARN}]


def test_two_hundred_packages_are_checked_in_a_blink(healthy, edit):
    situation = healthy("linux_nvidia")
    more = tuple(
        edit.distribution(f"package-{number}", "1.0", *(f"package-{number + step}>=0.5" for step in range(1, 12)))
        for number in range(190)
    )
    crowded = edit.environment(situation, distributions=(*situation.environment.distributions, *more))
    run_checks(crowded)
    started = time.perf_counter()
    run_checks(crowded)
    # the aim is 30 ms; the limit leaves room for a busy machine
    assert time.perf_counter() - started < 0.3


@pytest.mark.parametrize(
    "case", [case for case in CASES if case[1] == "found"], ids=lambda case: f"{case[0]}-{case[5]}"
)
def test_no_remedy_changes_the_systems_python(case, healthy, ask, edit):
    check, _, start, change, _, _ = case
    system = edit.environment(change(healthy(start), edit), kind="system")
    finding = ask(check, edit.session(system, active=None))
    if finding.remedy is None:
        return
    python = system.environment.interpreter.path
    for command in finding.remedy.commands:
        assert not (python in command and (" install " in command or " uninstall " in command)), command
    assert not finding.remedy.automatic or all("--env .venv" in each for each in finding.remedy.commands)
