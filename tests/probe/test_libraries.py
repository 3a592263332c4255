"""Which libraries stand beside those of an old framework, and which of MPI's the loader finds elsewhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dlsetup.probe.libraries import parse_cache, parse_cuda_cache, probe_contents, probe_libraries, probe_outside
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


def package(name, version="1.0"):
    return Distribution(name=name, version=version, folder=f"{name}-{version}.dist-info")


WINDOWS_SITE = "C:\\env\\Lib\\site-packages"
CUDA_CACHE = """\
1234 libs found in cache `/etc/ld.so.cache'
\tlibcudnn_engines_tensor_ir.so.9 (libc6,x86-64) => /lib/x86_64-linux-gnu/libcudnn_engines_tensor_ir.so.9
\tlibcudnn.so.9 (libc6,x86-64) => /lib/x86_64-linux-gnu/libcudnn.so.9
\tlibcudart.so.12 (libc6,x86-64) => /usr/local/cuda-12.8/lib64/libcudart.so.12
\tlibcuda.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libcuda.so.1
"""


def test_files_that_tell_what_they_are_for_are_named_by_package():
    names = ("libbitsandbytes_cpu.so", "libbitsandbytes_cuda126.so", "__init__.py")
    files = {f"{SITE}/bitsandbytes/{name}": "" for name in names}
    files |= {
        f"{SITE}/numpy/core/_multiarray_umath.cpython-36m-x86_64-linux-gnu.so": "",
        f"{SITE}/numpy/core/multi.py": "",
    }
    system = RecordedSystem({"platform": "linux", "files": files})
    found = dict(probe_contents(system, (SITE,), (package("numpy"), package("bitsandbytes"))))
    assert found["bitsandbytes"] == ("libbitsandbytes_cpu.so", "libbitsandbytes_cuda126.so")
    assert found["numpy"] == ("_multiarray_umath.cpython-36m-x86_64-linux-gnu.so",)
    assert probe_contents(system, (SITE,), (package("torch"),)) == ()


def test_files_of_an_environment_on_windows_are_found_too():
    values = {f"listing:{WINDOWS_SITE}\\numpy\\_core": ["_multiarray_umath.cp312-win_amd64.pyd", "multiarray.py"]}
    system = RecordedSystem({"platform": "windows", "values": values})
    found = dict(probe_contents(system, (WINDOWS_SITE,), (package("numpy"),)))
    assert found["numpy"] == ("_multiarray_umath.cp312-win_amd64.pyd",)


def test_the_loader_is_asked_only_for_those_that_take_libraries_from_it():
    system = RecordedSystem({"platform": "linux", "commands": {"ldconfig -p": {"stdout": CUDA_CACHE}}})
    assert probe_outside(system, (package("torch"), package("nvidia-cudnn-cu13", "9.26.0.51"))) is None
    found = probe_outside(system, (package("onnxruntime-gpu"),))
    assert found == ("libcudart.so.12", "libcudnn.so.9", "libcudnn_engines_tensor_ir.so.9")
    assert probe_outside(system, (package("nvidia-cudnn-cu13", "9.20.0.48"),)) == found


def test_the_loader_is_asked_for_a_tensorflow_without_libraries_of_its_own():
    system = RecordedSystem({"platform": "linux", "commands": {"ldconfig -p": {"stdout": CUDA_CACHE}}})
    assert "libcudnn.so.9" in probe_outside(system, (package("tensorflow", "2.13.1"),))
    assert probe_outside(system, (package("tensorflow", "2.21.0"), package("nvidia-cudnn-cu12", "9.3"))) is None
    assert probe_outside(system, (package("tensorflow-cpu", "2.21.0"),)) is None


def test_what_draws_windows_is_looked_for_where_opencv_wants_it():
    cache = (
        "\tlibGL.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libGL.so.1\n\tlibGLX.so.0 (libc6) => /lib/libGLX.so.0\n"
    )
    system = RecordedSystem({"platform": "linux", "commands": {"ldconfig -p": {"stdout": cache}}})
    assert probe_outside(system, (package("opencv-python"),)) == ("libGL.so.1",)
    assert probe_outside(system, (package("opencv-python-headless"),)) is None


def test_where_the_loader_cannot_be_asked_nothing_is_known():
    assert probe_outside(RecordedSystem({"platform": "linux"}), (package("cupy-cuda12x"),)) is None
    assert probe_outside(RecordedSystem({"platform": "macos"}), (package("ctranslate2"),)) is None


def test_folders_of_the_loader_and_of_a_toolkit_count():
    parts = {
        "env": {"LD_LIBRARY_PATH": "/opt/cudnn/lib", "CUDA_PATH": "/opt/cuda"},
        "files": {
            "/opt/cudnn/lib/libcudnn.so.8": "",
            "/opt/cuda/lib64/libnvrtc.so.12": "",
            "/opt/cuda/lib64/libfoo.so": "",
        },
        "commands": {"ldconfig -p": {"stdout": ""}},
    }
    system = RecordedSystem({"platform": "linux", **parts})
    assert probe_outside(system, (package("cupy-cuda12x"),)) == ("libcudnn.so.8", "libnvrtc.so.12")


def test_on_windows_the_path_is_looked_through():
    values = {"listing:C:\\cuda\\bin": ["cudnn64_9.dll", "nvcc.exe"]}
    system = RecordedSystem({"platform": "windows", "env": {"PATH": "C:\\x;C:\\cuda\\bin"}, "values": values})
    assert probe_outside(system, (package("onnxruntime-gpu"),)) == ("cudnn64_9.dll",)


@given(st.text())
def test_any_text_of_a_cache_is_read_without_trouble(text):
    assert all(name.startswith("lib") for name in parse_cuda_cache(text))
