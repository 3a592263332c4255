"""The plan for every recorded machine with a GPU is the one that was reasoned out beforehand (read in place)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from dlsetup.catalog import load_devices
from dlsetup.probe import probe_host
from dlsetup.system.recorded import RecordedSystem

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = tomllib.loads((Path(__file__).parent / "expected_plans.toml").read_text(encoding="utf-8"))
EXPECTED = {name: expected for group in TABLE.values() for name, expected in group.items()}


def record_of(shared, name):
    return json.loads((shared / "hosts" / "records" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_recorded_machine_gets_the_plan_that_it_needs(name, shared, plan_for, choice):
    host = probe_host(RecordedSystem(record_of(shared, name)), load_devices)
    pytorch, compute = EXPECTED[name]
    assert choice(plan_for(host, "pytorch")) == pytorch
    assert choice(plan_for(host, "tensorflow")).split(" ")[-1] == compute


@pytest.mark.parametrize("name", EXPECTED)
def test_a_plan_that_chooses_or_asks_gives_its_reasons(name, shared, plan_for):
    host = probe_host(RecordedSystem(record_of(shared, name)), load_devices)
    plan = plan_for(host, "pytorch").plans[0]
    assert all(each.reasons for each in plan.rejected)
    if not plan.builds:
        assert any("--" in reason for reason in plan.reasons), "how to answer the question is not told"
    elif plan.accelerator == "cpu":
        discrete = [gpu for gpu in host.gpus if gpu.vendor in {"nvidia", "amd"} and not gpu.integrated]
        assert all(any("not used" in reason for reason in plan.reasons) for _ in discrete)


def test_every_record_that_knows_of_a_gpu_is_in_the_table(shared):
    known = {
        path.stem
        for path in (shared / "hosts" / "records").glob("*.json")
        for truth in [json.loads(path.read_text(encoding="utf-8"))["truth"]]
        if truth.get("gpus") or truth.get("gpu")
    }
    assert known == set(EXPECTED)
