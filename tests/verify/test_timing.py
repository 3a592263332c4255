"""The time of an import, measured from outside."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from dlsetup.values.comparison import ImportTime
from dlsetup.verify.timing import import_code, import_time, time_import


def test_the_bare_interpreter_is_taken_off_and_the_middle_one_counts():
    took = import_time("torch", 4.0, [0.1, 0.3, 0.2], [2.2, 1.2, 1.7])
    assert took.start_seconds == 0.2
    assert (took.least_seconds, took.median_seconds, took.most_seconds) == pytest.approx((1.0, 1.5, 2.0))
    assert took.first_seconds == pytest.approx(3.8)
    assert took.runs == 3


def test_what_is_lost_in_the_noise_is_nothing():
    took = import_time("mlx", 0.1, [0.2, 0.2, 0.2], [0.1, 0.19, 0.21])
    assert (took.least_seconds, took.median_seconds) == (0, 0)
    assert took.first_seconds == 0


def test_a_real_import_is_timed_with_its_variables(local):
    took = time_import(local, python=sys.executable, module="json.tool", variables={"SEEN": "1"}, timeout=60)
    assert isinstance(took, ImportTime)
    assert 0 < took.start_seconds < 60
    assert took.least_seconds <= took.median_seconds <= took.most_seconds


def test_what_cannot_be_imported_is_told(local):
    assert "no_such_module" in time_import(
        local, python=sys.executable, module="no_such_module", variables={}, timeout=60
    )


@pytest.mark.parametrize("forbidden", ["", "1"])
@pytest.mark.parametrize(("folder", "kept"), [("site-packages", 2), ("own", 0)])
def test_bytecode_of_what_is_installed_is_kept_apart_and_nothing_else_is_written(tmp_path, folder, kept, forbidden):
    place, work = tmp_path / folder, tmp_path / "work"
    (place / "package").mkdir(parents=True)
    (place / "package" / "__init__.py").write_text("import package.inner\n")
    (place / "package" / "inner.py").write_text("VALUE = 1\n")
    work.mkdir()
    code = import_code("package", str(work)) + "; print(package.inner.VALUE)"
    env = {**os.environ, "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": forbidden}
    seen = []
    for _ in range(2):
        argv = [sys.executable, "-v", "-c", code]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=True)
        assert done.stdout == "1\n"
        seen.append(done.stderr.count(f"# created '{work}"))
        assert list(place.rglob("*.pyc")) == []
    # written once, then read
    assert seen == [kept, 0]
    assert len(list(work.rglob("*.pyc"))) == kept
