"""Which wheel of several that fit is taken."""

from __future__ import annotations

from itertools import permutations

import pytest

from dlsetup.resolve.taken import taken


@pytest.mark.parametrize(
    "names",
    [
        # best first; as uv 0.13.9 locked them for CPython 3.11 on Linux x86-64
        [
            "charset_normalizer-3.5.2-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl",
            "charset_normalizer-3.5.2-cp37-abi3-manylinux1_x86_64.manylinux_2_28_x86_64.manylinux_2_5_x86_64.whl",
            "charset_normalizer-3.5.2-py3-none-any.whl",
        ],
        ["protobuf-7.36.2-cp310-abi3-manylinux2014_x86_64.whl", "protobuf-7.36.2-py3-none-any.whl"],
        ["numpy-1.19.5-cp36-cp36m-manylinux2010_x86_64.whl", "numpy-1.19.5-cp36-cp36m-manylinux1_x86_64.whl"],
        ["a-1-cp39-abi3-win_amd64.whl", "a-1-cp38-abi3-win_amd64.whl", "a-1-py3-none-win_amd64.whl"],
        ["a-1-2b-cp311-cp311-macosx_14_0_arm64.whl", "a-1-cp311-cp311-macosx_11_0_arm64.whl", "a-1.tar.gz"],
    ],
    ids=["stable ABI", "pure", "two systems", "two Pythons", "build number"],
)
def test_the_most_specific_wheel_is_taken_whatever_the_order(names):
    assert {taken(list(each)) for each in permutations(names)} == {names[0]}


@pytest.mark.parametrize("names", [[], ["a-1.tar.gz"], ["odd.whl"], ["odd-1.whl"]])
def test_what_is_no_wheel_is_not_taken(names):
    assert taken(names) is None
