"""Machines that others recorded: every fact that is found is right."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

_PATH = Path(__file__).resolve().parents[1] / "score_hosts.py"
_SPEC = importlib.util.spec_from_file_location("score_hosts", _PATH)
score = importlib.util.module_from_spec(_SPEC)
sys.modules["score_hosts"] = score
_SPEC.loader.exec_module(score)


@pytest.fixture(scope="module")
def facts(shared):
    """Compare every record once."""
    found = []
    for record in score.records(shared / "hosts" / "records"):
        found += score.compared(record, score.host_of(record))
    return found


def test_no_recorded_fact_is_found_wrong(facts):
    wrong = [
        f"{fact.record}: {fact.name} is {fact.truth!r}, found {fact.found!r}"
        for fact in facts
        if fact.verdict == "WRONG"
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("kind", "share"),
    [
        ("nvidia", 0.8),
        ("nvidia-xml", 0.98),
        ("nvidia-broken", 0.8),
        ("os", 0.75),
        ("cpu", 0.95),
        ("container", 1.0),
        ("amd", 0.9),
        ("apple", 1.0),
        ("windows", 0.9),
    ],
)
def test_most_recorded_facts_are_found(facts, kind, share):
    of_kind = [fact for fact in facts if fact.kind == f"host-probe/{kind}"]
    right = sum(fact.verdict == "right" for fact in of_kind)
    assert of_kind
    assert right / len(of_kind) >= share


def test_every_record_of_any_kind_replays(shared):
    for record in score.records(shared / "hosts" / "records"):
        host = score.host_of(record)
        assert host.gpus or host.gaps, f"{record['id']}: nothing found, and nothing said to be missing"
