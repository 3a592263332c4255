"""What the reports of one text told together: the answers of a recording, the first of a kind before later ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dlsetup.system.reports.platforms import Platform, parse_banner, parse_platform

FROM_PYTHON, FROM_SYSTEM, FROM_TOOL = range(3)
"""Whose word on the operating system counts first: Python's, the system's own files, a vendor's tool."""


@dataclass(kw_only=True)
class Gathered:
    """The parts of a recording while it is filled.

    Beside what a machine answers, these values hold what reports tell in their own words; `probe/told.py` and
    `probe/listed.py` read them: `told.os` (its pretty name), `told.cpu` ({"brand", "vendor", "architecture"}),
    `told.gpus` ([{"vendor", "name", "architecture", "pci_id", "memory_bytes", "index"}]), `told.drivers` ([{"vendor",
    "version", "supports"}]), `told.python` ({"version", "bits", "machine", "implementation", "free_threaded", "conda",
    "prefix"}), `told.packages` ([[name, version]]: some of what is installed), `told.torch` ({"version", "cuda", "hip",
    "xpu"}), `told.sees-gpu` (what the framework said).
    """

    files: dict[str, str] = field(default_factory=dict)
    commands: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    systems: list[tuple[int, str]] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)

    def answer(self, title: str, key: str, text: str) -> None:
        """Keep a tool's answer or a file; of one kind the first that was found."""
        self.titles.append(title)
        (self.files if key.startswith("/") else self.commands).setdefault(key, text)

    def value(self, name: str, value: Any) -> None:  # noqa: ANN401
        """Keep a value, unless nothing is told or an earlier report told it."""
        if value not in (None, "", [], {}):
            self.values.setdefault(name, value)

    def facts(self, name: str, facts: dict[str, Any]) -> None:
        """Add what a mapping lacks."""
        known = self.values.setdefault(name, {})
        for key, value in facts.items():
            if value is not None and value != "":
                known.setdefault(key, value)
        if not known:
            del self.values[name]

    def gpu(self, **facts: Any) -> None:  # noqa: ANN401
        """Add a GPU."""
        self.values.setdefault("told.gpus", []).append(
            {key: value for key, value in facts.items() if value is not None}
        )

    def driver(self, **facts: str) -> None:
        """Add a driver."""
        self.values.setdefault("told.drivers", []).append(facts)

    def package(self, name: str, version: str) -> None:
        """Add one of the installed distributions; a name that is known stays."""
        packages = self.values.setdefault("told.packages", [])
        if all(name.lower().replace("_", "-") != known[0].lower().replace("_", "-") for known in packages):
            packages.append([name, version])

    def system(self, name: str, rank: int) -> None:
        """Note the operating system that a report is from."""
        if name:
            self.systems.append((rank, name))

    def banner(self, text: str) -> dict[str, object]:
        """Take in what sys.version or `python -VV` tells."""
        facts = parse_banner(text)
        self.system(str(facts.pop("system", "")), FROM_PYTHON)
        self.facts("told.python", facts)
        return facts

    def platform(self, text: str) -> Platform:
        """Take in what platform.platform() tells."""
        python = self.values.get("told.python", {}).get("version")
        found = parse_platform(text.strip(), python)
        self.system(found.system, FROM_PYTHON)
        self.value("kernel", found.kernel)
        self.value("machine", found.machine)
        self.facts("told.python", {"machine": found.machine})
        self.value("libc", list(found.libc) if found.libc else None)
        if found.system == "macos":
            self.value("macos", found.version)
        elif found.system == "windows":
            self.value("told.windows", found.version)
        return found

    def recording(self) -> dict[str, Any]:
        """Return what was gathered in the shape of a recording."""
        return {
            "platform": min(self.systems, key=lambda each: each[0])[1] if self.systems else "unknown",
            "files": self.files,
            "commands": self.commands,
            "env": self.env,
            "values": self.values,
        }
