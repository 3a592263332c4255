"""The time of an import, measured from outside."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dlsetup.values.comparison import ImportTime
from dlsetup.verify.timing import WITHOUT_BYTECODE, import_time, time_import


def test_the_bare_interpreter_is_taken_off_and_the_middle_one_counts():
    took = import_time("torch", 4.0, [0.1, 0.3, 0.2], [2.2, 1.2, 1.7])
    assert took.start_seconds == 0.2
    assert (took.least_seconds, took.median_seconds, took.most_seconds) == pytest.approx((1.0, 1.5, 2.0))
    assert took.first_seconds == pytest.approx(3.8)
    assert took.runs == 3


def test_what_is_lost_in_the_noise_is_nothing():
    took = import_time("mlx", None, [0.2, 0.2, 0.2], [0.1, 0.19, 0.21])
    assert (took.least_seconds, took.median_seconds) == (0, 0)
    assert took.first_seconds is None


def test_a_real_import_is_timed_with_its_variables(local):
    took = time_import(local, python=sys.executable, module="json.tool", variables={"SEEN": "1"}, timeout=60)
    assert isinstance(took, ImportTime)
    assert 0 < took.start_seconds < 60
    assert took.least_seconds <= took.median_seconds <= took.most_seconds


def test_what_cannot_be_imported_is_told(local):
    assert "no_such_module" in time_import(
        local, python=sys.executable, module="no_such_module", variables={}, timeout=60
    )


@pytest.mark.parametrize(("folder", "compiled"), [("site-packages", False), ("own", True)])
def test_the_first_import_neither_reads_nor_writes_bytecode_of_what_is_installed(tmp_path, folder, compiled):
    place = tmp_path / folder
    (place / "package").mkdir(parents=True)
    (place / "package" / "__init__.py").write_text("import package.inner\n")
    (place / "package" / "inner.py").write_text("VALUE = 1\n")
    code = f"import sys; sys.path.insert(0, {str(place)!r}); sys.dont_write_bytecode = False\n{WITHOUT_BYTECODE}"
    code += "import package, json.tool; print(package.inner.VALUE)"
    argv = [sys.executable, "-E", "-c", code]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert bool(list(place.rglob("*.pyc"))) is compiled
