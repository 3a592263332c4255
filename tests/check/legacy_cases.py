"""Cases of the retired frameworks and of Spark, with the catalog that ships."""

from __future__ import annotations

from dataclasses import replace

from dlsetup.catalog import load_catalog
from dlsetup.values.environment import Java

CNTK_LIBRARIES = ("libCntk.Core-2.7.so", "libiomp5.so")
OPEN_MPI = ("libmpi.so.12", "libmpi_cxx.so.1")


def only(*pairs, python="3.11.7", **facts):
    """Return what leaves nothing installed but these."""

    def change(situation, edit):
        distributions = tuple(edit.distribution(name, version) for name, version in pairs)
        situation = replace(situation, catalog=load_catalog())
        situation = edit.interpreter(situation, version=python)
        return edit.environment(situation, distributions=distributions, torch=None, **facts)

    return change


def cntk(*libraries, **facts):
    return only(("cntk", "2.7.post2"), python="3.6.15", libraries=libraries, **facts)


def spark(release, **java):
    def change(situation, edit):
        found = Java(**java) if java else None
        return replace(only(("pyspark", release))(situation, edit), java=found)

    return change


def absent(version, home=None):
    return lambda situation, edit: replace(only(("pyspark", version))(situation, edit), java=Java(home=home))


CASES = [
    ("m.libc", "passes", "linux_cpu", cntk(*CNTK_LIBRARIES, *OPEN_MPI), "ok", None),
    ("m.libc", "near", "linux_cpu", only(("cntk", "2.7.post2"), python="3.6.15"), "ok", None),
    ("m.libc", "near", "linux_cpu", only(("torch", "2.13.0"), libraries=()), "ok", None),
    ("m.libc", "found", "linux_cpu", cntk(*CNTK_LIBRARIES), "fail", "cntk-mpi-missing"),
    # MPICH's and Intel MPI's libraries are called libmpi.so.12 too
    ("m.libc", "found", "linux_cpu", cntk(*CNTK_LIBRARIES, "libmpi.so.12"), "fail", "cntk-mpi-missing"),
    ("m.libc", "found", "linux_cpu", cntk("libCntk.Core-2.5.so", *OPEN_MPI), "fail", "cntk-mpi-missing"),
    ("env.build", "passes", "linux_cpu", spark("4.3.0", path="/opt/jdk/bin/java", version="17.0.15"), "ok", None),
    ("env.build", "passes", "linux_cpu", spark("4.3.0", path="/opt/jdk/bin/java", version="21.0.8"), "ok", None),
    ("env.build", "passes", "linux_cpu", spark("2.4.8", path="/opt/jdk/bin/java", version="1.8.0_452"), "ok", None),
    ("env.build", "near", "linux_cpu", spark("3.5.9", path="/opt/jdk/bin/java", version="1.8.0_452"), "ok", None),
    ("env.build", "near", "linux_cpu", spark("4.3.0"), "skip", None),
    ("env.build", "near", "linux_cpu", lambda situation, _: situation, "skip", None),
    ("env.build", "near", "linux_cpu", spark("4.3.0", path="/opt/jdk/bin/java"), "unknown", None),
    ("env.build", "found", "linux_cpu", absent("4.3.0"), "fail", "spark-java-missing-or-old"),
    ("env.build", "found", "linux_cpu", absent("4.3.0", "/opt/gone"), "fail", "spark-java-missing-or-old"),
    (
        "env.build",
        "found",
        "mac_metal",
        spark("4.3.0", path="/opt/jdk/bin/java", version="11.0.2", home="/opt/jdk"),
        "fail",
        "spark-java-missing-or-old",
    ),
    (
        "env.build",
        "found",
        "linux_cpu",
        spark("2.4.8", path="/opt/jdk/bin/java", version="11.0.2"),
        "fail",
        "spark-java-missing-or-old",
    ),
    (
        "env.build",
        "found",
        "windows_nvidia",
        spark("3.1.3", path="C:\\jdk\\bin\\java.exe", version="17.0.2"),
        "fail",
        "spark-java-missing-or-old",
    ),
    ("pkg.abi", "near", "linux_cpu", only(("mxnet", "1.9.1"), ("numpy", "1.23.5")), "ok", None),
    ("pkg.abi", "found", "linux_cpu", only(("mxnet", "1.9.1"), ("numpy", "1.24.0")), "fail", "numpy-removed-aliases"),
    ("pkg.abi", "found", "linux_cpu", only(("mxnet", "1.8.0"), ("numpy", "1.23.5")), "warn", "mxnet-end-of-life"),
    ("pkg.abi", "found", "linux_cpu", only(("mxnet-cu112", "1.9.0"), ("numpy", "1.23.5")), "warn", "mxnet-end-of-life"),
    # a hole that nobody will mend is worth knowing, and no alarm
    ("pkg.abi", "near", "linux_cpu", only(("chainer", "7.8.1"), ("numpy", "1.26.4")), "ok", "chainer-end-of-life"),
    ("pkg.abi", "near", "linux_cpu", cntk(*CNTK_LIBRARIES, *OPEN_MPI), "ok", None),
    ("pkg.abi", "found", "linux_cpu", only(("chainer", "7.8.1"), ("numpy", "2.0.2")), "fail", "chainer-end-of-life"),
    (
        "pkg.abi",
        "near",
        "linux_cpu",
        only(("chainer", "7.8.1"), ("numpy", "1.23.5"), ("cupy-cuda102", "7.8.0")),
        "ok",
        "chainer-end-of-life",
    ),
    (
        "pkg.abi",
        "found",
        "linux_cpu",
        only(("chainer", "7.8.1"), ("numpy", "1.23.5"), ("cupy-cuda12x", "13.4.0")),
        "warn",
        "chainer-end-of-life",
    ),
    # tagged for any Python, and made for none of these
    ("py.version", "near", "linux_cpu", only(("mxnet", "1.9.1"), python="3.11.7"), "ok", None),
    (
        "py.version",
        "found",
        "linux_cpu",
        only(("mxnet", "1.9.1"), python="3.12.8"),
        "fail",
        "no-matching-wheel-for-python",
    ),
    (
        "py.version",
        "found",
        "linux_cpu",
        only(("chainer", "7.8.1"), python="3.13.1"),
        "fail",
        "no-matching-wheel-for-python",
    ),
]
