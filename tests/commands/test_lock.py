"""Which file a plan may be written to, and that it is written whole or not at all."""

from __future__ import annotations

import pytest

from dlsetup.commands.lock import check_lockable, kind_of, write_lock
from dlsetup.errors import IndexFailedError, UsageError
from dlsetup.values.plan import Plan, Proposal


def plan(platform="linux-x86_64", python="3.12", *, lock="x", frameworks=("pytorch",)):
    return Plan(
        frameworks=frameworks,
        accelerator="cpu",
        compute="cpu",
        python=python,
        environment=None,
        platform=platform,
        lock=lock,
    )


def check(*plans, kinds=("pylock",)):
    check_lockable(Proposal(status="ok", plans=plans), kinds)


NAMES = {
    "pylock.toml": "pylock",
    "locks/pylock.gpu.toml": "pylock",
    "requirements.txt": "requirements",
    "gpu.txt": "requirements",
    "new-pyproject.toml": "pyproject",
    "environment.yml": "conda",
    "env.YAML": "conda",
    "Dockerfile": "dockerfile",
    "train.dockerfile": "dockerfile",
    "Containerfile.gpu": "dockerfile",
}


@pytest.mark.parametrize(("name", "kind"), NAMES.items())
def test_a_files_name_tells_what_is_written(name, kind, tmp_path):
    assert kind_of(str(tmp_path / name)) == kind


@pytest.mark.parametrize("name", ["lock", "lock.json", "torch.toml", ""])
def test_any_other_name_is_refused_with_those_that_are_known(name, tmp_path):
    with pytest.raises(UsageError) as caught:
        kind_of(str(tmp_path / name) if name else name)
    assert "pylock.toml" in caught.value.seen


def test_what_people_write_in_is_never_written_over(tmp_path):
    for name in ("pyproject.toml", "environment.yml", "Dockerfile"):
        path = tmp_path / name
        path.write_text("mine")
        with pytest.raises(UsageError) as caught:
            kind_of(str(path))
        assert f"dlsetup-{name}" in caught.value.do
    (tmp_path / "pylock.toml").write_text("old")
    assert kind_of(str(tmp_path / "pylock.toml")) == "pylock"


def test_a_plan_without_files_and_hashes_is_no_lock():
    with pytest.raises(IndexFailedError) as caught:
        check(plan(), plan("macos-arm64", lock=""))
    assert "macos-arm64" in caught.value.what


def test_environments_of_their_own_share_no_lock():
    with pytest.raises(UsageError) as caught:
        check(plan(), plan(frameworks=("mxnet",)))
    assert "mxnet" in caught.value.seen


def test_a_dockerfile_is_for_one_linux():
    check(plan(), kinds=("dockerfile",))
    for plans in ((plan("macos-arm64"),), (plan(), plan("linux-arm64"))):
        with pytest.raises(UsageError):
            check(*plans, kinds=("dockerfile",))


def test_a_conda_environment_has_one_python():
    check(plan(python="3.12.4"), plan("macos-arm64", python="3.12.1"), kinds=("conda",))
    with pytest.raises(UsageError):
        check(plan(), plan("macos-arm64", python="3.11"), kinds=("conda",))


def test_a_lock_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "pylock.toml"
    path.write_text("old")
    write_lock(str(path), "new\n")
    assert path.read_text() == "new\n"
    assert [each.name for each in tmp_path.iterdir()] == ["pylock.toml"]
    with pytest.raises(UsageError) as caught:
        write_lock(str(tmp_path / "absent" / "pylock.toml"), "new\n")
    assert caught.value.do
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(UsageError):
        write_lock(str(tmp_path / "folder.txt"), "new\n")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder.txt", "pylock.toml"]
