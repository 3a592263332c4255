"""Answers are read from any text without raising."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from dlsetup.verify.answer import last_stage, parse_answer, parse_line, without_stages
from dlsetup.verify.surroundings import parse_features, parse_oom_kills

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = ("losses", "accuracy", "surface", "points", "peak_memory_bytes", "error", "version", "max_difference")


@given(st.text())
def test_any_text_is_read(text):
    parse_answer(text.splitlines())
    last_stage(text)
    parse_features(text)
    parse_oom_kills(text)


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_any_json_is_read(told):
    answer = parse_line(json.dumps({"framework": "pytorch", "losses": [], **told}))
    assert answer is not None
    assert all(isinstance(loss, float) for loss in answer.losses)
    assert all(len(row) == len(answer.surface) for row in answer.surface)


def test_numbers_too_large_for_a_float_are_infinite():
    answer = parse_line('{"framework": "x", "losses": [1' + "0" * 400 + "]}")
    assert answer is not None
    assert answer.losses == (float("inf"),)


def test_a_surface_that_is_no_square_of_probabilities_is_none():
    for surface in ([[0.1, 0.2]], [[2.0]], [[0.1], [0.2, 0.3]], [0.5], "0"):
        answer = parse_line(json.dumps({"framework": "x", "losses": [1], "surface": surface}))
        assert answer is not None
        assert answer.surface == ()


def test_the_last_stage_counts_and_stages_are_no_output():
    text = "dlsetup-stage: import\nwarning\ndlsetup-stage: train\n"
    assert last_stage(text) == "train"
    assert last_stage("I dlsetup-stage: import") is None
    assert without_stages(text).split() == ["warning"]


def test_flags_are_read_on_either_architecture():
    assert parse_features("processor\t: 0\nflags\t\t: fpu avx\n\nprocessor\t: 1\nflags : fpu\n") == ("fpu", "avx")
    assert parse_features("Features\t: fp asimd\n") == ("fp", "asimd")
    assert parse_features("") is None


def test_the_kernels_counter_is_read():
    assert parse_oom_kills("nr_free 1\noom_kill 3\noom_killer 4\n") == 3
    assert parse_oom_kills("nr_free 1\n") is None
