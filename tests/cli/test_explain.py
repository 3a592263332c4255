"""dlsetup explain as a process: what comes in, what goes out, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

jsonschema = pytest.importorskip("jsonschema")

NMS = "RuntimeError: operator torchvision::nms does not exist\n"


def run(*words, **more):
    command = (sys.executable, "-m", "dlsetup", "explain", *words)
    return subprocess.run(command, capture_output=True, check=False, timeout=60, **more)


@pytest.mark.parametrize("words", [("--json",), ("-", "--json")])
def test_standard_input_is_explained_as_json_that_fits_its_schema(words):
    from importlib import resources

    done = run(*words, input=f"/home/anna/x\n{NMS}".encode())
    answer = json.loads(done.stdout)
    schema = resources.files("dlsetup.render").joinpath("schemas/explanation.schema.json").read_text("utf-8")
    jsonschema.validate(answer, json.loads(schema), jsonschema.Draft202012Validator)
    assert answer["findings"][0]["mode"] == "torch-torchvision-mismatch"
    assert (done.returncode, answer["exit_code"], answer["texts"]) == (1, 1, ["-"])


def test_names_and_secrets_of_a_text_are_not_repeated(tmp_path):
    path = tmp_path / "a.log"
    path.write_text(
        "ImportError: cannot import name 'Random' from 'random' (/home/alice/lab/random.py)\n"
        "OSError: [Errno 28] No space left on device: 'https://bob:hunter2@example.org/x'\n",
        encoding="utf-8",
    )
    done = run(str(path), "--json")
    assert json.loads(done.stdout)["findings"]
    assert not [word for word in (b"alice", b"hunter2", b"bob") if word in done.stdout]


def test_no_remedy_for_somebody_elses_machine_is_offered_to_be_carried_out():
    answer = json.loads(run("--json", input=NMS.encode()).stdout)
    remedies = [each for finding in answer["findings"] for each in (finding["remedy"], *finding["alternatives"])]
    assert remedies
    assert not [each["text"] for each in remedies if each["automatic"]]


def test_a_terminal_without_a_file_is_told_what_to_give():
    pty = pytest.importorskip("pty")
    import os

    ours, theirs = pty.openpty()
    try:
        done = run(stdin=theirs)
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 2
    assert b"there is nothing to explain" in done.stderr


def test_a_file_that_cannot_be_read_ends_with_its_own_code():
    assert run("/there/is/no.log").returncode == 7
