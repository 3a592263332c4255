from __future__ import annotations

import email
import importlib.metadata
import json
import sysconfig
from pathlib import Path

import pytest

from dlsetup.probe.distributions import (
    BIG,
    normalise,
    parse_metadata,
    parse_record,
    parse_requires_txt,
    parse_tags,
    read_distributions,
)
from dlsetup.system.local import LocalSystem
from dlsetup.system.recorded import RecordedSystem

HEADER = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


def install(site: Path, name: str, version: str = "1.0", *, files: dict[str, str] | None = None) -> Path:
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir()
    texts = {
        "METADATA": HEADER.format(name=name, version=version),
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-manylinux_2_28_x86_64\n",
        "RECORD": f"{name}/__init__.py,sha256=x,10\n",
        "INSTALLER": "pip\n",
    }
    for file, text in {**texts, **(files or {})}.items():
        if text is not None:
            (folder / file).write_text(text)
    return folder


def only(site: Path):
    (found,) = read_distributions(LocalSystem(), str(site))
    return found


def test_a_distribution_is_read_from_its_metadata(tmp_path):
    metadata = (
        "Metadata-Version: 2.1\nName: Torch_Vision.Extra\nVersion: 0.19.0+cpu\n"
        "Requires-Dist: numpy (>=1.21) ;\n  extra == 'all'\n"
        "Requires-Python: >=3.8\nRequires-Dist: torch ==2.4.0\nDescription-Content-Type: text/markdown\n\n"
        "Name: not-this\nRequires-Dist: nor-this\n"
    )
    install(tmp_path, "Torch_Vision.Extra", "0.19.0+cpu", files={"METADATA": metadata})
    found = only(tmp_path)
    assert (found.name, found.version) == ("torch-vision-extra", "0.19.0+cpu")
    assert found.requires == ("numpy (>=1.21) ; extra == 'all'", "torch ==2.4.0")
    assert found.requires_python == ">=3.8"
    assert found.tags == ("cp311-cp311-manylinux_2_28_x86_64",)
    assert (found.installer, found.whole, found.editable) == ("pip", True, False)
    assert found.folder == "Torch_Vision.Extra-0.19.0+cpu.dist-info"


@pytest.mark.parametrize(
    "files",
    [
        {"METADATA": None},
        {"METADATA": ""},
        {"METADATA": "\x00\x00\x00\x00"},
        {"METADATA": "Name: torch\n"},
        {"METADATA": "Version: 1.0\n"},
        {"RECORD": None},
        {"RECORD": ""},
        {"RECORD": None, "INSTALLER": None},
        {"METADATA": None, "INSTALLER": None, "WHEEL": None},
    ],
)
def test_broken_metadata_is_not_whole(tmp_path, files):
    install(tmp_path, "torch", files=files)
    found = only(tmp_path)
    assert found.name == "torch"
    assert not found.whole


def test_a_folder_that_is_empty_is_a_distribution_that_is_not_whole(tmp_path):
    (tmp_path / "torch-2.0.dist-info").mkdir()
    found = only(tmp_path)
    assert (found.name, found.version, found.whole) == ("torch", None, False)


@pytest.mark.parametrize("installer", ["debian", "rpm", "conda"])
def test_a_system_s_package_manager_may_leave_record_out(tmp_path, installer):
    install(tmp_path, "numpy", files={"RECORD": None, "INSTALLER": installer + "\n"})
    assert only(tmp_path).whole


def test_two_folders_of_one_name_are_two_distributions(tmp_path):
    install(tmp_path, "torch", "2.0")
    install(tmp_path, "torch", "2.1")
    found = read_distributions(LocalSystem(), str(tmp_path))
    assert [(each.name, each.version) for each in found] == [("torch", "2.0"), ("torch", "2.1")]


def test_leftovers_of_an_interrupted_uninstall_are_no_distributions(tmp_path):
    install(tmp_path, "~orch", "2.0")
    assert read_distributions(LocalSystem(), str(tmp_path)) == ()


def test_an_editable_install_is_seen(tmp_path):
    direct = {"url": "file:///project/x", "dir_info": {"editable": True}}
    install(tmp_path, "mine", files={"direct_url.json": json.dumps(direct)})
    assert only(tmp_path).editable


def test_a_direct_url_alone_is_not_editable(tmp_path):
    install(tmp_path, "mine", files={"direct_url.json": '{"url": "file:///w.whl", "archive_info": {}}'})
    assert not only(tmp_path).editable


def test_eggs_count_in_each_of_their_forms(tmp_path):
    folder = tmp_path / "chainer-7.8.1-py3.8.egg-info"
    folder.mkdir()
    (folder / "PKG-INFO").write_text("Name: chainer\nVersion: 7.8.1\n")
    (folder / "requires.txt").write_text("numpy>=1.9\n\n[test]\npytest\n")
    (tmp_path / "distutils_thing-0.3.egg-info").write_text("Name: distutils-thing\nVersion: 0.3\n")
    source = tmp_path / "source"
    (source / "my_lib.egg-info").mkdir(parents=True)
    (source / "my_lib.egg-info" / "PKG-INFO").write_text("Name: my-lib\nVersion: 0.1\n")
    (tmp_path / "my-lib.egg-link").write_text(f"{source}\n.")
    (source / "other.egg-info").mkdir()
    (tmp_path / "lost.egg-link").write_text("/nowhere\n.")
    (tmp_path / "astray.egg-link").write_text(f"{source}\n.")
    (tmp_path / "PyPA-1.0.egg-info").write_text("Name: pypa\nVersion: 1.0\nRequires-Dist: six\n")
    found = {each.name: each for each in read_distributions(LocalSystem(), str(tmp_path))}
    assert found["chainer"].version == "7.8.1"
    assert found["chainer"].requires == ("numpy>=1.9", 'pytest; extra == "test"')
    assert found["distutils-thing"].version == "0.3"
    assert (found["my-lib"].version, found["my-lib"].editable) == ("0.1", True)
    assert found["pypa"].requires == ("six",)
    assert (found["astray"].version, found["astray"].editable) == (None, True)
    assert (found["lost"].version, found["lost"].editable) == (None, True)
    assert all(each.whole for each in found.values())


def test_an_egg_s_requirements_get_the_markers_of_their_sections():
    text = "a\n# note\n[:python_version < '3']\nb\n[extra:sys_platform == 'win32']\nc\n[extra]\nd\n"
    assert parse_requires_txt(text) == (
        "a",
        "b; python_version < '3'",
        "c; (sys_platform == 'win32') and extra == \"extra\"",
        'd; extra == "extra"',
    )


# --- big files


def big(site: Path, name: str, size: int) -> str:
    path = site / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)
    return f"{name},sha256=x,{size}\n"


def test_a_missing_or_torn_library_of_a_framework_is_named(tmp_path):
    whole = big(tmp_path, "torch/lib/libtorch.so", BIG + 1)
    torn = big(tmp_path, "torch/lib/libtorch_cpu.so", 5 * BIG)
    (tmp_path / "torch/lib/libtorch_cpu.so").write_bytes(b"x")
    gone = f"torch/lib/libc10.so,sha256=x,{2 * BIG}\n"
    small = "torch/__init__.py,sha256=x,100\n"
    install(tmp_path, "torch", "2.0", files={"RECORD": whole + torn + gone + small})
    found = only(tmp_path)
    assert found.missing_files == ("torch/lib/libtorch_cpu.so", "torch/lib/libc10.so")
    assert found.whole, "the metadata is; the files have their own field"


def test_a_small_library_is_missed_as_well_unless_it_is_one_of_tests(tmp_path):
    (tmp_path / "torch/lib").mkdir(parents=True)
    (tmp_path / "torch/lib/libc10.so").write_bytes(b"")
    names = ("torch/lib/libshm.so", "torch/lib/libgomp.so.1", "torch/lib/libc10.so", "torch/lib/libtorchbind_test.so")
    record = "".join(f"{name},sha256=x,100\r\n" for name in (*names, "torch/so.py", "torch/a.so.py"))
    install(tmp_path, "torch", "2.0", files={"RECORD": record})
    assert only(tmp_path).missing_files == ("torch/lib/libgomp.so.1", "torch/lib/libshm.so")


def test_files_of_other_packages_are_not_looked_for(tmp_path):
    install(tmp_path, "boto3", files={"RECORD": f"boto3/big.bin,sha256=x,{9 * BIG}\n"})
    assert only(tmp_path).missing_files == ()


def test_conda_changes_sizes_so_only_presence_counts(tmp_path):
    torn = big(tmp_path, "numpy/core.so", 2 * BIG)
    (tmp_path / "numpy/core.so").write_bytes(b"x")
    record = torn + f"numpy/gone.so,,{2 * BIG}\n"
    install(tmp_path, "numpy", files={"RECORD": record, "INSTALLER": "conda"})
    assert only(tmp_path).missing_files == ("numpy/gone.so",)


def test_record_names_are_read_quoted_and_plain():
    size = 2 * BIG
    text = f'a/b.so,sha256=x,{size}\r\n"c,""d"".so",sha256=y,{size}\nsmall.so,sha256=z,{BIG}\nx,,\n,,{size}\n'
    assert parse_record(text) == (("a/b.so", size), ('c,"d".so', size))


# --- recordings


def test_what_was_not_recorded_is_not_called_broken():
    system = RecordedSystem(
        {
            "platform": "linux",
            "files": {
                "/s/torch-2.1.0.dist-info/METADATA": "Name: torch\nVersion: 2.1.0\n",
                "/s/jax-0.4.dist-info/INSTALLER": "pip\n",
                "/s/keras-3.0.dist-info/METADATA": "Name: keras\nVersion: 3.0\n",
                "/s/keras-3.0.dist-info/RECORD": None,
                "/s/mlx-0.1.dist-info/RECORD": f"mlx/a.metallib,,{9 * BIG}\n",
            },
        }
    )
    found = {each.name: each for each in read_distributions(system, "/s")}
    assert found["torch"].whole
    assert found["jax"].whole
    assert not found["keras"].whole
    assert found["mlx"].missing_files == ()


def test_a_recorded_absence_of_a_big_file_counts():
    system = RecordedSystem(
        {
            "platform": "windows",
            "files": {
                "C:\\s\\torch-2.1.dist-info\\METADATA": "Name: torch\nVersion: 2.1\n",
                "C:\\s\\torch-2.1.dist-info\\RECORD": f"torch/lib/torch.dll,,{9 * BIG}\n",
                "C:\\s\\torch\\lib\\torch.dll": None,
            },
            "values": {
                "listing:C:\\s": ["torch-2.1.dist-info"],
                "exists:C:\\s\\torch-2.1.dist-info\\RECORD": True,
            },
        }
    )
    (found,) = read_distributions(system, "C:\\s")
    assert found.missing_files == ("torch/lib/torch.dll",)


def test_a_folder_that_is_not_there_holds_nothing():
    assert read_distributions(LocalSystem(), "/nowhere/at/all") == ()


# --- parsers against the libraries they stand in for


def real_metadata() -> list[Path]:
    return sorted(Path(sysconfig.get_path("purelib")).glob("*.dist-info/METADATA"))


@pytest.mark.parametrize("path", real_metadata(), ids=lambda path: path.parent.name)
def test_the_header_is_read_as_the_email_parser_reads_it(path):
    text = path.read_text(encoding="utf-8", errors="replace")
    message = email.message_from_string(text)
    name, version, requires, requires_python = parse_metadata(text)
    assert (name, version, requires_python) == (message["Name"], message["Version"], message["Requires-Python"])
    assert list(requires) == [" ".join(each.split("\n")) for each in message.get_all("Requires-Dist") or []]


def test_the_environment_of_the_tests_is_read_as_importlib_reads_it():
    site = sysconfig.get_path("purelib")
    expected = sorted((normalise(each.name), each.version) for each in importlib.metadata.distributions(path=[site]))
    found = read_distributions(LocalSystem(), site)
    assert sorted((each.name, each.version) for each in found) == expected
    assert all(each.whole for each in found if each.installer in {"pip", "uv"})


def test_windows_line_ends_and_odd_spelling_are_read():
    text = "metadata-version: 2.1\r\nNAME:torch\r\nVersion :  2.1\r\nrequires-dist: a\r\n\tb\r\n\r\nVersion: 9\r\n"
    assert parse_metadata(text) == ("torch", "2.1", ("a b",), None)


def test_every_tag_of_a_wheel_is_read():
    assert parse_tags("Wheel-Version: 1.0\r\nTag: cp311-abi3-x\r\nTag: cp312-abi3-x\r\n") == (
        "cp311-abi3-x",
        "cp312-abi3-x",
    )
