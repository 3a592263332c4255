"""What the requirement files of the working folder ask for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dlsetup.probe import probe_session
from dlsetup.probe.requirement_files import parse_requirements, parse_uv_sources, read_requirement_files
from dlsetup.system.recorded import RecordedSystem

TEXT = """\
# what the service needs
--extra-index-url https://index.invalid/whl/cu126
-i https://mirror.invalid/simple
torch==2.6.0+cu126 \\
    --hash=sha256:00
numpy<2  # until the old extension is gone
./wheels/x-1.0-py3-none-any.whl

-r other.txt
-e .
"""


def test_requirements_and_indexes_are_told_apart():
    requirements, indexes = parse_requirements(TEXT)
    assert requirements == ("torch==2.6.0+cu126", "numpy<2", "./wheels/x-1.0-py3-none-any.whl")
    assert indexes == ("https://index.invalid/whl/cu126", "https://mirror.invalid/simple")


def test_an_address_may_bear_a_sharp():
    assert parse_requirements("x @ https://a.invalid/x.whl#sha256=00\n") == (
        ("x @ https://a.invalid/x.whl#sha256=00",),
        (),
    )


def test_files_by_their_usual_names_are_read_and_no_others():
    files = {
        f"/code/{name}": "torch\n" for name in ("requirements.txt", "requirements-dev.txt", "notes.txt", "setup.py")
    }
    system = RecordedSystem({"platform": "linux", "files": files, "values": {"folder": "/code"}})
    found = read_requirement_files(system, "/code")
    assert [each.path for each in found] == ["/code/requirements-dev.txt", "/code/requirements.txt"]
    assert probe_session(system).requirement_files == found
    assert read_requirement_files(system, None) == ()
    assert read_requirement_files(system, "/empty") == ()


def test_a_very_long_file_is_left_alone():
    files = {"/code/requirements.txt": "torch\n" * 100_000}
    assert read_requirement_files(RecordedSystem({"platform": "linux", "files": files}), "/code") == ()


PROJECT = """\
[[tool.uv.index]]
name = "whl"
url = "https://index.invalid/whl/cu126"
explicit = true

[tool.uv.sources]
torch = { index = "whl" }
torchvision = [{ index = "whl", marker = "sys_platform == 'linux'" }]
triton = { index = "whl", marker = "sys_platform == 'linux'" }
mine = { path = "../mine" }
"""


def test_packages_that_come_from_one_index_everywhere_are_named():
    assert parse_uv_sources(PROJECT) == (("torch", "https://index.invalid/whl/cu126"),)
    system = RecordedSystem({"platform": "macos", "files": {"/code/pyproject.toml": PROJECT}})
    assert read_requirement_files(system, "/code")[0].everywhere == (("torch", "https://index.invalid/whl/cu126"),)


def test_a_project_without_uv_or_a_broken_one_tells_nothing():
    for text in ("[project]\nname = 'x'\n", "[tool.uv\n", "[tool.uv]\nindex = 1\n", "[tool.uv.sources]\nx = 1\n"):
        assert parse_uv_sources(text) == ()
        system = RecordedSystem({"platform": "linux", "files": {"/code/pyproject.toml": text}})
        assert read_requirement_files(system, "/code") == ()


@given(st.text())
def test_any_text_is_read_without_trouble(text):
    requirements, _ = parse_requirements(text)
    assert all(line and not line.startswith("-") for line in requirements)
