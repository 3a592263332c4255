"""What a stage may ask of a machine, and the shape of the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NOT_RECORDED = "not in the recording"


@dataclass(frozen=True, kw_only=True)
class Text:
    """A file's text, or why there is none."""

    text: str | None = None
    absent: bool = False
    """True: known not to be there. False without text: could not be read, so nothing is known."""
    why: str = ""

    @property
    def unknown(self) -> bool:
        """Tell whether neither text nor absence is known."""
        return self.text is None and not self.absent


@dataclass(frozen=True, kw_only=True)
class Completed:
    """How a command ended. It never raises for what the command did."""

    argv: tuple[str, ...]
    exit_code: int | None = None
    """None where it did not start or was stopped; negative for the signal that ended it."""
    stdout: str = ""
    stderr: str = ""
    problem: str | None = None
    """not-found, timeout, denied or unknown (not recorded); None where it ran to its end."""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Tell whether it ran and returned 0."""
        return self.exit_code == 0 and self.problem is None


class System(Protocol):
    """A machine: this one, or a recording of one."""

    @property
    def platform(self) -> str:
        """Return linux, macos or windows."""

    @property
    def replayed(self) -> bool:
        """Tell whether this is a recording: nothing may be changed then."""

    def read(self, path: str) -> Text:
        """Return a text file, decoded as UTF-8 with replacement, at most 16 MiB of it."""

    def listing(self, path: str) -> tuple[str, ...] | None:
        """Return the names in a folder, sorted; None where it is not there, not readable or not known."""

    def link(self, path: str) -> str | None:
        """Return the final, absolute path behind a link; None where there is nothing."""

    def exists(self, path: str) -> bool | None:
        """Tell whether a path exists; None where that is not known."""

    def size(self, path: str) -> int | None:
        """Return a file's size in bytes; None where there is none or it is not known."""

    def variable(self, name: str) -> str | None:
        """Return an environment variable; None where it is not set."""

    def variables(self) -> Mapping[str, str]:
        """Return all environment variables."""

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str | None] | None = None,
        cwd: str | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a command without a shell, with a bounded output, and return how it ended.

        A bare name is looked up in trusted folders only, never in the working folder or on the PATH. `env` is added to
        the machine's own variables (None removes one). `on_line` is told every line as it is printed.
        """

    def find(self, name: str) -> str | None:
        """Return the absolute path of a vendor's tool in the trusted folders."""

    def value(self, name: str) -> Any:  # noqa: ANN401
        """Return a measured value by name, None where it is not known.

        `memory_bytes` (int), `physical_cores` and `logical_cores` (int), `machine` (as uname -m prints it), `node`
        (the machine's own name, never recorded), `kernel`,
        `libc` ([family, version]), `disk:PATH` ({"total", "free"} in bytes), `writable:PATH` (bool),
        `cpuinfo` (py-cpuinfo's mapping; slow, ask last), `folder` (the working folder), `home`, `macos` (version),
        `nvml` (see nvml.py), `process` (the name of the program that the kernel runs this process with), `confstr`,
        `load` (how many processes wanted to run, on average over the last minute).
        """
