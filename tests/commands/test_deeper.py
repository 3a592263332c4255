"""What --deep makes of uv's answers about an index."""

from __future__ import annotations

import pytest

from dlsetup.commands.deeper import answered
from dlsetup.system.interface import Completed

URL = "https://index.invalid/simple/pip/"


def of(stderr="", code=2, problem=None):
    return answered("index.invalid", Completed(argv=("uv",), exit_code=code, stderr=stderr, problem=problem))


def failed(*causes):
    lines = [f"error: Failed to fetch: `{URL}`", *(f"  Caused by: {cause}" for cause in causes)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("stderr", "mode"),
    [
        (failed("error sending request for url", "client error (Connect)", "dns error"), "index-unreachable-or-proxy"),
        (failed("client error (Connect)", "tcp connect error: operation timed out"), "index-unreachable-or-proxy"),
        (failed("HTTP status client error (407 Proxy Authentication Required)"), "index-unreachable-or-proxy"),
        (failed("request or response body error", "operation timed out"), "download-timeout"),
        (failed("client error (Connect)", "invalid peer certificate: UnknownIssuer"), "ssl-interception"),
        (
            failed(
                "client error (Connect)", "invalid peer certificate: certificate not valid yet: verification time 0"
            ),
            "clock-skew",
        ),
        ("error: Hash mismatch for `pip==26.0`\n", "wheel-hash-mismatch"),
    ],
)
def test_trouble_of_the_network_is_named(stderr, mode):
    found = of(stderr)
    assert found.problem == mode
    assert found.detail


def test_an_index_that_answers_is_well_with_the_package_or_without():
    assert of(code=0).problem is None
    said = (
        "  × No solution found when resolving dependencies:\n  ╰─▶ Because pip was not found in the package registry\n"
    )
    assert of(said).problem is None


@pytest.mark.parametrize(
    "stderr", ["error: No interpreter found at path `/gone`\n", "No space left on device", "", "?"]
)
def test_trouble_of_another_kind_tells_nothing_of_the_network(stderr):
    assert of(stderr) is None


def test_an_index_that_never_answers_is_too_slow_and_a_uv_that_does_not_start_tells_nothing():
    assert of(code=None, problem="timeout").problem == "download-timeout"
    assert of(code=None, problem="denied") is None
