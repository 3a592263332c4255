"""The user's pip configuration, made fit for uv."""

from __future__ import annotations

import pytest

from dlsetup.commands.indexes import usable
from dlsetup.errors import UnreadableError
from dlsetup.probe import read_pip_configuration
from dlsetup.system.recorded import RecordedSystem
from dlsetup.values.environment import IndexSettings
from dlsetup.values.report import Silence


class Notes(Silence):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, text: str) -> None:
        """Keep it."""
        self.said.append(text)


def machine(files, **env):
    values = {"home": "/home/user", "folder": "/code"}
    return RecordedSystem({"platform": "linux", "files": files, "env": env, "values": values})


def made_usable(files, progress=None, **env):
    system = machine(files, **env)
    return usable(read_pip_configuration(system, None), system, progress or Notes())


def test_relative_paths_belong_to_the_folder_where_pip_would_run():
    """uv runs in another folder than the user."""
    files = {"/code/c.txt": "numpy<2", "/home/user/wheels/a.whl": "", "/code/ca.pem": ""}
    found = made_usable(files, PIP_CONSTRAINT="c.txt", PIP_FIND_LINKS="~/wheels https://a/b", PIP_CERT="ca.pem")
    assert found.constraints == ("/code/c.txt",)
    assert found.find_links == ("/home/user/wheels", "https://a/b")
    assert found.cert == "/code/ca.pem"


def test_constraints_that_are_not_there_are_told_before_anything_is_asked():
    with pytest.raises(UnreadableError) as caught:
        made_usable({"/code/c.txt": None}, PIP_CONSTRAINT="c.txt")
    assert "PIP_CONSTRAINT" in caught.value.seen
    assert caught.value.do


def test_a_folder_of_wheels_that_is_not_there_is_left_out_as_pip_does_and_said():
    notes = Notes()
    found = made_usable({"/wheels": None}, notes, PIP_FIND_LINKS="/wheels")
    assert found.find_links == ()
    assert "/wheels does not exist" in notes.said[0]


@pytest.mark.parametrize("text", ["[global\nindex-url = x\n", "[global]\nno-index = maybe\n"])
def test_a_file_at_which_pip_stops_is_no_silent_default(text):
    with pytest.raises(UnreadableError) as caught:
        made_usable({"/etc/pip.conf": text})
    assert "/etc/pip.conf" in caught.value.seen
    assert caught.value.exit_code == 7


def test_no_configuration_is_fine():
    assert made_usable({}) == IndexSettings()
