"""FRAMEWORK[==X] as people type it."""

from __future__ import annotations

import pytest

from dlsetup.catalog import load_catalog
from dlsetup.commands.wanted import read_wanted
from dlsetup.errors import UsageError

CATALOG = load_catalog()


def test_names_aliases_and_versions_are_read():
    wanted = read_wanted(("torch==2.14.1", "TensorFlow", "keras>=3.10,<4"), CATALOG)
    assert [(each.framework, str(each.versions)) for each in wanted] == [
        ("pytorch", "==2.14.1"),
        ("tensorflow", ""),
        ("keras", "<4,>=3.10"),
    ]


def test_a_framework_that_is_named_twice_is_one_with_both_bounds():
    (wanted,) = read_wanted(("pytorch>=2.9", "torch<2.12"), CATALOG)
    assert not wanted.versions.contains("2.12")
    assert wanted.versions.contains("2.10")


@pytest.mark.parametrize(
    ("text", "near"),
    [("pytroch", "pytorch"), ("tensorflw", "tensorflow"), ("kears", "keras"), ("Tensor-flow", "tensorflow")],
)
def test_a_misspelt_name_is_answered_with_the_nearest(text, near):
    with pytest.raises(UsageError) as caught:
        read_wanted((text,), CATALOG)
    assert near in caught.value.do


@pytest.mark.parametrize("text", ["", "pytorch==", "pytorch==abc", "pytorch 2.0", "==2", "pytorch;", "\0"])
def test_what_is_no_framework_with_a_version_is_a_usage_error(text):
    with pytest.raises(UsageError) as caught:
        read_wanted((text,), CATALOG)
    assert caught.value.seen
    assert caught.value.do


@pytest.mark.parametrize("text", ["torch[extra]", "torch @ https://a.example/x.whl", "torch; python_version < '3'"])
def test_extras_urls_and_markers_are_more_than_a_framework(text):
    with pytest.raises(UsageError):
        read_wanted((text,), CATALOG)
