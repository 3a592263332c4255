"""What a recording keeps of long answers, so that it stays small and tells no more than it has to."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LONG = 200
_FIELD = re.compile(
    r"^(?:Name|Version|Requires-Dist|Requires-Python)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*", re.MULTILINE | re.IGNORECASE
)
_BIG = re.compile(r"^.*,\d{7,}\r?$", re.MULTILINE)
_LAUNCHER = re.compile(r"#!\s*\"?[A-Za-z]:\\[^\r\n\"\x00]*?python[\w.]*\.exe\"?", re.IGNORECASE)


def command_line(argv: Sequence[str]) -> str:
    """Return the line by which a recording knows a command: a program handed to an interpreter is no part of it."""
    return " ".join("<program>" if len(word) > _LONG and "\n" in word else word for word in argv)


def excerpt(path: str, text: str) -> str:
    """Return what is kept of a file.

    Of a distribution the header fields and the large files (torch's RECORD has over ten thousand lines), of mounts the
    folders and their kind, of a script the line that names its interpreter, of process 1 the name of its container.
    """
    name = re.split(r"[/\\]", path)[-1]
    if name in {"METADATA", "PKG-INFO"}:
        header = re.split(r"\n\n|\r\n\r\n", text, maxsplit=1)[0]
        return "\n".join(_FIELD.findall(header)) + "\n"
    if name == "RECORD":
        return "".join(line + "\n" for line in _BIG.findall(text)) or "\n"
    if path in _KEPT:
        return _KEPT[path](text)
    if re.fullmatch(r"pip[\d.]*(?:\.exe)?", name):
        launcher = _LAUNCHER.search(text) if not text.startswith("#!") else None
        return launcher.group() if launcher else "\n".join(text.split("\n", 3)[:3]) + "\n"
    return text


_LIBRARIES = re.compile(r"^\d{1,9} libs found in cache.*$|^[ \t]{1,9}lib(?:cuda|mpi)[\w-]*\.so\b.*$", re.MULTILINE)


def output(argv: Sequence[str], text: str) -> str:
    """Return what is kept of a command's output: of the loader's cache those libraries alone that are asked for."""
    return "\n".join(_LIBRARIES.findall(text)) + "\n" if tuple(argv) == ("ldconfig", "-p") else text


def _mount(line: str) -> str:
    """Leave out the device, which may be another machine's name, and options that nobody asks for."""
    words = line.split(" ")
    if len(words) < 4:  # noqa: PLR2004 - device, folder, kind, options
        return ""
    options = [word for word in words[3].split(",") if word in {"ro", "rw", "noexec"}]
    return f"- {words[1]} {words[2]} {','.join(options)} 0 0\n"


def _container(text: str) -> str:
    """Keep of the first process' variables its container: there are secrets among the others."""
    return "\n".join(re.findall(r"(?:^|\0)(container=[A-Za-z][\w-]{0,40})(?=\0|$)", text))


def _mounts(text: str) -> str:
    return "".join(_mount(line) for line in text.splitlines())


def _start(text: str) -> str:
    """Keep of the kernel's options those of the IOMMU: others tell which disk is whose."""
    return " ".join(re.findall(r"\b(?:iommu(?:\.passthrough)?|intel_iommu|amd_iommu)=[\w,]+", text)) + "\n"


def _runtime(text: str) -> str:
    """Keep of Docker's settings NVIDIA's runtime: others hold addresses, and passwords of proxies."""
    match = re.search(r'"nvidia"\s*:\s*\{[^{}]*?"path"\s*:\s*"([\w./-]{1,200})"', text)
    return json.dumps({"runtimes": {"nvidia": {"path": match[1]}}} if match else {}) + "\n"


def _devices(text: str) -> str:
    """Keep of what containers are told of a GPU the library that bears the driver's version."""
    return "\n".join(dict.fromkeys(re.findall(r"libcuda\.so\.[\d.]+", text))) + "\n"


_LISTENING = re.compile(r"^ {0,9}\d{1,9}: [0-9A-F]{8,32}:([0-9A-F]{4}) [0-9A-F]{8,32}:0000 0A\b", re.MULTILINE)


def _ports(text: str) -> str:
    """Keep the ports that something waits at, without addresses."""
    return "".join(f"   0: 00000000:{port} 00000000:0000 0A\n" for port in _LISTENING.findall(text))


_KEPT: dict[str, Callable[[str], str]] = {
    "/proc/1/environ": _container,
    "/proc/mounts": _mounts,
    "/proc/cmdline": _start,
    "/proc/net/tcp": _ports,
    "/proc/net/tcp6": _ports,
    "/etc/docker/daemon.json": _runtime,
    "/etc/cdi/nvidia.yaml": _devices,
    "/var/run/cdi/nvidia.yaml": _devices,
}
"""What is kept of files that tell more than anybody needs."""
