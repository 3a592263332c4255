"""Fixtures that every room uses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of gathered facts and recorded machines, which is not part of the project."""
    folder = Path(os.environ.get("DLSETUP_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    if not (folder / "hosts").is_dir():
        pytest.skip(f"the folder of recorded machines is absent ({folder}); DLSETUP_SHARED names another place")
    return folder
