"""A sample of the matrix of tests/resolution_matrix.py, resolved for real: what is planned can be had."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

RESOLVE = {
    ("tensorflow", "linux-x86_64", "3.12"): "2.21.0 cpu",
    ("tensorflow", "linux-arm64", "3.9"): "2.20.0 cpu",
    ("tensorflow", "macos-arm64", "3.11"): "2.18.1 metal",
    ("tensorflow", "macos-x86_64", "3.12"): "2.16.2 cpu",
    ("tensorflow", "windows-x86_64", "3.13"): "2.21.0 cpu",
    ("jax", "linux-x86_64", "3.14"): "0.12.0.1 cpu",
    ("jax", "windows-x86_64", "3.11"): "0.10.2 cpu",
    ("jax", "macos-x86_64", "3.10"): "0.4.38 cpu",
    ("mlx", "macos-arm64", "3.14"): "0.32.4 metal",
    ("mlx", "linux-arm64", "3.10"): "0.32.4 cpu",
    ("pytorch", "macos-arm64", "3.14"): "2.15.0 mps",
    ("pytorch", "windows-x86_64", "3.12"): "2.15.0 cpu",
    ("mxnet", "linux-x86_64", "3.11"): "1.9.1 cpu",
}
REJECTED = {
    ("tensorflow", "linux-x86_64", "3.14"): "python",
    ("tensorflow", "windows-arm64", "3.12"): "platform",
    ("jax", "macos-x86_64", "3.14"): "python",
    ("mxnet", "linux-x86_64", "3.12"): "python",
    ("mlx", "macos-x86_64", "3.12"): "platform",
    ("cntk", "linux-x86_64", "3.12"): "python",
}


@pytest.fixture(scope="module")
def matrix():
    spec = importlib.util.spec_from_file_location("resolution_matrix", ROOT / "tests" / "resolution_matrix.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["resolution_matrix"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.parametrize("place", RESOLVE, ids=" ".join)
def test_what_is_planned_resolves_against_the_registry(place, matrix):
    cell = matrix.cell_of(*place, mirror=None)
    if "index-failed" in cell.trouble:
        pytest.skip(cell.trouble)
    assert cell.chosen == RESOLVE[place]
    assert cell.pins


@pytest.mark.parametrize("place", REJECTED, ids=" ".join)
def test_what_cannot_be_had_is_rejected_with_the_true_reason(place, matrix):
    assert REJECTED[place] in matrix.cell_of(*place, mirror=None).reasons
