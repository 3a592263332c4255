"""What mends the way to the package indexes, on each system."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dlsetup.check.network import reachable
from dlsetup.values.answered import Answered


@pytest.mark.parametrize(
    ("machine", "problem", "commands"),
    [
        ("linux_nvidia", "ssl-interception", ("export UV_SYSTEM_CERTS=true",)),
        ("windows_nvidia", "ssl-interception", ('$env:UV_SYSTEM_CERTS = "true"',)),
        ("windows_nvidia", "download-timeout", ('$env:UV_HTTP_TIMEOUT = "300"',)),
        ("linux_nvidia", "clock-skew", ("sudo timedatectl set-ntp true",)),
        ("windows_nvidia", "clock-skew", ("w32tm /resync",)),
        ("mac_metal", "clock-skew", ("sudo sntp -sS time.apple.com",)),
        ("mac_metal", "index-unreachable-or-proxy", ()),
    ],
)
def test_the_remedy_is_in_the_words_of_the_machines_own_shell(healthy, machine, problem, commands):
    situation = healthy(machine)
    answers = (Answered(index="index.invalid", problem=problem, detail="as uv says it"),)
    finding = reachable(replace(situation, machine=replace(situation.machine, indexes=answers)))
    assert (finding.mode, finding.remedy.commands) == (problem, commands)
