"""dlsetup compare with real frameworks: one that is installed, and one that is installed for it and removed again."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.network, pytest.mark.slow]


@pytest.fixture
def cache(tmp_path, dlsetup):
    """Let dlsetup have a cache of its own; uv keeps its own, which is warm."""
    dlsetup.env.setdefault("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))
    dlsetup.env["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    return tmp_path / "cache"


def test_what_is_installed_and_what_is_not_are_measured_side_by_side(dlsetup, with_mlx, cache, tmp_path):
    page = tmp_path / "page.html"
    done = dlsetup(
        "compare", "mlx", "chainer", "--install", "--env", str(with_mlx.parents[1]), "--json", "--html", str(page)
    )
    assert done.returncode == 0, done.stderr + done.stdout
    rows = {row["framework"]: row for row in json.loads(done.stdout)["rows"]}
    assert [rows[name]["temporary"] for name in ("mlx", "chainer")] == [False, True]
    assert rows["chainer"]["state"] == "retired"
    for name, row in rows.items():
        assert (row["outcome"], row["accelerator"], row["accuracy"], row["findings"]) == ("measured", "cpu", 1.0, [])
        assert row["train_seconds"] > 0
        took = row["import_time"]
        assert took["least_seconds"] <= took["median_seconds"] <= took["most_seconds"]
        # a wheel is smaller than what is in it
        assert 2**20 < row["download_bytes"] < row["installed_bytes"] < 2**30
        if sys.platform != "win32":
            assert 20 * 2**20 < row["peak_memory_bytes"] < 2**30
        assert row["framework"] in page.read_text(encoding="utf-8").lower(), name
    # with bytecode, hundreds of modules are imported faster than without
    assert rows["chainer"]["import_time"]["first_seconds"] > rows["chainer"]["import_time"]["least_seconds"]
    assert not (cache / "dlsetup" / "compare").exists()
    assert list(dlsetup.folder.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupt_leaves_nothing_behind(dlsetup, cache):
    folder = cache / "dlsetup" / "compare"
    process = dlsetup.start("compare", "chainer", "--install")
    begin = time.monotonic()
    while not (folder / "chainer" / "bin" / "python").exists() and time.monotonic() - begin < 60:
        time.sleep(0.02)
    assert folder.exists()
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert not folder.exists()
    assert list(dlsetup.folder.iterdir()) == []
