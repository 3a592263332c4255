"""Texts are explained by what they say and by the facts that they tell."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from dlsetup.commands.explain import Source, explain, file_source
from dlsetup.errors import UnreadableError
from dlsetup.values.finding import Status

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import score_logs

NMS = "RuntimeError: operator torchvision::nms does not exist\n"
PASCAL = """Traceback (most recent call last):
  File "/home/anna/v/lib/python3.11/site-packages/torch/cuda/__init__.py", line 319, in _lazy_init
NVIDIA GeForce GTX 1070 with CUDA capability sm_61 is not compatible with the current PyTorch installation.
The current PyTorch install supports CUDA capabilities sm_70 sm_75 sm_80 sm_86 sm_90 sm_100 sm_120.
"""


def source(name, text):
    """Return a text, or the bytes of one, to explain."""
    data = text if isinstance(text, bytes) else text.encode()
    return Source(name=name, open=lambda: io.BytesIO(data))


def told(*texts):
    """Explain texts, each under the name of its number."""
    return explain(source(str(number), text) for number, text in enumerate(texts))


def test_a_file_is_read(tmp_path):
    path = tmp_path / "train.log"
    path.write_text(f"epoch 1\n{NMS}", encoding="utf-8")
    explanation = explain([file_source(str(path))])
    (finding,) = explanation.findings
    assert finding.mode == "torch-torchvision-mismatch"
    assert finding.evidence[0] == f"line 2: {NMS.strip()}"
    assert (explanation.exit_code, explanation.names) == (1, (str(path),))


def test_what_powershell_writes_is_read():
    assert told(f"one\r\n{NMS}".encode("utf-16")).findings[0].mode == "torch-torchvision-mismatch"


def test_several_texts_are_told_apart():
    explanation = told("nothing\n", NMS)
    assert explanation.findings[0].evidence[0] == f"1, line 1: {NMS.strip()}"
    assert explanation.names == ("0", "1")


@pytest.mark.parametrize("text", ["", "\n\n", "all is well\n", "epoch 1 loss 0.3\n" * 500])
def test_where_nothing_is_recognised_nothing_is_wrong(text):
    explanation = told(text)
    assert (explanation.findings, explanation.exit_code) == ((), 0)


def test_harmless_lines_are_called_harmless():
    text = (
        "W0000 00:00:00 cpu_feature_guard.cc:210] This TensorFlow binary is optimized to use available CPU instructions"
    )
    (finding,) = told(text).findings
    assert (finding.status, finding.role) == (Status.OK, "noise")
    assert told(text).exit_code == 0


def test_a_file_that_is_not_there_or_no_text_cannot_be_read(tmp_path):
    with pytest.raises(UnreadableError, match="cannot be read"):
        explain([file_source(str(tmp_path / "none.log"))])
    with pytest.raises(UnreadableError, match="cannot be read"):
        explain([file_source(str(tmp_path))])
    with pytest.raises(UnreadableError, match="is no text"):
        told(bytes(range(128, 256)) * 300)


def test_the_remedy_names_the_build_for_the_gpu_in_the_text():
    (finding,) = told(PASCAL).findings
    assert finding.mode == "gpu-arch-dropped"
    assert finding.remedy.commands == ("dlsetup install pytorch --compute cu126",)
    assert "is the newest for the NVIDIA GeForce GTX 1070" in finding.remedy.text


def test_the_facts_of_the_text_are_told():
    facts = dict(told(PASCAL + "torch.__version__: 2.9.1+cu128\n").told)
    assert facts["GPU"] == "NVIDIA GeForce GTX 1070 (sm_61)"
    assert (facts["system"], facts["Python"], facts["PyTorch"]) == ("linux", "3.11", "2.9.1+cu128")


def test_a_list_of_packages_without_an_error_is_checked():
    text = "$ pip list\nPackage     Version\n----------- -------\npip 24.0\ntorch       2.5.1\ntorchvision 0.19.1\n"
    finding = told(text).findings[0]
    assert (finding.check, finding.mode) == ("pkg.torch", "torch-torchvision-mismatch")


def test_what_the_text_and_the_checks_say_is_one_finding():
    text = f"$ pip freeze\npip==24.0\ntorch==2.5.1\ntorchvision==0.19.1\n\n{NMS}"
    same = [each for each in told(text).findings if each.mode == "torch-torchvision-mismatch"]
    assert len(same) == 1
    assert same[0].check == "pkg.torch"
    assert len(same[0].evidence) > 1


def test_a_healthy_report_has_no_failure():
    text = "$ pip list\nPackage     Version\n----------- -------\npip 24.0\ntorch       2.5.1\ntorchvision 0.20.1\n"
    assert [each for each in told(text).findings if each.status is Status.FAIL] == []


def test_nothing_of_this_machine_is_taken_for_the_texts():
    assert told(NMS).told == ()


def test_several_errors_are_several_findings_and_a_wrapper_follows_the_cause():
    text = f"{NMS}\nOSError: [Errno 28] No space left on device: '/data/x'\n"
    modes = [each.mode for each in told(text).findings if each.because is None]
    assert set(modes) >= {"torch-torchvision-mismatch", "disk-full"}


def test_a_long_log_is_read_in_pieces_and_its_end_counts():
    text = "".join(f"step {number} loss {1 / (number + 1):.5f}\n" for number in range(60_000)) + NMS
    (finding,) = told(text).findings
    assert finding.evidence[0].startswith("line 60001: ")


@pytest.fixture(scope="module")
def scores(shared):
    """Return what the recorded errors are taken for."""
    return score_logs.score(shared)


def test_the_recorded_errors_are_taken_for_what_they_are_in_nineteen_of_twenty(scores):
    missed = [(each.case.id, each.found[:2]) for each in scores if not each.right]
    print(*missed, f"{len(missed)} of {len(scores)} missed", sep="\n")
    assert len(scores) > 100
    assert len(missed) <= len(scores) / 20


def test_where_a_record_shows_nothing_no_failure_is_named(scores):
    silent = [each for each in scores if not each.case.expected]
    assert len(silent) > 8
    assert [(each.case.id, each.found) for each in silent if each.failed] == []


def test_every_class_of_the_records_is_one_that_is_scored(shared):
    classes = {json["truth"].get("class") for json in score_logs.records(shared)}
    assert classes - {None} == set(score_logs.MODES)


TORCHAUDIO = """Traceback (most recent call last):
  File "transcribe.py", line 4, in <module>
    import torchaudio
  File "/srv/speech/v/lib/python3.5/site-packages/torchaudio/__init__.py", line 7, in <module>
    import _torch_sox
ImportError: /srv/py3.5/site-packages/_torch_sox.cpython-35m-x86_64-linux-gnu.so: undefined symbol: _ZN3c105Err
"""


def test_a_python_that_runs_a_framework_has_builds_of_it():
    modes = [finding.mode for finding in told(TORCHAUDIO).findings]
    assert modes[0] == "torch-torchaudio-mismatch"
    assert not {"no-matching-wheel-for-python", "python-too-new-prerelease"} & set(modes)


def test_a_python_without_builds_is_told_where_no_framework_runs_in_it():
    text = "Python: 3.5.2\nERROR: Could not find a version that satisfies the requirement torch (from versions: none)\n"
    assert "no-matching-wheel-for-python" in {finding.mode for finding in told(text).findings}
