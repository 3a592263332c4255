"""A plan as a file: for one platform and for several, each read back by what will read it."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.version import Version

from dlsetup.render.locks import KINDS, lock_text
from dlsetup.values.build import Build
from dlsetup.values.plan import Package, Plan

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

INDEX = "https://index.example/whl/cu126"
HOST = "https://files.example"


def lock(*rows):
    return "".join(
        ['lock-version = "1.0"\ncreated-by = "uv"\nrequires-python = ">=3.12"\n']
        + [
            f'\n[[packages]]\nname = "{name}"\nversion = "{version}"\n'
            f'{extra}wheels = [{{ url = "{HOST}/{file}", size = 7, hashes = {{ sha256 = "{digest}" }} }}]\n'
            for name, version, file, digest, extra in rows
        ]
    )


def build(name, version, compute, requirement, **more):
    return Build(
        framework=name,
        version=Version(version),
        compute=compute,
        accelerator="cuda",
        requirements=(requirement, "numpy"),
        optional=("torchvision==0.29.1+cu126", "left-out==1") if name == "pytorch" else (),
        system="linux",
        architecture="x86_64",
        pythons=("3.12",),
        **more,
    )


LINUX = Plan(
    frameworks=("pytorch",),
    accelerator="cuda",
    compute="cu126",
    python="3.12",
    environment=None,
    platform="linux-x86_64",
    packages=(
        Package(name="numpy", version="2.4.0"),
        Package(name="torch", version="2.14.1+cu126", index=INDEX),
        Package(name="torchvision", version="0.29.1+cu126", index=INDEX),
    ),
    builds=(build("pytorch", "2.14.1", "cu126", "torch==2.14.1+cu126"),),
    variables=(("KERAS_BACKEND", "torch"),),
    lock=lock(
        ("numpy", "2.4.0", "numpy-2.4.0-cp312-cp312-manylinux_2_28_x86_64.whl", "aa", ""),
        ("torch", "2.14.1+cu126", "torch-2.14.1%2Bcu126-cp312-cp312-manylinux_2_28_x86_64.whl", "bb", ""),
        ("torchvision", "0.29.1+cu126", "torchvision-0.29.1%2Bcu126-cp312-cp312-manylinux_2_28_x86_64.whl", "cc", ""),
    ),
)
MAC = Plan(
    frameworks=("pytorch",),
    accelerator="mps",
    compute="mps",
    python="3.12",
    environment=None,
    platform="macos-arm64",
    packages=(Package(name="numpy", version="2.4.0"), Package(name="torch", version="2.15.0")),
    builds=(build("pytorch", "2.15.0", "mps", "torch==2.15.0"),),
    lock=lock(
        ("numpy", "2.4.0", "numpy-2.4.0-cp312-cp312-macosx_14_0_arm64.whl", "dd", ""),
        ("torch", "2.15.0", "torch-2.15.0-cp312-cp312-macosx_14_0_arm64.whl", "ee", ""),
    ),
)
ON_LINUX = {"sys_platform": "linux", "platform_machine": "x86_64", "python_version": "3.12"}
ON_MAC = {"sys_platform": "darwin", "platform_machine": "arm64", "python_version": "3.12"}


def requirements_of(text):
    """Read a requirements file as pip does: lines joined, options after the requirement."""
    joined = text.replace(" \\\n", " ")
    for line in joined.splitlines():
        if line and not line.startswith("#"):
            words = line.split(" --hash=")
            yield Requirement(words[0]), [word.strip() for word in words[1:]]


def wanted(text, environment):
    return {
        requirement.name: (str(requirement.specifier) or requirement.url, digests)
        for requirement, digests in requirements_of(text)
        if requirement.marker is None or requirement.marker.evaluate(environment)
    }


def test_the_lock_of_one_platform_is_the_resolvers_own():
    assert lock_text("pylock", [LINUX]) == LINUX.lock


def test_the_locks_of_two_platforms_say_which_package_is_for_which():
    document = tomllib.loads(lock_text("pylock", [LINUX, MAC]))
    assert [Marker(each).evaluate(ON_LINUX) for each in document["environments"]] == [True, False]
    rows = {(row["name"], row["version"]): row for row in document["packages"]}
    assert "marker" not in rows["numpy", "2.4.0"]
    assert [file["hashes"]["sha256"] for file in rows["numpy", "2.4.0"]["wheels"]] == ["aa", "dd"]
    assert Marker(rows["torch", "2.15.0"]["marker"]).evaluate(ON_MAC)
    assert not Marker(rows["torch", "2.15.0"]["marker"]).evaluate(ON_LINUX)
    assert Marker(rows["torch", "2.14.1+cu126"]["marker"]).evaluate(ON_LINUX)


def test_a_source_archive_stays_one():
    text = LINUX.lock + (
        '\n[[packages]]\nname = "pyspark"\nversion = "4.3.0"\n'
        f'sdist = {{ url = "{HOST}/pyspark-4.3.0.tar.gz", size = 7, hashes = {{ sha256 = "ff" }} }}\n'
    )
    plan = replace(LINUX, lock=text)
    rows = {row["name"]: row for row in tomllib.loads(lock_text("pylock", [plan, MAC]))["packages"]}
    assert rows["pyspark"]["sdist"]["hashes"] == {"sha256": "ff"}
    assert wanted(lock_text("requirements", [plan]), ON_LINUX)["pyspark"] == ("==4.3.0", ["sha256:ff"])


def test_every_requirement_has_its_hashes():
    text = lock_text("requirements", [LINUX])
    assert wanted(text, ON_LINUX) == {
        "numpy": ("==2.4.0", ["sha256:aa"]),
        "torch": (f"{HOST}/torch-2.14.1%2Bcu126-cp312-cp312-manylinux_2_28_x86_64.whl", ["sha256:bb"]),
        "torchvision": (f"{HOST}/torchvision-0.29.1%2Bcu126-cp312-cp312-manylinux_2_28_x86_64.whl", ["sha256:cc"]),
    }
    assert "--extra-index-url" not in text, "an extra index serves packages of other names too"


def test_requirements_of_two_platforms_differ_by_condition_alone():
    text = lock_text("requirements", [LINUX, MAC])
    assert wanted(text, ON_LINUX)["torch"][1] == ["sha256:bb"]
    assert wanted(text, ON_MAC)["torch"] == ("==2.15.0", ["sha256:ee"])
    assert "torchvision" not in wanted(text, ON_MAC)
    assert wanted(text, ON_MAC)["numpy"] == wanted(text, ON_LINUX)["numpy"] == ("==2.4.0", ["sha256:aa", "sha256:dd"])


def test_the_tables_for_uv_give_a_familys_index_to_that_family_alone():
    document = tomllib.loads(lock_text("pyproject", [LINUX]))
    assert document["project"]["dependencies"] == ["torch==2.14.1+cu126", "numpy", "torchvision==0.29.1+cu126"]
    assert document["project"]["requires-python"] == "==3.12.*"
    uv = document["tool"]["uv"]
    assert uv["index"] == [{"name": "cu126-1", "url": INDEX, "explicit": True}]
    assert uv["sources"] == {"torch": {"index": "cu126-1"}, "torchvision": {"index": "cu126-1"}}
    assert uv["prerelease"] == "disallow"


def test_the_tables_for_two_platforms_name_each_ones_own():
    document = tomllib.loads(lock_text("pyproject", [LINUX, MAC]))
    lines = [Requirement(line) for line in document["project"]["dependencies"]]
    on_mac = [str(each.specifier) for each in lines if each.name == "torch" and each.marker.evaluate(ON_MAC)]
    assert on_mac == ["==2.15.0"]
    assert next(each for each in lines if each.name == "numpy").marker is None
    (source,) = document["tool"]["uv"]["sources"]["torch"]
    assert Marker(source["marker"]).evaluate(ON_LINUX)
    assert not Marker(source["marker"]).evaluate(ON_MAC)


def test_a_conda_environment_leaves_the_wheels_to_pip():
    text = lock_text("conda", [LINUX])
    lines = text.splitlines()
    assert '  - "python=3.12"' in lines
    assert '      - "numpy==2.4.0 --hash=sha256:aa"' in lines
    assert '      - "--require-hashes"' in lines
    assert '  KERAS_BACKEND: "torch"' in lines
    assert not any("no-deps" in line for line in lines), "pip refuses that option in a file"


def test_a_stage_of_a_dockerfile_carries_its_pins():
    text = lock_text("dockerfile", [LINUX])
    assert "FROM --platform=linux/amd64 python:3.12-slim AS dlsetup" in text
    before, _, rest = text.partition("COPY <<'PINS' /tmp/requirements.txt\n")
    pins, _, after = rest.partition("PINS\n")
    assert wanted(pins, ON_LINUX)["torch"][1] == ["sha256:bb"]
    assert after.startswith("RUN pip install --no-cache-dir --no-deps --require-hashes")
    assert 'ENV KERAS_BACKEND="torch"' in after
    assert "needs" not in before
    needy = replace(LINUX, builds=(replace(LINUX.builds[0], needs=("java>=17",)),))
    assert "java>=17" in lock_text("dockerfile", [needy])


def test_what_builds_source_archives_is_told():
    plan = replace(LINUX, build_constraints=("setuptools<81",))
    assert "setuptools<81" in lock_text("requirements", [plan])
    document = tomllib.loads(lock_text("pyproject", [plan]))
    assert document["tool"]["uv"]["build-constraint-dependencies"] == ["setuptools<81"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_it_is_for_and_ends_its_last_line(kind):
    text = lock_text(kind, [LINUX])
    assert text.endswith("\n")
    if kind != "pylock":
        assert "pytorch 2.14.1 (cu126) for linux-x86_64, Python 3.12" in text
