"""Symptoms are found in texts of any size, in pieces of any size, in bounded time."""

from __future__ import annotations

import time

import pytest

from dlsetup.explain import Search, Table
from dlsetup.values.symptom import FailureMode, Symptom


def mode(pattern, *literals, name="moon", specificity=3):
    symptom = Symptom(pattern=pattern, literals=literals, specificity=specificity, example="")
    return FailureMode(id=name, layer="hardware", summary="", cause="", symptoms=(symptom,))


NMS = mode(r"operator\s+torchvision::(?P<op>\w+)\s+does\s+not\s+exist", "torchvision::")
LINE = "RuntimeError: operator torchvision::nms does not exist"


def found(modes, *pieces):
    search = Search(Table(modes))
    search.read(pieces)
    return search.matches()


def test_a_symptom_is_found_with_its_line_its_groups_and_its_place():
    (match,) = found([NMS], f"one\ntwo\n{LINE}\nfour\n")
    assert (match.line, match.line_number, match.groups, match.times) == (LINE, 3, {"op": "nms"}, 1)


def test_a_message_that_is_wrapped_is_found():
    (match,) = found([NMS], "RuntimeError: operator torchvision::nms\n  does not\n  exist")
    assert match.line.startswith("RuntimeError")


def test_a_message_behind_prefixes_on_each_line_is_found():
    text = "x-1  | RuntimeError: operator torchvision::nms\nx-1  |  does not exist\n"
    (match,) = found([NMS], text)
    assert match.line == "RuntimeError: operator torchvision::nms"


def test_a_message_inside_of_json_is_found():
    (match,) = found([NMS], '{"log": "a\\nRuntimeError: operator torchvision::nms\\ndoes not exist\\n"}')
    assert match.groups == {"op": "nms"}


@pytest.mark.parametrize("size", [50, 997, 4096, 100_000])
def test_the_size_of_the_pieces_changes_nothing(size):
    text = "".join(f"step {n} loss {n / 7:.4f}\n" for n in range(4000)) + LINE + "\n" + "end\n" * 3000
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    (match,) = found([NMS], *pieces)
    assert (match.line, match.line_number, match.times) == (LINE, 4001, 1)


def test_what_is_repeated_is_counted_and_told_once():
    matches = found([NMS], *(f"{n} {LINE}\n" * 10 for n in range(30)))
    assert matches[0].times >= 250
    assert len(matches) < 10


def test_the_second_place_in_a_line_counts_if_the_first_is_none():
    (match,) = found([mode(r"open files: too many", "open")], "failed to open it: open files: too many")
    assert match.text == "open files: too many"


def test_one_of_several_literals_is_enough_and_none_is_not():
    either = mode(r"(?:moon|luna) is near", "moon", "luna")
    assert [match.text for match in found([either], "the luna is near")] == ["luna is near"]
    assert found([either], "the moon is far") == ()


def test_a_match_with_both_literals_is_found_once():
    (match,) = found([mode(r"moon.*luna", "moon", "luna")], "moon and luna")
    assert match.times == 1


def test_a_literal_of_digits_alone_is_found():
    assert found([mode(r"exit code 137\b", "137")], "with exit code 137\n")
    assert found([mode(r"exit code 137\b", "137")], "with exit code 138\n") == ()


def test_texts_are_kept_apart():
    search = Search(Table([NMS]))
    search.read([f"{LINE}\n"], "one.log")
    search.read(["\n", f"\n{LINE}\n"], "two.log")
    assert [(each.source, each.line_number) for each in search.matches()] == [("one.log", 1)]
    assert search.matches()[0].times == 2


def test_a_message_that_two_texts_hold_half_of_each_is_none():
    search = Search(Table([NMS]))
    search.read(["RuntimeError: operator torchvision::nms"])
    search.read(["does not exist"])
    assert search.matches() == ()


@pytest.mark.parametrize(
    "text",
    [
        "torchvision:: " * 200_000,
        "torchvision::" + "x" * 2_000_000,
        "operator torchvision::" + " " * 2_000_000,
        "operator\n" * 300_000 + "torchvision::nms",
    ],
    ids=["a literal everywhere", "one long word", "blanks", "half a message"],
)
def test_two_megabytes_of_temptation_take_no_time(text):
    began = time.process_time()
    found([NMS], *(text[start : start + (1 << 20)] for start in range(0, len(text), 1 << 20)))
    assert time.process_time() - began < 2


def test_what_ended_the_program_is_found_behind_any_number_of_near_misses():
    text = "".join(f"operator torchvision::op{chr(97 + n % 26)}{n} is fine\n" for n in range(60_000)) + LINE + "\n"
    assert found([NMS], *(text[start : start + 65_536] for start in range(0, len(text), 65_536)))
