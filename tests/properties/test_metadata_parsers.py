"""Whatever a file says, the parsers of what Python leaves on a disk answer and never raise."""

from __future__ import annotations

import email
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlsetup.probe.distributions import (
    normalise,
    parse_metadata,
    parse_record,
    parse_requires_txt,
    parse_tags,
    read_distributions,
)
from dlsetup.probe.interpreters import find_interpreters
from dlsetup.probe.pip_configuration import parse_pip_configuration, read_pip_configuration
from dlsetup.probe.python import (
    parse_answer,
    parse_conda_meta,
    parse_torch_version,
    probe_environment,
    question,
)
from dlsetup.probe.pyvenv import parse_pyvenv
from dlsetup.probe.session import bundled_libraries, parse_shebang, probe_session, shadowing
from dlsetup.probe.storage import mount_of, parse_mounts, probe_storage
from dlsetup.system.recorded import RecordedSystem

WORDS = """
: = , " ' [ ] [global] [install] index-url no-index Name Version Requires-Dist Tag #! /usr/bin/env python '''exec' { }
home cuda hip __version__ %(x)s % ; / C:\\ .json - ~ 99999999
"""
SPACES = ["\n", "\r\n", "\r", " ", "\t", "\x00", "\ufeff", "\u2028"]
PIECES = st.sampled_from([*WORDS.split(), *SPACES])
ANY_TEXT = st.one_of(st.text(), st.lists(PIECES).map("".join))
NAMES = st.lists(ANY_TEXT)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
FACTS = (
    "version implementation bits free_threaded platform machine multiarch prefix base_prefix purelib stdlib "
    "externally_managed user_site site_packages missing_modules"
)


@given(ANY_TEXT)
@example("\n\n")
@example("Requires-Dist:\n \n\t")
@pytest.mark.parametrize(
    "parse",
    [
        parse_metadata,
        parse_tags,
        parse_requires_txt,
        parse_record,
        parse_pyvenv,
        parse_torch_version,
        parse_mounts,
        parse_shebang,
        parse_pip_configuration,
        normalise,
    ],
    ids=lambda parse: parse.__name__,
)
def test_no_text_makes_a_parser_raise(parse, text):
    assert parse(text) == parse(text)


@given(ANY_TEXT)
def test_an_answer_is_an_interpreter_or_a_problem(text):
    found = parse_answer("/p", text)
    assert (found.version is None) == (found.problem is not None)


@given(st.dictionaries(st.sampled_from(FACTS.split()), JSON, min_size=1))
def test_no_kind_of_fact_makes_an_answer_raise(facts):
    found = parse_answer("/p", json.dumps({"version": "3.12.0", **facts}))
    assert found.bits is None or isinstance(found.bits, int)
    assert all(isinstance(each, str) for each in (*found.site_packages, *found.missing_modules))


@given(NAMES)
def test_names_of_files_are_told_apart_without_raising(names):
    assert set(shadowing(names)) <= set(names)
    assert set(bundled_libraries("stubs", names)) <= set(names)
    assert len(parse_conda_meta(names)) <= len(names)


@given(ANY_TEXT, ANY_TEXT)
def test_a_mount_lies_above_its_path(path, text):
    found = mount_of(path, parse_mounts(text))
    assert found is None or path.startswith(found[0].rstrip("/"))


FIELD = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)


@given(FIELD, FIELD, st.lists(FIELD), st.sampled_from(["\n", "\r\n"]), ANY_TEXT)
def test_a_written_header_is_read_back_as_the_email_parser_reads_it(name, version, requires, end, body):
    lines = ["Metadata-Version: 2.1", f"Name: {name}", *(f"Requires-Dist: {each}" for each in requires)]
    text = end.join([*lines, f"Version: {version}", "", body])
    message = email.message_from_string(text)
    assert parse_metadata(text) == (message["Name"], message["Version"], tuple(requires), None)


@given(st.lists(st.tuples(FIELD.filter(lambda name: '"' not in name), st.integers(0, 10**12))))
def test_exactly_the_big_files_of_a_record_are_named(files):
    text = "".join(f'"{name}",sha256=x,{size}\n' for name, size in files)
    assert parse_record(text) == tuple((name, size) for name, size in files if size > 1024 * 1024)


@given(st.sampled_from(["linux", "macos", "windows", "other"]), ANY_TEXT, ANY_TEXT, NAMES)
def test_a_damaged_recording_raises_nowhere(platform, one, two, names):
    files = {
        "/e/pyvenv.cfg": one,
        "/e/bin/python": two,
        "/e/lib/python3.12/site-packages/torch-2.dist-info/METADATA": one,
        "/e/lib/python3.12/site-packages/torch-2.dist-info/RECORD": two,
        "/e/lib/python3.12/site-packages/x.egg-info/PKG-INFO": one,
        "/e/lib/python3.12/site-packages/x.egg-link": two,
        "/e/lib/python3.12/site-packages/torch/version.py": one,
        "/etc/pip.conf": one,
        "/p/pip": two,
        "/proc/mounts": one,
    }
    system = RecordedSystem(
        {
            "platform": platform,
            "files": files,
            "env": {"PATH": "/p:" + one, "TMPDIR": two, "PYTHONPATH": one, "LD_LIBRARY_PATH": two, "PIP_NO_INDEX": one},
            "commands": {" ".join(question("/e/bin/python")): two},
            "values": {"home": one, "folder": two, "listing:/p": names, "disk:/e": one, "writable:/e": two},
        }
    )
    site = "/e/lib/python3.12/site-packages"
    assert {each.folder for each in read_distributions(system, site)} == {
        "torch-2.dist-info",
        "x.egg-info",
        "x.egg-link",
    }
    assert probe_environment(system, "/e").path.endswith("e")
    assert isinstance(find_interpreters(system), tuple)
    assert probe_session(system).active is None
    assert probe_storage(system, "/e")[0].purpose == "environment"
    assert isinstance(read_pip_configuration(system, "/e").no_index, bool)
