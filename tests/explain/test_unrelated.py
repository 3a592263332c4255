"""Texts of other things name no cause, and damaged ones never break anything."""

from __future__ import annotations

import gzip
import io
import sysconfig
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlsetup.catalog.symptoms import load_knowledge
from dlsetup.explain import Search, Table, clean, decoded, explain, facts_of, read_clues

KNOWLEDGE = load_knowledge()
TABLE = Table(KNOWLEDGE.modes)
EXAMPLES = [symptom.example for mode in KNOWLEDGE.modes for symptom in mode.symptoms]
SAMPLE = 60


def causes(text):
    """Return the modes that are named as a cause."""
    search = Search(TABLE)
    search.read([text])
    plain = clean(text)[:100_000]
    found = explain(search.matches(), KNOWLEDGE, facts_of(None, read_clues(plain)), text=plain)
    return [finding.mode for finding in found if finding.role in ("cause", "wrapper")]


def sample(paths):
    step = max(len(paths) // SAMPLE, 1)
    return paths[::step]


def test_manuals_name_no_cause():
    paths = sorted(Path("/usr/share/man").rglob("*.[1-8].gz"))
    if not paths:
        pytest.skip("there are no manuals here")
    texts = {path.name: gzip.decompress(path.read_bytes()).decode("utf-8", "replace") for path in sample(paths)}
    assert {name: found for name, text in texts.items() if (found := causes(text))} == {}


def test_pythons_own_sources_name_no_cause():
    folder = Path(sysconfig.get_paths()["stdlib"])
    paths = [path for path in sorted(folder.rglob("*.py")) if "site-packages" not in path.parts]
    texts = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in sample(paths)}
    assert {name: found for name, text in texts.items() if (found := causes(text))} == {}


HEALTHY = {
    "training": "Epoch 1/3\n"
    + "".join(
        f"{n}/938 [====>.....] - ETA: {938 - n}s - loss: {2.3 / n:.4f} - accuracy: {n / 940:.4f}\r"
        for n in range(1, 900)
    ),
    "lightning": """GPU available: True (cuda), used: True
TPU available: False, using: 0 TPU cores
  | Name  | Type       | Params
0 | model | Sequential | 1.2 M
Epoch 9: 100%|##########| 938/938 [00:12<00:00, 75.91it/s, v_num=3, train_loss=0.012]
`Trainer.fit` stopped: `max_epochs=10` reached.
""",
    "pip": """Collecting torch
  Downloading torch-2.15.0-cp312-cp312-manylinux_2_28_x86_64.whl.metadata (30 kB)
Collecting numpy (from torchvision)
  Using cached numpy-2.3.5-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl.metadata (62 kB)
Installing collected packages: numpy, torch, torchvision
Successfully installed numpy-2.3.5 torch-2.15.0 torchvision-0.30.0
""",
    "apt": """Reading package lists... Done
Building dependency tree... Done
The following NEW packages will be installed:
  libnvidia-compute-580 nvidia-utils-580
Setting up nvidia-utils-580 (580.95.05-0ubuntu1) ...
Processing triggers for libc-bin (2.39-0ubuntu8.6) ...
""",
    "git": """remote: Enumerating objects: 1289, done.
Receiving objects: 100% (1289/1289), 3.21 MiB | 12.10 MiB/s, done.
error: Your local changes to the following files would be overwritten by merge:
\ttorch/nn/modules/linear.py
Aborting
""",
    "pytest": """E       AssertionError: assert torch.Size([2, 3]) == (3, 2)
tests/test_model.py:14: AssertionError
FAILED tests/test_model.py::test_shape - AssertionError
1 failed, 31 passed in 2.31s
""",
    "a bug of one's own": """Traceback (most recent call last):
  File "/home/ana/lab/train.py", line 12, in <module>
    loss = criterion(model(x), y)
  File "/home/ana/v/lib/python3.12/site-packages/torch/nn/functional.py", line 3494, in cross_entropy
    return torch._C._nn.cross_entropy_loss(input, target, weight)
RuntimeError: expected scalar type Long but found Float
""",
    "shapes": """  File "/home/ana/v/lib/python3.12/site-packages/torch/nn/modules/linear.py", line 134, in forward
    return F.linear(input, self.weight, self.bias)
RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x784 and 512x10)
""",
}


@pytest.mark.parametrize("text", HEALTHY.values(), ids=HEALTHY)
def test_logs_of_what_is_well_or_of_a_program_of_ones_own_name_no_cause(text):
    assert causes(text) == []


def damaged(text, draw):
    """Return a text as it comes out of a broken pipe: cut, doubled, with bytes that are none of its."""
    data = text.encode("utf-8")
    start, end = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
    return data[:start] + draw(st.binary(max_size=40)) + data[start:end] * draw(st.integers(1, 3)) + data[end:]


@given(st.data())
def test_a_damaged_text_never_breaks_anything_and_is_read_within_a_second(data):
    pieces = data.draw(st.lists(st.sampled_from(EXAMPLES), min_size=1, max_size=4))
    text = "".join(decoded(io.BytesIO(damaged("\n".join(pieces), data.draw)), data.draw(st.integers(16, 4096))))
    began = time.process_time()
    causes(text)
    assert time.process_time() - began < 1


@given(st.text(max_size=2000))
def test_any_text_is_read(text):
    assert isinstance(causes(text), list)
