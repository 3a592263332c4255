"""uv's command lines and error texts, held against the real uv."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlsetup import uv
from dlsetup.values.build import Metadata
from dlsetup.values.environment import IndexSettings
from dlsetup.values.plan import Query, Source, Target

LINUX = Target(system="linux", architecture="x86_64", python="3.12", glibc="2.36")


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (LINUX, "x86_64-manylinux_2_36"),
        (replace(LINUX, glibc="2.28"), "x86_64-manylinux_2_28"),
        (replace(LINUX, glibc="2.30"), "x86_64-manylinux_2_28"),
        (replace(LINUX, glibc="2.17"), "x86_64-manylinux_2_17"),
        (replace(LINUX, glibc="2.99"), "x86_64-manylinux_2_40"),
        (replace(LINUX, architecture="arm64"), "aarch64-manylinux_2_36"),
        (replace(LINUX, glibc=None, musl="1.2"), "x86_64-unknown-linux-musl"),
        (Target(system="macos", architecture="arm64", python="3.12", macos="15.0"), "aarch64-apple-darwin"),
        (Target(system="windows", architecture="x86_64", python="3.12"), "x86_64-pc-windows-msvc"),
    ],
)
def test_a_target_has_its_name_in_uv_and_uv_knows_it(target, name):
    assert uv.platform_name(target) == name
    known = subprocess.run([uv.find_uv(), "pip", "compile", "--help"], capture_output=True, text=True, check=True)
    assert name in known.stdout


def test_a_macos_target_tells_its_version_by_variable():
    target = Target(system="macos", architecture="arm64", python="3.12", macos="14.5")
    assert uv.variables(IndexSettings(), target=target)["MACOSX_DEPLOYMENT_TARGET"] == "14.5"


def test_pips_settings_are_handed_on():
    settings = IndexSettings(
        index_url="https://mirror.example/simple",
        find_links=("/wheels",),
        constraints=("/c.txt",),
        cert="/ca.pem",
        proxy="http://proxy.example:3128",
        trusted_hosts=("mirror.example",),
    )
    argv = uv.compile_argv("uv", "pyproject.toml", Query(requirements=(), target=LINUX), settings)
    line = " ".join(argv)
    assert "--default-index https://mirror.example/simple" in line
    assert "--find-links /wheels" in line
    assert "--constraints /c.txt" in line
    assert "--allow-insecure-host mirror.example" in line
    variables = uv.variables(settings)
    assert variables["SSL_CERT_FILE"] == "/ca.pem"
    assert variables["HTTPS_PROXY"] == "http://proxy.example:3128"


RACE = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from dlsetup import uv
together = Barrier(8)

def find(_):
    together.wait()
    return uv.find_uv()

with ThreadPoolExecutor(8) as pool:
    assert len(set(pool.map(find, range(8)))) == 1
"""


def test_uv_is_found_by_several_threads_at_once():
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", RACE], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_no_index_leaves_the_default_out():
    settings = IndexSettings(index_url="https://mirror.example/simple", no_index=True, find_links=("/wheels",))
    argv = uv.compile_argv("uv", "p", Query(requirements=(), target=LINUX), settings)
    assert "--no-index" in argv
    assert "--default-index" not in argv


def test_a_familys_index_is_explicit_to_its_packages():
    source = Source(packages=("torch", "torchvision"), location="/wheels", flat=True)
    table = uv.project_table(Query(requirements=("torch==2.0",), target=LINUX, sources=(source,)))
    index = table["tool"]["uv"]["index"][0]
    assert index == {"name": "family-0", "url": "/wheels", "explicit": True, "format": "flat"}
    assert table["tool"]["uv"]["sources"] == {"torch": {"index": "family-0"}, "torchvision": {"index": "family-0"}}


@pytest.mark.parametrize(
    ("text", "problem", "location"),
    [
        (
            "error: Failed to fetch: https://a.example/whl/cpu/torch/\n  cause: dns error",
            "unreachable",
            "https://a.example/whl/cpu/torch/",
        ),
        (
            "  × No solution found when resolving dependencies:\n  ╰─▶ Because there is no version",
            "unsatisfiable",
            None,
        ),
        ("error: Hash mismatch for `torch==1`", "hash", None),
        ("error: failed to write: No space left on device (os error 28)", "space", None),
        ("error: Permission denied (os error 13)", "denied", None),
        ("error: No interpreter found for Python 3.99", "python", None),
        (
            "error: No solution found\n  cause: x\nhint: Packages were unavailable because the network was disabled.",
            "offline",
            None,
        ),
        (
            'error: Unsupported `Content-Type` "text/plain" for `https://a.example/simple/x/`. Expected JSON or HTML.',
            "garbled",
            "https://a.example/simple/x/",
        ),
        (
            "error: Received some unexpected JSON from `https://a.example/simple/x/`\n  cause: missing field",
            "garbled",
            "https://a.example/simple/x/",
        ),
        ("error: Failed to initialize cache at `/c`\n  cause: Permission denied (os error 13)", "cache", None),
        ("error: Couldn't parse requirement in `/c.txt` at position 0", "constraints", None),
        ("error: something quite new", "other", None),
        ("", "other", None),
    ],
)
def test_an_error_text_has_its_meaning(text, problem, location):
    trouble = uv.trouble(text)
    assert (trouble.problem, trouble.location) == (problem, location)


def test_credentials_never_stay_in_an_error_text():
    text = "error: Failed to fetch: `https://me:s3cret@a.example/simple/torch/`\n  cause: 401 Unauthorized"
    trouble = uv.trouble(text)
    assert trouble.problem == "authentication"
    assert "s3cret" not in f"{trouble}"


@given(st.text())
def test_no_text_makes_the_reader_of_errors_raise(text):
    assert uv.trouble(text).problem


def test_what_a_source_distribution_requires_is_stated_so_that_uv_need_not_build_it():
    query = Query(
        requirements=("pyspark==4.3.0",),
        target=Target(system="linux", architecture="x86_64", python="3.11"),
        source_only=("pyspark",),
        metadata=(Metadata(name="pyspark", version="4.3.0", requires=("py4j>=0.10.9.7",)),),
    )
    table = uv.project_table(query)["tool"]["uv"]
    assert table["dependency-metadata"] == [
        {"name": "pyspark", "version": "4.3.0", "requires-dist": ["py4j>=0.10.9.7"]}
    ]
    assert "dependency-metadata" not in uv.project_table(replace(query, metadata=()))["tool"]["uv"]


@pytest.mark.parametrize(
    ("detail", "release", "anything"),
    [
        ("Because there is no version of keras==3.15.1 and you require keras==3.15.1", True, False),
        ("Because there are no versions of keras and you require keras", True, True),
        ("Because there are no versions of keras-hub and you require keras-hub", True, False),
        ("Because keras was not found in the package registry and you require keras", False, False),
        ("Because keras==3.15.1 has no wheels with a matching Python version tag", False, False),
        ("", False, False),
    ],
)
def test_an_index_that_lacks_a_release_is_told_from_one_that_has_nothing(detail, release, anything):
    assert uv.has_no_release(detail) == release
    assert uv.has_no_release(detail, "keras") == anything
