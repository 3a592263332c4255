"""Fixtures that every room uses."""

from __future__ import annotations

import base64
import hashlib
import http.server
import os
import subprocess
import sys
import threading
import time
import zipfile
from functools import partial
from pathlib import Path

import pytest

from dlsetup.system.local import LocalSystem


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of gathered facts and recorded machines, which is not part of the project."""
    folder = Path(os.environ.get("DLSETUP_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    if not (folder / "hosts").is_dir():
        pytest.skip(f"the folder of recorded machines is absent ({folder}); DLSETUP_SHARED names another place")
    return folder


@pytest.fixture(scope="session")
def local() -> LocalSystem:
    """Return the machine that the tests run on."""
    return LocalSystem()


def write_wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    tag: str = "py3-none-any",
    requires: tuple[str, ...] = (),
    payload: int = 0,
):
    """Write a tiny wheel (or one with a payload of so many bytes) under a true name, and return its path."""
    distribution = name.replace("-", "_")
    info = f"{distribution}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    files = {
        f"{distribution}/__init__.py": f"__version__ = {version!r}\n",
        f"{info}/METADATA": "\n".join([*lines, *(f"Requires-Dist: {each}" for each in requires)]) + "\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    if payload:
        files[f"{distribution}/payload.txt"] = os.urandom(payload // 2).hex()
    record = "".join(f"{path},{_digest(text)},{len(text)}\n" for path, text in files.items()) + f"{info}/RECORD,,\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{distribution}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for each, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(each, text)
    return path


@pytest.fixture(scope="session")
def make_wheel():
    """Return what writes a tiny wheel."""
    return write_wheel


def _digest(text: str) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


class WheelIndex:
    """A package index on this machine: folders of wheels, served as PEP 503 pages by the standard library."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lies: dict[str, str] = {}
        """Wheel name -> hash that the index announces for it."""
        self.pause = threading.Event()
        """Wheels are held back while it is set."""
        self.asked = threading.Event()
        """Set once a wheel was asked for."""
        handler = partial(_Quiet, directory=str(folder), index=self)
        self.server = _Server(("127.0.0.1", 0), handler)
        self.thread = threading.Thread(target=partial(self.server.serve_forever, 0.05), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def add(self, line: str, name: str, version: str, **kind) -> Path:
        """Publish a wheel on one line of the index: /whl/cpu."""
        path = write_wheel(self.folder / line.strip("/") / name, name, version, **kind)
        self.publish(path.parent)
        return path

    def publish(self, folder: Path) -> None:
        links = []
        for wheel in sorted(folder.glob("*.whl")):
            digest = self.lies.get(wheel.name) or hashlib.sha256(wheel.read_bytes()).hexdigest()
            href = wheel.name.replace("+", "%2B")
            # PEP 658: so that resolving fetches no wheel
            metadata = _metadata(wheel)
            wheel.with_name(wheel.name + ".metadata").write_bytes(metadata)
            known = f'data-core-metadata="sha256={hashlib.sha256(metadata).hexdigest()}"'
            links.append(f'<a href="{href}#sha256={digest}" {known}>{wheel.name}</a>')
        (folder / "index.html").write_text("<!DOCTYPE html><html><body>" + "\n".join(links) + "</body></html>")

    def close(self) -> None:
        self.pause.clear()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def _metadata(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA")))


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        """Say nothing of clients that have left."""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *args, index, **kind):
        self.index = index
        super().__init__(*args, **kind)

    def do_GET(self):
        if self.path.endswith(".whl") and not self.headers.get("Range"):
            self.index.asked.set()
            while self.index.pause.is_set():
                time.sleep(0.02)
        super().do_GET()

    def log_message(self, *args):
        pass


class Command:
    """dlsetup as a user types it, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        hidden = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "KERAS_BACKEND", "NO_COLOR", "COV_CORE_SOURCE")
        self.env = {name: value for name, value in os.environ.items() if name not in hidden}
        self.env.update(XDG_STATE_HOME=str(folder.parent / "state"), COLUMNS="200")

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "dlsetup", *words]

    def start(self, *words: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.argv(*words),
            cwd=self.folder,
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*words, **env)
        out, err = process.communicate(timeout=1500)
        assert "Traceback" not in out + err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture
def dlsetup(tmp_path):
    """Return dlsetup's command line, started in an empty folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    return Command(folder)


@pytest.fixture
def wheel_index(tmp_path):
    """Return an index of tiny wheels that stands for the PyTorch index."""
    folder = tmp_path / "index"
    folder.mkdir()
    index = WheelIndex(folder)
    yield index
    index.close()
