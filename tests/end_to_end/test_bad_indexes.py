"""Indexes that misbehave: whatever they send, the command ends soon, with an exit code and words that help."""

from __future__ import annotations

import http.server
import json
import threading
import time
from functools import partial

import pytest

MEGABYTE = 1_000_000


class _Rogue(http.server.BaseHTTPRequestHandler):
    """Answers every request in the one way that its server was told."""

    def do_GET(self):
        getattr(self, self.server.manner)()

    do_HEAD = do_GET  # noqa: N815

    def send(self, code, body=b"", kind="text/html", **headers):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def html_garbage(self):
        self.send(200, b"<html><body><p>Please log in to the guest network</p><a href='/login'>go</a></body></html>")

    def not_found(self):
        self.send(404, b"nothing here")

    def broken(self):
        self.send(500, b"database is down")

    def silent(self):
        self.server.stopped.wait(60)

    def redirect_loop(self):
        self.send(302, Location=self.path)

    def fifty_megabytes(self):
        block = b"\x00garbage\xff" * 100_000
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        for _ in range(50 * MEGABYTE // len(block)):
            self.wfile.write(block)

    def log_message(self, *args):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        """Say nothing of clients that have left."""


@pytest.fixture
def rogue():
    servers = []

    def start(manner):
        server = _Server(("127.0.0.1", 0), _Rogue)
        server.manner = manner
        server.stopped = threading.Event()
        threading.Thread(target=partial(server.serve_forever, 0.05), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.stopped.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def alone(dlsetup, tmp_path):
    """Take every index and folder away that the machine is configured with."""
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_CONSTRAINT", "UV_INDEX", "UV_DEFAULT_INDEX"):
        dlsetup.env.pop(name, None)
    dlsetup.env.update(PIP_CONFIG_FILE="/dev/null", UV_NO_CONFIG="1", UV_CACHE_DIR=str(tmp_path / "cache"))
    dlsetup.env.update(UV_HTTP_TIMEOUT="3", UV_HTTP_RETRIES="0")
    return dlsetup


TARGET = ("--target", "linux-x86_64", "--python", "3.12", "--json")
MANNERS = ("html_garbage", "not_found", "broken", "silent", "redirect_loop", "fifty_megabytes")


@pytest.mark.parametrize("manner", MANNERS)
def test_a_default_index_that_misbehaves_ends_the_command_with_words(manner, rogue, alone):
    begun = time.monotonic()
    done = alone("plan", "keras", *TARGET, PIP_INDEX_URL=rogue(manner))
    assert time.monotonic() - begun < 30
    answer = json.loads(done.stdout)
    if manner == "not_found":
        # an index without a page for a package is a true one that does not serve it
        assert done.returncode == 3
        assert "not found" in " ".join(answer["plans"][0]["reasons"])
        return
    assert done.returncode == answer["exit_code"] == 4, answer
    assert answer["what"]
    assert answer["seen"]
    assert answer["do"]


@pytest.mark.parametrize("manner", MANNERS)
def test_a_frameworks_index_that_misbehaves_is_named_and_the_pins_told(manner, rogue, wheel_index, alone):
    wheel_index.add("/simple", "numpy", "2.4.0")
    begun = time.monotonic()
    mirror = ("--pytorch-mirror", rogue(manner))
    done = alone("plan", "pytorch", *TARGET, *mirror, PIP_INDEX_URL=f"{wheel_index.url}/simple")
    assert time.monotonic() - begun < 30
    if manner == "not_found":
        assert done.returncode == 3
        return
    assert done.returncode == 0, done.stdout
    (plan,) = json.loads(done.stdout)["plans"]
    assert any("cannot be reached from here" in reason for reason in plan["reasons"])
    assert plan["packages"][0]["version"].endswith("+cpu")
