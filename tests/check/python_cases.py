"""Cases of the interpreter's and the installer's checks."""

from __future__ import annotations

from dataclasses import replace

from dlsetup.catalog import load_catalog
from dlsetup.values.environment import IndexSettings, RequirementFile
from dlsetup.values.host import Libc

INDEX = "https://index.invalid/whl/cu130"


def same(situation, edit):
    del edit
    return situation


def _interpreter(**facts):
    return lambda situation, edit: edit.interpreter(situation, **facts)


def _bare(version, *wanted, **facts):
    """Return an environment with nothing in it."""
    return lambda situation, edit: replace(
        edit.environment(edit.interpreter(situation, version=version, **facts), distributions=(), torch=None),
        wanted=wanted,
    )


def _platform(system, architecture, *wanted):
    def change(situation, edit):
        changed = edit.cpu(edit.os(situation, system=system), architecture=architecture)
        return _bare("3.12.8", *wanted, architecture=architecture)(changed, edit)

    return change


def _mxnet(version):
    def change(situation, edit):
        changed = _bare(version)(situation, edit)
        return edit.add(changed, "mxnet", "1.9.1", tags=("py3-none-manylinux2014_x86_64",))

    return change


def _broken(kind, problem="there is no such file"):
    return lambda situation, edit: edit.environment(
        edit.interpreter(situation, version=None, problem=problem), kind=kind, problem=problem
    )


def _left_active(situation, edit):
    changed = _broken("unknown", "there is no such folder")(situation, edit)
    return edit.session(changed, active=changed.environment.path)


def _system(planned):
    def change(situation, edit):
        changed = edit.environment(
            edit.interpreter(situation, externally_managed=True, path="/usr/bin/python3", prefix="/usr"),
            kind="system",
            path="/usr",
            writable=False,
        )
        return edit.plan(changed, environment="/usr") if planned else changed

    return change


def _sudo(change):
    return lambda situation, edit: edit.variable(change(situation, edit), SUDO_USER="user")


def _conda(path, **variables):
    def change(situation, edit):
        changed = edit.environment(edit.interpreter(situation, path=f"{path}/python"), path=path, kind="conda")
        return edit.variable(edit.session(changed, active=path, python=None), **variables)

    return change


def _by_root(situation, edit):
    return edit.environment(_system(planned=False)(situation, edit), writable=True)


def _debian(situation, edit):
    return edit.interpreter(_system(planned=False)(situation, edit), missing_modules=("ensurepip",))


def _with_pip(path):
    return lambda situation, edit: edit.session(edit.add(situation, "pip", "25.3"), pip_interpreter=path)


def _user_site(version):
    def change(situation, edit):
        changed = edit.interpreter(situation, user_site="/home/user/.local/lib/python3.12/site-packages")
        return edit.environment(changed, user_distributions=(edit.distribution("torch", version),))

    return change


def _shadows(*paths):
    return lambda situation, edit: edit.session(situation, shadows=paths)


def _indexes(**settings):
    def change(situation, edit):
        del edit
        return replace(situation, indexes=IndexSettings(**settings))

    return change


def _asks(*lines, indexes=()):
    file = RequirementFile(path="/home/user/code/requirements.txt", requirements=lines, indexes=indexes)
    return lambda situation, edit: _indexes()(edit.session(situation, requirement_files=(file,)), edit)


BACK = "resolver-backtracked-to-ancient-version"
WHEEL = "some-extension @ https://files.invalid/x/some_extension-1.0-{}-manylinux_2_28_x86_64.whl"


def _project(index):
    file = RequirementFile(path="/home/user/code/pyproject.toml", everywhere=(("torch", index),))
    return lambda situation, edit: _indexes()(edit.session(situation, requirement_files=(file,)), edit)


def _no_venv(kind):
    def change(situation, edit):
        settings = _indexes(require_virtualenv=True, sources=(("require-virtualenv", "PIP_REQUIRE_VIRTUALENV"),))
        return settings(edit.environment(situation, kind=kind), edit)

    return change


def _old_linux(glibc, torch):
    def change(situation, edit):
        changed = edit.add(situation, "torch", torch, tags=("cp312-cp312-manylinux2014_x86_64",))
        changed = edit.remove(changed, "torchvision")
        return replace(edit.host(changed, libc=Libc(family="glibc", version=glibc)), catalog=load_catalog())

    return change


def _pip(version):
    return lambda situation, edit: edit.session(
        edit.add(situation, "pip", version), pip_interpreter=situation.environment.interpreter.path
    )


CASES = [
    ("py.version", "passes", "linux_nvidia", same, "ok", None),
    ("py.version", "passes", "linux_cpu", _bare("3.12.8"), "ok", None),
    ("py.version", "near", "linux_cpu", _bare("3.13.1", "pytorch"), "ok", None),
    ("py.version", "found", "linux_cpu", _bare("3.13.1", "tensorflow"), "fail", "no-matching-wheel-for-python"),
    ("py.version", "found", "linux_cpu", _bare("3.9.1", "pytorch"), "fail", "no-matching-wheel-for-python"),
    ("py.version", "found", "linux_cpu", _bare("3.15.0", "pytorch"), "fail", "python-too-new-prerelease"),
    ("py.version", "found", "linux_cpu", _bare("3.15.0"), "fail", "python-too-new-prerelease"),
    ("py.version", "near", "linux_cpu", _bare("3.13.1", "jax", free_threaded=True), "ok", None),
    (
        "py.version",
        "found",
        "linux_cpu",
        _bare("3.13.1", "pytorch", free_threaded=True),
        "fail",
        "python-free-threaded",
    ),
    ("py.version", "found", "linux_cpu", _bare("3.14.1", free_threaded=True), "fail", "python-free-threaded"),
    ("py.version", "found", "windows_nvidia", _interpreter(bits=32), "fail", "python-32bit"),
    ("py.version", "found", "linux_cpu", _interpreter(implementation="pypy"), "fail", "python-wrong-implementation"),
    ("py.version", "found", "linux_cpu", _interpreter(version="3.11.2"), "fail", "no-matching-wheel-for-python"),
    ("py.version", "near", "linux_cpu", _mxnet("3.10.4"), "ok", None),
    ("py.version", "found", "linux_cpu", _mxnet("3.12.4"), "fail", "no-matching-wheel-for-python"),
    ("py.version", "found", "linux_cpu", _platform("linux", "ppc64le", "pytorch"), "fail", "cpu-arch-no-wheel"),
    (
        "py.version",
        "found",
        "linux_cpu",
        _platform("macos", "x86_64", "pytorch"),
        "fail",
        "macos-x86-64-wheels-dropped",
    ),
    ("py.version", "found", "linux_cpu", _platform("linux", "x86_64", "mlx"), "fail", "mlx-needs-apple-silicon"),
    ("py.env", "passes", "linux_nvidia", same, "ok", None),
    ("py.env", "near", "linux_nvidia", _system(planned=False), "ok", None),
    ("py.env", "found", "linux_nvidia", _system(planned=True), "fail", "pep668-externally-managed"),
    ("py.env", "found", "linux_nvidia", _broken("venv"), "fail", "venv-broken-by-python-upgrade"),
    ("py.env", "found", "linux_nvidia", _broken("unknown"), "fail", None),
    ("py.env", "found", "linux_nvidia", _left_active, "fail", None),
    ("py.env", "near", "linux_nvidia", _broken("unknown", "not known"), "unknown", None),
    ("py.env", "near", "linux_nvidia", _with_pip("/home/user/code/.venv/bin/python3.12"), "ok", None),
    ("py.env", "found", "linux_nvidia", _with_pip("/usr/bin/python3"), "warn", "pip-python-mismatch"),
    (
        "py.env",
        "found",
        "linux_nvidia",
        lambda s, e: e.session(s, python="/usr/bin/python3"),
        "warn",
        "pip-python-mismatch",
    ),
    (
        "py.env",
        "near",
        "windows_nvidia",
        lambda s, e: e.session(s, python="c:/code/.venv/Scripts/python.exe"),
        "ok",
        None,
    ),
    ("py.env", "near", "linux_nvidia", _user_site("2.14.1+cu130"), "ok", None),
    ("py.env", "found", "linux_nvidia", _user_site("2.9.0"), "warn", "user-site-shadowing"),
    # what is worth knowing of one that works
    ("py.env", "near", "linux_nvidia", _sudo(_system(planned=False)), "ok", "sudo-or-cron-environment"),
    ("py.env", "near", "linux_nvidia", _sudo(same), "ok", None),
    ("py.env", "near", "linux_nvidia", _conda("/home/user/miniforge3"), "ok", "conda-base-polluted"),
    ("py.env", "near", "linux_nvidia", _conda("/home/user/miniforge3/envs/dl"), "ok", None),
    ("py.env", "near", "windows_nvidia", _conda("C:\\Users\\user\\anaconda3"), "ok", "conda-base-polluted"),
    (
        "py.env",
        "near",
        "linux_nvidia",
        _conda("/opt/tools/python", CONDA_DEFAULT_ENV="base"),
        "ok",
        "conda-base-polluted",
    ),
    ("py.env", "near", "linux_nvidia", _by_root, "ok", "running-as-root-pip"),
    ("py.env", "near", "linux_nvidia", lambda s, e: e.os(_by_root(s, e), container="docker"), "ok", None),
    ("py.env", "near", "linux_cpu", _debian, "ok", "venv-module-missing"),
    ("py.env", "near", "linux_cpu", _interpreter(missing_modules=("ensurepip",)), "ok", None),
    ("py.stdlib", "near", "linux_cpu", _interpreter(missing_modules=("ensurepip",)), "ok", None),
    ("py.shadow", "passes", "linux_nvidia", same, "ok", None),
    ("py.shadow", "near", "linux_nvidia", _shadows("/home/user/code/keras.py"), "ok", None),
    ("py.shadow", "near", "linux_nvidia", _shadows("/home/user/code/yaml.py"), "ok", None),
    ("py.shadow", "found", "linux_nvidia", _shadows("/home/user/code/numpy.py"), "fail", "module-name-shadowing"),
    ("py.shadow", "found", "linux_nvidia", _shadows("/home/user/code/torch.py"), "fail", "module-name-shadowing"),
    ("py.shadow", "found", "windows_nvidia", _shadows("C:\\code\\random.py"), "fail", "module-name-shadowing"),
    ("py.stdlib", "passes", "linux_nvidia", same, "ok", None),
    ("py.stdlib", "near", "linux_cpu", _bare("3.12.8", missing_modules=("_lzma",)), "ok", None),
    (
        "py.stdlib",
        "found",
        "linux_nvidia",
        _interpreter(missing_modules=("_lzma",)),
        "fail",
        "python-stdlib-modules-missing",
    ),
    ("inst.config", "passes", "linux_nvidia", _indexes(), "ok", None),
    ("inst.config", "near", "linux_nvidia", same, "skip", None),
    (
        "inst.config",
        "near",
        "linux_nvidia",
        _indexes(index_url="https://mirror.invalid/simple", sources=(("index-url", "/etc/pip.conf"),)),
        "ok",
        "pip-config-overrides",
    ),
    (
        "inst.config",
        "near",
        "linux_nvidia",
        _indexes(index_url=INDEX, extra_index_urls=("https://mirror.invalid/simple",)),
        "ok",
        None,
    ),
    ("inst.config", "found", "linux_nvidia", _indexes(index_url=INDEX), "fail", "index-url-replaces-pypi"),
    ("inst.config", "found", "linux_nvidia", _indexes(extra_index_urls=(INDEX,)), "warn", "extra-index-mix"),
    ("inst.tool", "passes", "linux_nvidia", _pip("25.3"), "ok", None),
    ("inst.tool", "near", "linux_nvidia", same, "skip", None),
    ("inst.tool", "near", "windows_nvidia", _pip("19.0"), "ok", None),
    ("inst.tool", "found", "linux_nvidia", _pip("19.0"), "warn", "pip-too-old"),
    ("inst.tool", "near", "linux_cpu", _old_linux("2.17", "2.6.0"), "ok", "glibc-caps-torch-version"),
    ("inst.tool", "near", "linux_cpu", _old_linux("2.28", "2.6.0"), "skip", None),
    # the user's settings and files
    ("inst.config", "near", "linux_nvidia", _no_venv("system"), "ok", "pip-require-virtualenv"),
    ("inst.config", "near", "linux_nvidia", _no_venv("conda"), "ok", "pip-require-virtualenv"),
    ("inst.config", "near", "linux_nvidia", _no_venv("venv"), "ok", "pip-config-overrides"),
    (
        "inst.config",
        "near",
        "linux_nvidia",
        _indexes(index_url="https://pypi.tuna.tsinghua.edu.cn/simple", sources=(("index-url", "/etc/pip.conf"),)),
        "ok",
        "mirror-incomplete",
    ),
    ("inst.config", "found", "linux_nvidia", _asks("pytorch"), "warn", "legacy-placeholder-package"),
    (
        "inst.config",
        "near",
        "linux_nvidia",
        lambda s, e: e.environment(_asks("pytorch")(s, e), kind="conda"),
        "ok",
        None,
    ),
    ("inst.config", "found", "linux_nvidia", _asks("tensorflow-gpu"), "warn", "legacy-placeholder-package"),
    ("inst.config", "near", "linux_nvidia", _asks("tensorflow-gpu==2.6.0"), "ok", None),
    ("inst.config", "near", "linux_nvidia", _asks('sklearn; sys_platform == "win32"'), "ok", None),
    ("inst.config", "near", "linux_nvidia", _asks("torch", "scikit-learn", "-e .", "./local", "=="), "ok", None),
    ("inst.config", "found", "linux_nvidia", _asks("torch==2.6.0+cu126"), "warn", "local-version-pin-not-on-index"),
    ("inst.config", "near", "linux_nvidia", _asks("torch==2.14.1+cu130"), "ok", None),
    ("inst.config", "near", "linux_nvidia", _asks("torch==2.6.0+cu126", indexes=(INDEX,)), "ok", None),
    ("inst.config", "near", "linux_nvidia", _asks("torch==2.6.0"), "ok", None),
    ("py.version", "found", "linux_nvidia", _asks(WHEEL.format("cp310-cp310")), "warn", "wheel-file-not-supported"),
    ("py.version", "near", "linux_nvidia", _asks(WHEEL.format("cp312-cp312")), "ok", None),
    ("py.version", "near", "linux_nvidia", _asks(WHEEL.format("cp39-abi3")), "ok", None),
    ("py.version", "near", "linux_nvidia", _asks(WHEEL.format("py3-none")), "ok", None),
    ("py.version", "found", "linux_nvidia", _asks(WHEEL.format("cp312-cp312t")), "warn", "wheel-file-not-supported"),
    ("py.version", "found", "windows_nvidia", _asks(WHEEL.format("cp312-cp312")), "warn", "wheel-file-not-supported"),
    (
        "py.version",
        "near",
        "linux_nvidia",
        _asks(WHEEL.format("cp310-cp310") + " ; python_version == '3.10'"),
        "ok",
        None,
    ),
    ("inst.config", "found", "mac_metal", _project(INDEX), "warn", "uv-no-wheel-for-platform"),
    ("inst.config", "near", "mac_metal", _project("https://index.invalid/whl/cpu"), "ok", None),
    ("inst.config", "near", "linux_nvidia", _project(INDEX), "ok", None),
    ("inst.config", "found", "windows_nvidia", _asks("tensorflow[and-cuda]"), "warn", BACK),
    ("inst.config", "found", "mac_metal", _asks("jax[cuda12]"), "warn", BACK),
    ("inst.config", "near", "windows_nvidia", _asks("tensorflow[and-cuda]>=2.16"), "ok", None),
    ("inst.config", "near", "windows_nvidia", _asks("tensorflow[and-cuda]; sys_platform == 'linux'"), "ok", None),
    ("inst.config", "near", "linux_nvidia", _asks("tensorflow[and_cuda]"), "ok", None),
]
