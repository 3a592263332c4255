"""What is published: load_catalog() for builds and rules, load_devices() for the tables of GPU models."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dlsetup.catalog.documents import read_catalog, read_devices
from dlsetup.catalog.rules import with_rules

if TYPE_CHECKING:
    from dlsetup.values.build import Catalog, Device

_HERE = Path(__file__).parent

VENDORS = ("amd", "intel", "nvidia")
"""Whose GPU models have a table; Apple's are told apart by the system itself."""


@cache
def load_catalog() -> Catalog:
    """Return the catalog that dlsetup ships, read once for each process."""
    return with_rules(read_catalog(_HERE))


@cache
def load_devices(vendor: str) -> tuple[Device, ...]:
    """Return a vendor's GPU models, none for a vendor without a table."""
    return read_devices(_HERE / "hardware" / f"{vendor}.toml") if vendor in VENDORS else ()
