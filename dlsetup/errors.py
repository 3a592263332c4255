"""The ways in which a command may end before its work is done, one exit code each."""

from __future__ import annotations


class DlsetupError(Exception):
    """Something on the user's side ended the command.

    A message has three parts: what is wrong, what was seen, and what to do next.
    """

    exit_code = 1
    """What the process returns."""
    kind = "failed"
    """The error's name for programs."""

    def __init__(self, what: str, *, seen: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.seen = seen
        self.do = do

    def __str__(self) -> str:
        """Join the three parts in one line."""
        return "; ".join(part for part in (self.what, self.seen, self.do) if part)


class UsageError(DlsetupError):
    """The command line, or a file it names as options, asks for what cannot be."""

    exit_code = 2
    kind = "usage"


class NothingFitsError(DlsetupError):
    """Nothing that is published fits this machine."""

    exit_code = 3
    kind = "nothing-fits"


class IndexFailedError(DlsetupError):
    """A package index or the network failed."""

    exit_code = 4
    kind = "index-failed"


class InstallFailedError(DlsetupError):
    """An installation failed; the environment is as it was before."""

    exit_code = 5
    kind = "install-failed"


class BusyError(DlsetupError):
    """Another dlsetup is at work in the same environment."""

    exit_code = 6
    kind = "busy"


class UnreadableError(DlsetupError):
    """A file that was handed in (recording, policy, log) cannot be read."""

    exit_code = 7
    kind = "unreadable"


class InterruptedByUserError(DlsetupError):
    """The user interrupted the command; the environment is as it was before."""

    exit_code = 130
    kind = "interrupted"
