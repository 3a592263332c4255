"""What --deep asks, and what it makes of uv's answers about an index."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dlsetup.commands.deeper import answered, deeper
from dlsetup.system.interface import Completed
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.environment import Environment, IndexSettings, Interpreter, Session
from dlsetup.values.host import Gpu, Host
from dlsetup.values.machine import Machine
from dlsetup.values.situation import Situation

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


HOST = Host(gpus=(Gpu(vendor="nvidia"),))
HERE = Environment(path="/env", kind="venv", interpreter=Interpreter(path="/env/bin/python", version="3.12.8"))
XML = '<nvidia_smi_log><gpu id="1"><compute_mode>Default</compute_mode></gpu></nvidia_smi_log>'


class Live(RecordedSystem):
    """A machine that answers nvidia-smi, and uv by the index that it is asked."""

    replayed = False

    def __init__(self, **indexes):
        super().__init__({"platform": "linux"})
        self.indexes = indexes
        self.asked = []

    def run(self, argv, **_):
        self.asked.append(argv)
        if argv[0] == "nvidia-smi":
            return Completed(argv=argv, exit_code=0, stdout=XML)
        said = next((text for name, text in self.indexes.items() if any(name in word for word in argv)), "")
        return Completed(argv=argv, exit_code=2 if said else 0, stderr=said)


def situation(*, session=None, **settings):
    return Situation(host=HOST, environment=HERE, session=session, indexes=IndexSettings(**settings))


def test_gpus_and_every_index_are_asked():
    system = Live(mirror=failed("client error (Connect)", "dns error"))
    extra = ("https://mirror.invalid/simple", "/a/folder")
    machine = deeper(situation(extra_index_urls=extra), system).machine
    assert machine.health[0].compute_mode == "default"
    assert [(each.index, each.problem) for each in machine.indexes] == [
        ("the default index", None),
        ("mirror.invalid", "index-unreachable-or-proxy"),
    ]


def test_only_what_a_chosen_check_wants_is_asked():
    system = Live()
    assert deeper(situation(), system, {"run.import"}).machine == Machine()
    assert system.asked == []
    assert deeper(situation(), Live(), {"inst.network"}).machine.health is None
    assert deeper(situation(), Live(), {"m.gpu-memory"}).machine.indexes is None


@pytest.mark.parametrize(
    "asked",
    [
        situation(no_index=True),
        situation(session=Session(variables=(("UV_OFFLINE", "1"),))),
        replace(situation(), environment=None),
        replace(situation(), indexes=None),
    ],
)
def test_no_index_is_asked_where_none_is_wanted(asked):
    assert deeper(asked, Live(), {"inst.network"}).machine.indexes is None
