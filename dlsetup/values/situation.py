"""All that doctor's checks are asked about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dlsetup.values.build import Catalog
from dlsetup.values.host import Host
from dlsetup.values.machine import Machine

if TYPE_CHECKING:
    from dlsetup.values.environment import Environment, IndexSettings, Java, Session, Storage
    from dlsetup.values.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Situation:
    """A machine, one environment on it, and what the user is about to do there."""

    host: Host = field(default_factory=Host)
    environment: Environment | None = None
    """None where no interpreter was found."""
    session: Session | None = None
    storage: tuple[Storage, ...] = ()
    catalog: Catalog = field(default_factory=Catalog)
    wanted: tuple[str, ...] = ()
    """Catalog names of the frameworks that the user asked about; may be empty."""
    plan: Plan | None = None
    """What is about to be installed; None where doctor only looks."""
    indexes: IndexSettings | None = None
    """The user's pip configuration; None where it was not read."""
    unfinished: tuple[str, str] | None = None
    """The environment that dlsetup began to change, and whether that is "running" or was "cut short"."""
    java: Java | None = None
    """The Java that Spark would start; None where nobody looked."""
    machine: Machine = field(default_factory=Machine)
    """How the machine is set up to run things, as far as somebody looked."""
