"""Which libraries stand beside those of an old framework, and which of MPI's the loader finds elsewhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dlsetup.probe.libraries import parse_cache, probe_libraries
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.environment import Distribution

SITE = "/env/lib/python3.6/site-packages"
CNTK = Distribution(name="cntk", version="2.7.post2", folder="cntk-2.7.post2.dist-info")
CACHE = """\
1234 libs found in cache `/etc/ld.so.cache'
\tlibmpich.so.12 (libc6,x86-64) => /lib/x86_64-linux-gnu/libmpich.so.12
\tlibmpi_cxx.so.1 (libc6,x86-64) => /opt/openmpi/lib/libmpi_cxx.so.1
\tlibmpi.so.12 (libc6,x86-64) => /opt/openmpi/lib/libmpi.so.12
\tlibmpg123.so.0 (libc6,x86-64) => /lib/x86_64-linux-gnu/libmpg123.so.0
"""


def probe(*names, distributions=(CNTK,), **parts):
    files = {f"{SITE}/cntk/libs/{name}": "" for name in names}
    system = RecordedSystem({"platform": "linux", "files": files, **parts})
    return probe_libraries(system, (SITE,), distributions)


def test_without_an_old_framework_nobody_looks():
    assert probe("libiomp5.so", distributions=()) is None


def test_a_folder_that_cannot_be_read_tells_nothing():
    assert probe() is None


def test_what_stands_beside_is_told():
    assert probe("libiomp5.so", "libmpi.so.12") == ("libiomp5.so", "libmpi.so.12")


def test_the_loaders_cache_is_asked_where_nothing_stands_beside():
    found = probe("libiomp5.so", commands={"ldconfig -p": {"stdout": CACHE}})
    assert set(found) >= {"libiomp5.so", "libmpi.so.12", "libmpi_cxx.so.1"}


def test_a_folder_of_the_loaders_path_counts():
    system = RecordedSystem(
        {
            "platform": "linux",
            "env": {"LD_LIBRARY_PATH": "/opt/openmpi/lib"},
            "files": {f"{SITE}/cntk/libs/libiomp5.so": "", "/opt/openmpi/lib/libmpi_cxx.so.1": ""},
        }
    )
    assert probe_libraries(system, (SITE,), (CNTK,)) == ("libiomp5.so", "libmpi_cxx.so.1")


@given(st.text())
def test_any_text_is_read_without_trouble(text):
    assert all(name.startswith("libmpi") for name in parse_cache(text))
