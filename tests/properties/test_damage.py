"""Whatever happened to a recording on its way, it is read, or refused in one message; and never for long."""

from __future__ import annotations

import importlib.util
import sys
import time
import tracemalloc
from pathlib import Path

import pytest

from dlsetup.check.versions import requirement, version
from dlsetup.probe import (
    apple,
    cpuinfo,
    distributions,
    libraries,
    listed,
    lspci,
    operating_system,
    pip_configuration,
    probe_host,
    system_profiler,
    windows,
)
from dlsetup.probe.amd import rocminfo
from dlsetup.probe.amd import smi as amd_smi
from dlsetup.probe.machine import health, network
from dlsetup.probe.machine import nvidia as around_nvidia
from dlsetup.probe.machine import windows as windows_settings
from dlsetup.probe.nvidia import parse_smi, smi_xml
from dlsetup.system.blanks import bounded
from dlsetup.system.recorded import RecordedSystem
from dlsetup.system.reports import read_reports

if sys.platform == "win32":
    pytest.skip("the script measures with the resource module", allow_module_level=True)

_SPEC = importlib.util.spec_from_file_location("damage", Path(__file__).resolve().parents[1] / "damage.py")
damage = importlib.util.module_from_spec(_SPEC)
sys.modules["damage"] = damage
_SPEC.loader.exec_module(damage)


@pytest.mark.slow
def test_two_thousand_damaged_machines_are_read_or_refused():
    # the slowest takes 0.6 seconds of a quiet processor
    outcome = damage.run(2_000, seed=20, seconds=3.0)
    assert outcome.failures == []
    # most are read in spite of the damage, and those that are no recording any more are refused
    assert 0 < outcome.refused < outcome.cases / 2


@pytest.mark.slow
def test_damaged_logs_are_explained_or_not_and_break_nothing():
    outcome = damage.run(500, seed=3, seconds=3.0, kind=damage.LOGS)
    assert outcome.failures == []
    assert outcome.refused < outcome.cases / 2


def test_a_case_can_be_made_again():
    assert damage.damaged(damage._dice(3, 77)) == damage.damaged(damage._dice(3, 77))
    assert damage.damaged(damage._dice(3, 77)) != damage.damaged(damage._dice(3, 78))


@pytest.mark.parametrize("bomb", [damage.BOMB, damage.OUTSIDE], ids=["billion laughs", "file from outside"])
def test_an_entity_is_never_expanded(bomb):
    tracemalloc.start()
    found = smi_xml.parse(bomb)
    host = probe_host(RecordedSystem({"platform": "linux", "files": {"nvidia-smi -q -x": bomb}}), lambda _: ())
    told = read_reports(bomb).recording()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.version is None
    assert host.driver("nvidia") is None or host.driver("nvidia").version is None
    assert "root:" not in str(told)
    assert peak < 16 * 1024 * 1024


PARSERS = {
    "nvidia-smi": lambda text: parse_smi("nvidia-smi", text),
    "nvidia-smi -q": lambda text: parse_smi("nvidia-smi -q", text),
    "nvidia-smi -q -x": lambda text: parse_smi("nvidia-smi -q -x", f"<nvidia_smi_log>{text}"),
    "nvidia-smi -L": lambda text: parse_smi("nvidia-smi -L", text),
    "rocminfo": rocminfo.parse,
    "rocm-smi": amd_smi.parse,
    "lspci": lspci.parse_lspci,
    "cpuinfo": cpuinfo.parse_cpuinfo,
    "uname": operating_system.parse_uname,
    "kernel line": operating_system.parse_kernel_line,
    "os-release": operating_system.parse_os_release,
    "sw_vers": apple.parse_sw_vers,
    "sysctl": apple.parse_sysctl,
    "system_profiler": system_profiler.parse,
    "systeminfo": windows.parse_systeminfo,
    "dxdiag": windows.parse_dxdiag,
    "ldconfig": libraries.parse_cache,
    "pip.conf": pip_configuration.parse_pip_configuration,
    "METADATA": distributions.parse_metadata,
    "pip list": listed.parse_pip_list,
    "reports": read_reports,
    "health": lambda text: health.parse(f"<nvidia_smi_log><gpu id='0'>{text}"),
    "registry": lambda text: windows_settings.parse_value(text, "PagingFiles"),
    "loader's cache": lambda text: around_nvidia.parse_cache(text, "x86_64"),
    "docker": around_nvidia.parse_runtime,
    "listening": network.parse_listening,
}
FILLERS = ["\n", " ", "\n ", "\r\n", "\t", "a", "0", "-", "|", ":", "<", '"', "[", "(", "=", "/", "a: ", "| ", "1."]


@pytest.mark.parametrize("name", PARSERS)
def test_no_parser_takes_more_than_in_proportion_to_a_text(name):
    """A pattern of quadratic cost takes minutes for a quarter of a megabyte; the slowest honest one half a second."""
    for filler in FILLERS:
        text = f"Driver Version: {filler * (256 * 1024 // len(filler))}"
        begin = time.process_time()
        PARSERS[name](text)
        assert time.process_time() - begin < 4, repr(filler)


def test_runs_of_blanks_are_bounded_and_lines_stay_apart():
    text = "a" + " " * 5000 + "\n" * 3000 + "    b\n"
    short = bounded(text)
    assert len(short) < 300
    assert short.split() == ["a", "b"]
    assert short.startswith("a    ")
    assert short.endswith("\n    b\n")
    assert bounded("x" + " " * 9000 + "y").count("\n") == 0
    assert bounded("a\n\n" * 50) == "a\n\n" * 50


def test_a_number_of_too_many_digits_is_no_version():
    for text in ("9" * 5000, "1." + "9" * 5000):
        assert version(text) is None
        assert requirement(f"torch=={text}") is None
    assert requirement("torch==2.14.1") is not None
