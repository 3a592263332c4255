"""Environments are found where people and tools keep them, and nowhere else."""

from __future__ import annotations

from dlsetup.probe.environments import find_environments
from dlsetup.system.recorded import RecordedSystem

HOME = "/home/user"
CODE = f"{HOME}/code/course"


def machine(*environments: str, env=None, files=None, **listings: tuple[str, ...]) -> RecordedSystem:
    """Return a machine with environments at these places and with these folders."""
    values = {f"exists:{path}/pyvenv.cfg": True for path in environments}
    values |= {f"link:{path}": path for path in environments}
    values |= {f"listing:{path}": list(names) for path, names in listings.items()}
    return RecordedSystem(
        {
            "platform": "linux",
            "files": files or {},
            "env": {"HOME": HOME, **(env or {})},
            "values": {"home": HOME, **values},
        }
    )


def test_those_of_the_folder_of_its_projects_and_of_the_folders_above_are_found():
    places = (f"{CODE}/.venv", f"{CODE}/mnist/venv", f"{HOME}/code/.venv", f"{HOME}/.venv")
    system = machine(*places, **{CODE: ("mnist", "notes.txt")})
    assert find_environments(system, CODE) == places


def test_nothing_above_the_home_folder_and_beside_it_is_looked_at():
    system = machine("/home/.venv", "/.venv", "/srv/.venv", "/srv/job/.venv")
    assert find_environments(system, CODE) == ()
    assert find_environments(system, "/srv/job") == ("/srv/job/.venv",)


def test_the_active_one_comes_first_and_is_named_once():
    system = machine(f"{CODE}/.venv", f"{HOME}/.venv", env={"VIRTUAL_ENV": f"{HOME}/.venv"})
    assert find_environments(system, CODE) == (f"{HOME}/.venv", f"{CODE}/.venv")


def test_what_tools_keep_is_found():
    kept = ("/data/tools/ruff", f"{HOME}/.local/share/pipx/venvs/nox", f"{HOME}/.virtualenvs/lab", "/opt/envs/dl")
    system = machine(
        *kept,
        env={"UV_TOOL_DIR": "/data/tools"},
        files={f"{HOME}/.conda/environments.txt": "/opt/envs/dl\n\n"},
        **{
            "/data/tools": ("ruff",),
            f"{HOME}/.local/share/pipx/venvs": ("nox",),
            f"{HOME}/.virtualenvs": ("lab", "postactivate"),
        },
    )
    assert set(find_environments(system, None)) == set(kept)
