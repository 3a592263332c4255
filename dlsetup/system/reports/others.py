"""What JAX, conda and TensorFlow's script print of their surroundings.

Formats: jax/_src/environment_info.py (https://github.com/jax-ml/jax), conda/cli/main_info.py (https://github.com/conda/conda),
tools/tf_env_collect.sh (https://github.com/tensorflow/tensorflow).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.system.reports.gathered import FROM_PYTHON

if TYPE_CHECKING:
    from dlsetup.system.reports.gathered import Gathered

_UNAME = re.compile(
    r"uname_result\(system='(\w+)', node='[^']*', release='([^']*)', version='[^']*', machine='([^']*)'"
)
_SYSTEMS = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}
_MACHINES = {"AMD64": "x86_64", "ARM64": "arm64"}


def _uname(text: str, into: Gathered) -> None:
    match = _UNAME.search(text)
    if match and match[1] in _SYSTEMS:
        into.system(_SYSTEMS[match[1]], FROM_PYTHON)
        into.value("machine", _MACHINES.get(match[3], match[3]))
        into.facts("told.python", {"machine": _MACHINES.get(match[3], match[3])})
        if match[1] != "Windows":
            into.value("kernel", match[2])


def read_jax(text: str, into: Gathered) -> bool:
    """Take in jax.print_environment_info(), if the text holds it."""
    facts = dict(
        re.findall(r"^[ \t]*(jax|jaxlib|numpy|python|platform|device info):[ \t]*(\S.*?)[ \t]*$", text, re.MULTILINE)
    )
    if not {"jax", "jaxlib"} <= facts.keys() or not {"python", "platform", "numpy"} & facts.keys():
        return False
    into.banner(facts.get("python", ""))
    for name in ("jax", "jaxlib", "numpy"):
        if re.fullmatch(r"\d+(?:\.\d+)+\S*", facts.get(name, "")):
            into.package(name, facts[name])
    _uname(facts.get("platform", ""), into)
    devices = re.search(r"^[ \t]*jax\.devices \([^)]*\): \[(Cpu|Cuda|Rocm)Device", text, re.MULTILINE)
    if facts.get("device info", "").startswith("cpu-") or (devices and devices[1] == "Cpu"):
        into.value("told.sees-gpu", False)
    elif devices:
        into.value("told.sees-gpu", True)
    for name, value in re.findall(r"^[ \t]*((?:JAX|XLA)_\w+)=(.*?)[ \t]*$", text, re.MULTILINE):
        into.env.setdefault(name, value)
    device = re.match(r"(.+)-(\d{1,3}), (\d{1,3}) local devices", facts.get("device info", ""))
    if device and re.match(r"NVIDIA |Tesla |GeForce |Quadro ", device[1]):
        for index in range(int(device[3])):
            into.gpu(vendor="nvidia", name=device[1], index=index)
    into.titles.append("jax.print_environment_info()")
    return True


def read_conda(text: str, into: Gathered) -> bool:
    """Take in `conda info` (or mamba's), if the text holds it."""
    facts = dict(re.findall(r"^[ \t]*([a-z][\w /-]+?)[ \t]*:[ \t](.*?)[ \t]*$", text, re.MULTILINE))
    if (
        "conda version" not in facts
        or not {"active environment", "base environment", "virtual packages"} & facts.keys()
    ):
        return False
    _conda_platform(facts.get("platform", ""), into)
    _conda_agent(facts.get("user-agent", ""), into)
    libc = re.search(r"\b__glibc=(\d+\.\d+)=", text)
    cuda = re.search(r"\b__cuda=(\d+\.\d+)=", text)
    mac = re.search(r"\b__osx=(\d+(?:\.\d+)*)=", text)
    into.value("libc", ["glibc", libc[1]] if libc else None)
    into.value("macos", mac[1] if mac and not mac[1].startswith("10.16") else None)
    if cuda:
        into.driver(vendor="nvidia", supports=f"CUDA {cuda[1]}")
    prefix = facts.get("active env location", "")
    into.facts("told.python", {"prefix": prefix if re.match(r"/|[A-Za-z]:\\", prefix) else None, "conda": True})
    into.titles.append("conda info")
    return True


def _conda_platform(word: str, into: Gathered) -> None:
    """Read conda's platform, which is its own interpreter's: osx-64 under Rosetta, too."""
    match = re.fullmatch(r"(linux|osx|win)-(64|32|aarch64|arm64|ppc64le|s390x)", word)
    if match is None:
        return
    into.system({"osx": "macos", "win": "windows"}.get(match[1], match[1]), FROM_PYTHON)
    machine = {"64": "x86_64", "32": "i686"}.get(match[2], match[2])
    into.facts("told.python", {"machine": machine})
    if match[1] == "linux" and match[2] != "32":
        into.value("machine", machine)


def _conda_agent(text: str, into: Gathered) -> None:
    """Read the user agent: "conda/24.7.1 ... Linux/5.15.0-91-generic ubuntu/22.04.4 glibc/2.35"."""
    linux = re.search(r" Linux/(\d+\.\d\S*) ([a-z][\w-]*)/(\d+(?:\.\d+)*) ", text + " ")
    if linux:
        into.value("kernel", linux[1])
        into.value("told.distribution", [linux[2], linux[3]])
    mac = re.search(r" Darwin/(\d+(?:\.\d+)+) OSX/(\d+(?:\.\d+)+) ", text + " ")
    if mac:
        into.value("kernel", mac[1])
        into.value("macos", mac[2] if not mac[2].startswith("10.16") else None)
    windows = re.search(r" Windows/(\d+\.\d+\.\d+) ", text + " ")
    into.value("told.windows", windows[1] if windows else None)


def read_tensorflow(text: str, into: Gathered) -> bool:
    """Take in what TensorFlow's collect script writes, if the text holds it; nvidia-smi's table is found by itself."""
    parts = re.split(r"^[ \t]*==[ \t]+([a-z][\w -]+?)[ \t]+=+[ \t]*$", text, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=False))
    if "check python" not in sections and "check os platform" not in sections:
        return False
    _python(sections, into)
    system = dict(
        re.findall(r"^[ \t]*([a-z ]+?):[ \t]*(\S.*?)[ \t]*$", sections.get("check os platform", ""), re.MULTILINE)
    )
    into.platform(system.get("os platform", ""))
    into.system(_SYSTEMS.get(system.get("os", ""), ""), FROM_PYTHON)
    distribution = re.match(r"\('([\w ]+)', '(\d+(?:\.\d+)*)'", system.get("linux distribution", ""))
    if distribution:
        into.value("told.os", f"{distribution[1]} {distribution[2]}")
    mac = re.match(r"\('(\d+(?:\.\d+)+)'", system.get("mac version", ""))
    into.value("macos", mac[1] if mac and not mac[1].startswith("10.16") else None)
    if sections.get("are we in docker", "").strip() == "Yes":
        into.value("exists:/.dockerenv", True)
    for name, version in re.findall(
        r"^[ \t]*([A-Za-z][\w.-]*)[ \t]+(\d+(?:\.\d+)+\S*)", sections.get("check pips", ""), re.MULTILINE
    ):
        into.package(name, version)
    for name, value in re.findall(
        r"^[ \t]*((?:DY)?LD_LIBRARY_PATH) (?!is unset)(\S+)", sections.get("env", ""), re.MULTILINE
    ):
        into.env.setdefault(name, value)
    into.titles.append("tf_env_collect.sh")
    return True


def _python(sections: dict[str, str], into: Gathered) -> None:
    told = dict(
        re.findall(r"^[ \t]*(python [a-z ]+?):[ \t]*(\S.*?)[ \t]*$", sections.get("check python", ""), re.MULTILINE)
    )
    compiler = told.get("python compiler version", "")
    into.banner(f"{told.get('python version', '')} [{compiler}]" if compiler else told.get("python version", ""))
    if told.get("python implementation"):
        into.facts("told.python", {"implementation": told["python implementation"].lower()})
