"""The bytes that RECORD names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlsetup.probe.footprint import installed_bytes, parse_sizes
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.environment import Distribution, Interpreter


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("a.py,sha256=x,10\nb.so,sha256=y,2000\na-1.dist-info/RECORD,,\n", 2010),
        ('"odd, name.py",sha256=x,5\r\nc.py,sha256=y,7\r\n', 12),
        ("__pycache__/a.cpython-311.pyc,,\na.py,sha256=x,0\n", 0),
        ("only.py,,\n", None),
        ("", None),
    ],
)
def test_sizes_are_added_up(text, size):
    assert parse_sizes(text) == size


@given(st.text())
def test_whatever_the_text_nothing_is_raised(text):
    assert parse_sizes(text) is None or parse_sizes(text) >= 0


def test_a_distribution_is_looked_for_in_every_folder_of_the_interpreter():
    system = RecordedSystem({"platform": "linux", "files": {"/two/a-1.dist-info/RECORD": "a.py,sha256=x,10\n"}})
    interpreter = Interpreter(path="/python", site_packages=("/one", "/two"))
    assert installed_bytes(system, interpreter, Distribution(name="a", version="1", folder="a-1.dist-info")) == 10
    assert installed_bytes(system, interpreter, Distribution(name="b", version="1", folder="b-1.dist-info")) is None
