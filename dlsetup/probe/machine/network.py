"""The network: interfaces, RDMA devices and ports for several processes, and certificates for downloads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dlsetup.probe.answers import content
from dlsetup.values.machine import Network

if TYPE_CHECKING:
    from dlsetup.system.interface import System

INTERFACES = "/sys/class/net"
RDMA = "/sys/class/infiniband"
RDMA_FILES = "/dev/infiniband"
LOWEST = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

NAMED_BY = ("NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME")
_LISTENING = r"^ {0,9}\d{1,9}: [0-9A-F]{8,32}:([0-9A-F]{4}) [0-9A-F]{8,32}:0000 0A\b"
"""Compiled when it is needed, which is seldom."""


def read(system: System) -> Network:
    """Return what is there; each is asked only where a variable or device gives a reason."""
    if system.platform != "linux":
        return Network()
    named = any(system.variable(name) for name in NAMED_BY)
    rdma = system.listing(RDMA) or ()
    files = system.listing(RDMA_FILES) if rdma else None
    master = bool(system.variable("MASTER_PORT"))
    return Network(
        interfaces=system.listing(INTERFACES) if named else None,
        rdma=rdma,
        rdma_device_files=None if files is None else any(name.startswith("uverbs") for name in files),
        lowest_port=_lowest_port(system) if master else None,
        listening=_listening(system) if master else (),
    )


def _lowest_port(system: System) -> int | None:
    """Return the first port that needs no right of root's (ip-sysctl: ip_unprivileged_port_start)."""
    if system.value("writable:/dev"):
        return 0
    word = content(system, LOWEST).strip()
    return int(word) if re.fullmatch(r"\d{1,5}", word) else None


def _listening(system: System) -> tuple[int, ...]:
    return tuple(sorted({port for path in TABLES for port in parse_listening(content(system, path))}))


def parse_listening(text: str) -> tuple[int, ...]:
    """Read the ports in state LISTEN (0A) from /proc/net/tcp (https://docs.kernel.org/networking/proc_net_tcp.html)."""
    return tuple(int(port, 16) for port in re.findall(_LISTENING, text, re.MULTILINE))


def missing_certificates(system: System) -> tuple[tuple[str, str], ...]:
    """Return the variables that name a file of certificates which is not there."""
    named = ((name, system.variable(name)) for name in CERTIFICATES)
    return tuple((name, path) for name, path in named if path and system.exists(path) is False)
