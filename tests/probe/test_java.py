"""The Java that Spark would start: where it is looked for, and how its version is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlsetup.probe import probe_java
from dlsetup.probe.java import parse_release, parse_version
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.environment import Java

DEBIAN = 'IMPLEMENTOR="Debian"\nJAVA_RUNTIME_VERSION="17.0.15+6-Debian-1deb12u1"\nJAVA_VERSION="17.0.15"\n'
OPENJDK_11 = (
    'Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "11.0.2" 2019-01-15\n'
    "OpenJDK Runtime Environment 18.9 (build 11.0.2+9)\n"
)
ORACLE_8 = 'java version "1.8.0_202"\nJava(TM) SE Runtime Environment (build 1.8.0_202-b08)\n'


def system(platform="linux", **parts):
    return RecordedSystem({"platform": platform, **parts})


def test_the_home_comes_before_the_path():
    there = system(
        env={"JAVA_HOME": "/opt/jdk", "PATH": "/usr/bin"},
        files={"/opt/jdk/bin/java": "", "/opt/jdk/release": DEBIAN, "/usr/bin/java": ""},
    )
    assert probe_java(there) == Java(path="/opt/jdk/bin/java", version="17.0.15", home="/opt/jdk")


def test_a_home_without_java_is_not_made_good_by_the_path():
    """bin/spark-class takes JAVA_HOME where it is set, whatever the PATH has."""
    there = system(
        env={"JAVA_HOME": "/opt/gone", "PATH": "/usr/bin"},
        files={"/opt/gone/bin/java": None, "/usr/bin/java": ""},
    )
    assert probe_java(there) == Java(home="/opt/gone")


def test_the_first_on_the_path_is_followed_to_its_release():
    there = system(
        env={"PATH": "/usr/bin"},
        files={"/usr/bin/java": "", "/usr/lib/jvm/17/release": DEBIAN},
        values={"link:/usr/bin/java": "/usr/lib/jvm/17/bin/java"},
    )
    assert probe_java(there) == Java(path="/usr/bin/java", version="17.0.15")


def test_it_is_asked_where_it_has_no_release():
    there = system(
        env={"JAVA_HOME": "/opt/jdk"},
        files={"/opt/jdk/bin/java": ""},
        commands={"/opt/jdk/bin/java -version": {"stderr": OPENJDK_11}},
    )
    assert probe_java(there).version == "11.0.2"


def test_one_that_lies_anywhere_is_not_started():
    there = system(
        env={"PATH": "/home/user/downloads"},
        files={"/home/user/downloads/java": ""},
        commands={"java -version": {"stderr": OPENJDK_11}},
    )
    assert probe_java(there) == Java(path="/home/user/downloads/java")


def test_the_macs_stand_in_is_none():
    there = system(
        platform="macos",
        env={"JAVA_HOME": "/usr"},
        files={"/usr/bin/java": ""},
        commands={
            "/usr/bin/java -version": {
                "stderr": "The operation couldn't be completed. Unable to locate a Java Runtime.\n",
                "exit": 1,
            }
        },
    )
    assert probe_java(there).path is None


def test_without_any_there_is_none():
    assert probe_java(system(env={"PATH": "/usr/bin"}, files={"/usr/bin/java": None})) == Java()


def test_a_java_for_windows_is_a_program_file():
    there = system(
        platform="windows",
        env={"JAVA_HOME": "C:\\jdk"},
        files={"C:\\jdk\\bin\\java.exe": "", "C:\\jdk\\release": 'JAVA_VERSION="21.0.8"\r\n'},
    )
    assert probe_java(there) == Java(path="C:\\jdk\\bin\\java.exe", version="21.0.8", home="C:\\jdk")


@pytest.mark.parametrize(("text", "version"), [(OPENJDK_11, "11.0.2"), (ORACLE_8, "1.8.0_202"), ("", None)])
def test_what_java_says_of_itself_is_read(text, version):
    assert parse_version(text) == version


@pytest.mark.parametrize(
    ("version", "major"),
    [("17.0.15", 17), ("1.8.0_202", 8), ("21", 21), ("24-ea", 24), ("9.0.4", 9), ("Debian", None), (None, None)],
)
def test_the_major_is_the_number_that_people_say(version, major):
    assert Java(version=version).major == major


@given(st.text())
def test_any_text_is_read_without_trouble(text):
    for parse in (parse_release, parse_version):
        found = parse(text)
        assert found is None or found
        assert Java(version=found).major is None or Java(version=found).major >= 0
