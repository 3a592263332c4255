from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dlsetup.probe.pip_configuration import parse_pip_configuration, read_pip_configuration
from dlsetup.system.local import LocalSystem
from dlsetup.system.recorded import RecordedSystem

VERSIONS = Path("~/.pyenv/versions").expanduser()
posix = pytest.mark.skipif(sys.platform == "win32", reason="the cases are written with POSIX places")

RESOLVE = """
import json, os, sys
packages, cases = json.load(sys.stdin)
sys.path.insert(0, packages)
from pip._internal.commands import create_command
names = ("index_url", "extra_index_urls", "find_links", "constraints", "cert", "client_cert", "proxy", "trusted_hosts",
    "no_index", "keyring_provider", "pre", "require_venv")
answers = {}
for case, (prefix, variables) in cases.items():
    os.environ.clear()
    os.environ.update(variables)
    sys.prefix = prefix
    try:
        options = create_command("install").parser.parse_args([])[0]
    except (Exception, SystemExit) as problem:
        answers[case] = {"stopped": str(problem)}
    else:
        answers[case] = {name: getattr(options, name, "no such option") for name in names}
print(json.dumps(answers))
"""
"""What `pip install` would use in each case, asked of pip itself."""


def settings(files, *, prefix=None, platform="linux", env=None, home="/home/user", values=None):
    system = RecordedSystem(
        {"platform": platform, "files": files, "env": env or {}, "values": {"home": home, **(values or {})}}
    )
    return read_pip_configuration(system, prefix)


def test_a_later_level_replaces_a_list_as_a_whole():
    files = {
        "/etc/xdg/pip/pip.conf": "[global]\nextra-index-url = https://a https://b\n",
        "/etc/pip.conf": "[global]\ncert = /c.pem\n",
        "/home/user/.config/pip/pip.conf": "[global]\nextra-index-url =\n    https://c\n    https://d\n",
    }
    found = settings(files)
    assert found.extra_index_urls == ("https://c", "https://d")
    assert found.cert == "/c.pem"
    assert found.sources == (
        ("cert", "/etc/pip.conf"),
        ("extra-index-url", "/home/user/.config/pip/pip.conf"),
    )


def test_the_install_section_of_a_weaker_file_beats_the_global_section_of_a_stronger_one():
    files = {
        "/etc/pip.conf": "[install]\nindex-url = https://section\n",
        "/e/pip.conf": "[global]\nindex-url = https://file\n",
    }
    assert settings(files, prefix="/e").index_url == "https://section"


def test_variables_beat_every_file():
    env = {"PIP_INDEX_URL": "https://variable", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    found = settings({"/e/pip.conf": "[install]\nindex-url=https://f\nfind-links=/w\n"}, prefix="/e", env=env)
    assert (found.index_url, found.no_index, found.find_links) == ("https://variable", True, ("/w",))
    assert dict(found.sources)["index-url"] == "PIP_INDEX_URL"


def test_the_chosen_file_replaces_the_user_s_only_where_it_exists():
    files = {
        "/home/user/.pip/pip.conf": "[global]\nproxy = http://user-file\n",
        "/c.ini": "[global]\ncert = /chosen\n",
    }
    chosen = settings(files, env={"PIP_CONFIG_FILE": "/c.ini"})
    assert (chosen.proxy, chosen.cert) == (None, "/chosen")
    missing = settings({**files, "/c.ini": None}, env={"PIP_CONFIG_FILE": "/c.ini"})
    assert (missing.proxy, missing.cert) == ("http://user-file", None)


def test_the_null_device_means_no_file_at_all():
    files = {"/etc/pip.conf": "[global]\nindex-url = https://a\n", "/e/pip.conf": "[global]\nno-index = true\n"}
    found = settings(files, prefix="/e", env={"PIP_CONFIG_FILE": "/dev/null"})
    assert (found.index_url, found.no_index, found.sources) == (None, False, ())


@pytest.mark.parametrize(
    "text", ["no section\n", "[global]\nindex-url = a\nindex-url = b\n", "[global\nx=1\n", "\ufeff[a]\n"]
)
def test_a_broken_file_is_left_out_and_named(text):
    found = settings({"/etc/pip.conf": text, "/home/user/.config/pip/pip.conf": "[global]\nproxy = p\n"})
    assert found.proxy == "p"
    (problem,) = [said for name, said in found.sources if name == "problem"]
    assert problem.startswith("/etc/pip.conf: ")


def test_a_flag_that_is_neither_yes_nor_no_is_named():
    found = settings({"/etc/pip.conf": "[global]\nno-index = perhaps\n"})
    assert found.no_index is False
    assert ("problem", "/etc/pip.conf: no-index is neither yes nor no: perhaps") in found.sources


def test_percent_signs_are_left_as_they_are():
    parsed, problem = parse_pip_configuration("[global]\nIndex_URL = https://u:p%40s@host/simple\n")
    assert (parsed, problem) == ({"global": {"index-url": "https://u:p%40s@host/simple"}}, None)


def test_a_mac_has_its_own_places():
    support = "/Users/user/Library/Application Support/pip/pip.conf"
    files = {
        "/Library/Application Support/pip/pip.conf": "[global]\ncert = /global\n",
        "/Users/user/.config/pip/pip.conf": "[global]\nproxy = config\n",
        "/etc/pip.conf": "[global]\nno-index = yes\n",
    }
    found = settings(files, platform="macos", home="/Users/user")
    assert (found.cert, found.proxy, found.no_index) == ("/global", "config", False)
    found = settings({**files, support: "[global]\nproxy = support\n"}, platform="macos", home="/Users/user")
    assert found.proxy == "support"


def test_a_brewed_python_has_one_more():
    files = {"/opt/homebrew/share/pip/pip.conf": "[global]\nproxy = brewed\n"}
    prefix = "/opt/homebrew/opt/python@3.12/Frameworks/Python.framework/Versions/3.12"
    assert settings(files, platform="macos", home="/Users/user", prefix=prefix).proxy == "brewed"
    assert settings(files, platform="macos", home="/Users/user", prefix="/Users/user/.venv").proxy is None


def test_windows_has_its_own_places():
    files = {
        "C:\\ProgramData\\pip\\pip.ini": "[global]\r\ncert = C:\\c.pem\r\nproxy = machine\r\n",
        "C:\\Users\\user\\pip\\pip.ini": "[global]\r\nproxy = legacy\r\nkeyring-provider = subprocess\r\n",
        "C:\\Users\\user\\AppData\\Roaming\\pip\\pip.ini": "[global]\r\nproxy = roaming\r\n",
        "C:\\w\\.venv\\pip.ini": "[install]\r\ntrusted-host = a b\r\n",
    }
    home = "C:\\Users\\user"
    found = settings(files, platform="windows", home=home, prefix="C:\\w\\.venv")
    assert (found.cert, found.proxy, found.keyring) == ("C:\\c.pem", "roaming", "subprocess")
    assert found.trusted_hosts == ("a", "b")
    none = settings(files, platform="windows", home=home, prefix="C:\\w\\.venv", env={"PIP_CONFIG_FILE": "nul"})
    assert none.sources == ()


def test_a_recording_without_files_has_no_settings():
    assert settings({}).sources == ()


# --- the same questions, asked of pip


CASES = {
    "nothing": ({}, {}),
    "every-level": (
        {
            "xdg-1": "[global]\nindex-url = https://x1/simple\nextra-index-url = https://x1/e\nproxy = http://x1\n",
            "xdg-2": "[global]\nindex-url = https://x2/simple\ntrusted-host = x2 x3\n",
            "legacy": "[global]\nindex-url = https://legacy/simple\nclient-cert = /legacy.pem\n",
            "user": "[global]\nfind-links =\n    /wheels\n    /more\nextra-index-url = https://u/e\n",
            "site": "[global]\nno-index = true\npre = yes\n",
        },
        {"PIP_CERT": "/variable.pem"},
    ),
    "sections": (
        {
            "xdg-1": "[install]\nindex-url = https://install/simple\nconstraint = /a.txt\n[download]\nproxy = http://no\n",
            "site": "[global]\nindex-url = https://global/simple\nconstraint = /b.txt\n",
        },
        {},
    ),
    "empty-texts": (
        {
            "xdg-1": "[global]\nindex-url = https://x/simple\nproxy = http://x\nextra-index-url = https://e\n",
            "user": "[global]\nindex-url =\n[install]\nproxy =\n",
        },
        {"PIP_EXTRA_INDEX_URL": ""},
    ),
    "aliases": ({"xdg-1": "[global]\nindex-url = https://a\n", "site": "[global]\npypi-url = https://b\n"}, {}),
    "alias-before": ({"xdg-1": "[global]\npypi-url = https://b\n", "site": "[global]\nindex-url = https://a\n"}, {}),
    "spelling": ({"user": "[global]\nExtra_Index_URL = https://e\n--trusted-host = h\nrequire_virtualenv = on\n"}, {}),
    "chosen": (
        {"user": "[global]\nproxy = http://user\n", "site": "[global]\ncert = /s\n", "chosen": "[global]\ncert = /c\n"},
        {"PIP_CONFIG_FILE": "chosen"},
    ),
    "chosen-missing": ({"user": "[global]\nproxy = http://user\n"}, {"PIP_CONFIG_FILE": "chosen"}),
    "chosen-empty": ({"user": "[global]\nproxy = http://user\n"}, {"PIP_CONFIG_FILE": ""}),
    "none": (
        {"user": "[global]\nproxy = http://user\n", "site": "[global]\npre = 1\n"},
        {"PIP_CONFIG_FILE": os.devnull},
    ),
    "variables": (
        {"site": "[install]\nindex-url = https://s\nno-index = true\n"},
        {
            "PIP_INDEX_URL": "https://v",
            "PIP_NO_INDEX": "0",
            "PIP_FIND_LINKS": "/a  /b",
            "PIP_CONSTRAINT": "c.txt d.txt",
            "PIP_REQUIRE_VIRTUALENV": "1",
            "PIP_TRUSTED_HOST": "h",
        },
    ),
    "defaults-section": ({"user": "[DEFAULT]\nproxy = http://default\n[global]\ncert = /c\n"}, {}),
    "percent": (
        {"user": "[global]\nindex-url = https://u:p%40%%x@host/simple\n; comment\n# comment\nproxy = a#b ; c\n"},
        {},
    ),
    "keyring": ({"user": "[global]\nkeyring-provider = subprocess\n"}, {}),
    "no-xdg": ({"user": "[global]\nproxy = http://u\n", "xdg-1": "[global]\ncert = /c\n"}, {"XDG_CONFIG_DIRS": ""}),
    "other-home": ({"elsewhere": "[global]\nproxy = http://e\n"}, {"XDG_CONFIG_HOME": "elsewhere"}),
    "broken-file": ({"user": "[global]\nproxy = http://u\n", "site": "[global]\ncert = /c\n"}, {}),
}

BROKEN = {
    "no-section": ({"user": "no section\n"}, {}),
    "twice": ({"user": "[global]\nproxy = a\nproxy = b\n"}, {}),
    "torn": ({"site": "[global\nx=1\n"}, {}),
    "no-value": ({"xdg-2": "[global]\nproxy\n"}, {}),
}


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """Write each case's files; return its prefix and its environment variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON", "XDG_CONFIG"))}
    return {
        case: machine(tmp_path_factory.mktemp(case), files, kept, variables)
        for case, (files, variables) in {**CASES, **BROKEN, "plain": ({}, {"PIP_CONFIG_FILE": os.devnull})}.items()
    }


def machine(top: Path, files: dict[str, str], kept: dict[str, str], variables: dict[str, str]):
    places = {
        "xdg-1": top / "xdg1" / "pip" / "pip.conf",
        "xdg-2": top / "xdg2" / "pip" / "pip.conf",
        "legacy": top / "home" / ".pip" / "pip.conf",
        "user": top / "home" / ".config" / "pip" / "pip.conf",
        "site": top / "prefix" / "pip.conf",
        "chosen": top / "chosen.conf",
        "elsewhere": top / "elsewhere" / "pip" / "pip.conf",
    }
    for name, text in files.items():
        places[name].parent.mkdir(parents=True, exist_ok=True)
        places[name].write_text(text)
    named = {"chosen": str(places["chosen"]), "elsewhere": str(top / "elsewhere")}
    own = {"HOME": str(top / "home"), "XDG_CONFIG_DIRS": f"{top / 'xdg1'}:{top / 'xdg2'}"}
    variables = {name: named.get(value, value) for name, value in variables.items()}
    return str(top / "prefix"), {**kept, **own, **variables}


@pytest.fixture(
    scope="module", params=["3.10", "3.11", "3.12", "3.13", pytest.param("newest", marks=pytest.mark.network)]
)
def answers(request, machines, tmp_path_factory):
    """Return what a pip answers in every case."""
    if request.param == "newest":
        python, packages = sys.executable, str(newest_pip(tmp_path_factory))
    else:
        folder = next(iter(sorted(VERSIONS.glob(request.param + ".*"))), None)
        if folder is None:
            pytest.skip(f"no Python {request.param} under {VERSIONS}")
        python, packages = str(folder / "bin/python"), str(folder / f"lib/python{request.param}/site-packages")
    question = json.dumps([packages, machines])
    done = subprocess.run([python, "-I", "-c", RESOLVE], input=question, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def newest_pip(factory) -> Path:
    place = factory.mktemp("newest-pip")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(place), "pip"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no newer pip to be had: {done.stderr.strip()[-200:]}")
    return place


def read_in(machines, case, monkeypatch):
    prefix, variables = machines[case]
    for name in [*os.environ]:
        if name not in variables:
            monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return read_pip_configuration(LocalSystem(), prefix)


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="the cases are written with Linux places")
@pytest.mark.parametrize("case", CASES)
def test_settings_are_those_that_pip_itself_would_use(case, answers, machines, monkeypatch):
    expected, plain = answers[case], answers["plain"]
    found = read_in(machines, case, monkeypatch)
    assert (found.index_url or plain["index_url"]) == expected["index_url"]
    assert list(found.extra_index_urls) == expected["extra_index_urls"]
    assert list(found.find_links) == expected["find_links"]
    assert list(found.constraints) == expected["constraints"]
    assert found.cert == expected["cert"]
    assert found.client_cert == expected["client_cert"]
    assert (found.proxy or plain["proxy"]) == expected["proxy"]
    assert list(found.trusted_hosts) == expected["trusted_hosts"]
    assert found.no_index == bool(expected["no_index"])
    assert found.pre == bool(expected["pre"])
    assert found.require_virtualenv == bool(expected["require_venv"])
    assert not [said for name, said in found.sources if name == "problem"]
    if expected["keyring_provider"] != "no such option":  # it came with pip 23.1
        assert (found.keyring or plain["keyring_provider"]) == expected["keyring_provider"]


@posix
@pytest.mark.parametrize("case", BROKEN)
def test_what_counts_as_broken_is_what_pip_stops_at(case, answers, machines, monkeypatch):
    assert "stopped" in answers[case]
    found = read_in(machines, case, monkeypatch)
    assert [name for name, _ in found.sources].count("problem") == 1
