"""Plans of the real catalog for stated machines, with a resolver that takes whatever it is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dlsetup.catalog import load_catalog
from dlsetup.commands.places import foreign_places
from dlsetup.commands.wanted import read_wanted
from dlsetup.plan import Planner, assume
from dlsetup.values.environment import IndexSettings
from dlsetup.values.host import Cpu, Driver, Gpu, Host, Libc, OperatingSystem
from dlsetup.values.plan import Package, Resolution
from dlsetup.values.request import Request


def answers(query):
    """Resolve anything: one package for each requirement."""
    packages = []
    for requirement in query.requirements:
        name, _, version = requirement.partition("==")
        packages.append(Package(name=name.partition("[")[0].partition("<")[0], version=version or "1.0"))
    return Resolution(packages=tuple(packages), lock="lock-version = '1.0'")


def machine(target="linux-x86_64", gpus=(), driver=None, *, vendor="nvidia", glibc="2.39", macos="15.0", **changes):
    """Return a machine of a target, with GPUs of these architectures and a driver of this version."""
    system, _, architecture = target.partition("-")
    gpus = tuple(Gpu(vendor=vendor, name=f"GPU {each}", architecture=each) for each in gpus)
    known = Driver(vendor=vendor, version=driver) if driver else None
    host = Host(
        os=OperatingSystem(system=system, version=macos if system == "macos" else None),
        libc=Libc(family="glibc", version=glibc) if system == "linux" else Libc(),
        cpu=Cpu(architecture=architecture, features=("avx", "avx2") if architecture == "x86_64" else ("asimd",)),
        gpus=gpus,
        drivers=(known,) if known else (),
    )
    return replace(host, **changes)


def propose(host, *names, resolve=answers, catalog=None, places=None, **request):
    """Plan for a stated machine, as `dlsetup plan --host` does."""
    catalog = catalog or load_catalog()
    taken = assume(host, catalog.c_libraries)
    wanted = Request(wanted=read_wanted(names, catalog), host=host, **request)
    planner = Planner(
        request=wanted,
        host=taken.host,
        assumed=taken.drivers,
        told=taken.told,
        catalog=catalog,
        settings=IndexSettings(),
        resolve=resolve,
    )
    return planner.proposal(foreign_places(wanted) if places is None else places)


def shown(proposal):
    """Return what was chosen for the first framework, "2.15.0 cu132"; "?" where the plan asks."""
    plan = proposal.plans[0]
    return f"{plan.builds[0].version} {plan.compute}" if plan.builds else "?"


@pytest.fixture
def plan_for():
    return propose


@pytest.fixture
def make_machine():
    return machine


@pytest.fixture
def choice():
    return shown
