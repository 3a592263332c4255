"""dlsetup frameworks: what there is for a machine, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlsetup.catalog import load_catalog, load_devices
from dlsetup.commands.named import is_version
from dlsetup.commands.places import FOREIGN_PYTHONS
from dlsetup.errors import UsageError
from dlsetup.plan import Assumed, assume
from dlsetup.plan.overview import Overview
from dlsetup.probe import probe_host, probe_java

if TYPE_CHECKING:
    from dlsetup.system.interface import System
    from dlsetup.values.host import Host
    from dlsetup.values.overview import FrameworkOverview


_OFTEN = ("pytorch", "tensorflow", "keras", "jax", "mlx")
"""The order in which frameworks are offered that use a machine equally well: the more asked for first."""


def recommended(system: System) -> tuple[FrameworkOverview, ...]:
    """Return the living frameworks that fit this machine, those first that use its GPU."""

    def order(row: FrameworkOverview) -> tuple[bool, int]:
        place = _OFTEN.index(row.framework) if row.framework in _OFTEN else len(_OFTEN)
        return not any(each.version and each.accelerator != "cpu" for each in row.accelerators), place

    rows = (row for row in frameworks(system) if row.state != "retired")
    return tuple(sorted((row for row in rows if any(each.version for each in row.accelerators)), key=order))


def frameworks(system: System, *, host: Host | None = None, python: str | None = None) -> tuple[FrameworkOverview, ...]:
    """Return one row for each framework, for this machine or for the stated one.

    Raises UsageError for a Python that is no version.
    """
    if python is not None and not is_version(python):
        raise UsageError(f"--python {python} is no version", seen="a path", do="write it as a number, such as 3.12")
    catalog = load_catalog()
    taken = assume(host, catalog.c_libraries) if host else Assumed(host=probe_host(system, load_devices))
    return Overview(
        host=taken.host,
        catalog=catalog,
        pythons=(".".join(python.split(".")[:2]),) if python else FOREIGN_PYTHONS,
        any_python=python is None,
        assumed=taken.drivers,
        java=None if host else probe_java(system),
    ).rows()
