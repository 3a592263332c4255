"""What has to come to its end is not cut short, and everything else is."""

from __future__ import annotations

import os
import signal
import sys
import threading

import pytest

from dlsetup.system.signals import ENDING, interrupt_on_all, undisturbed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself these signals there")


@pytest.fixture(autouse=True)
def _handlers():
    before = {number: signal.getsignal(number) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ENDING)
def test_a_request_to_end_is_not_heard_inside_and_heard_again_after(number):
    interrupt_on_all()
    with undisturbed():
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


def test_what_whoever_started_us_ignores_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    interrupt_on_all()
    os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_threads_may_ask_for_it_too():
    done = []

    def work() -> None:
        with undisturbed():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
