"""What Python sees: interpreters, environments and what is installed in them, and the session they are used from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property


def change_folder(environment: str) -> str:
    """Return the folder beside an environment in which dlsetup keeps what it is about to change."""
    path = environment.rstrip("/\\")
    cut = max(path.rfind("/"), path.rfind("\\")) + 1
    return f"{path[:cut]}.{path[cut:]}.dlsetup"


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """One Python interpreter."""

    path: str
    version: str | None = None
    """"3.11.7"; None if it does not start."""
    implementation: str | None = None
    """cpython, pypy, graalpy, ..."""
    bits: int | None = None
    """32 or 64."""
    free_threaded: bool | None = None
    """True where built without the global interpreter lock."""
    architecture: str | None = None
    """The interpreter's own architecture, which under Rosetta is not the machine's."""
    platform: str | None = None
    """sysconfig.get_platform(): "linux-x86_64", "macosx-14.0-arm64", "win-amd64"."""
    prefix: str | None = None
    base_prefix: str | None = None
    purelib: str | None = None
    """Where distributions are installed."""
    site_packages: tuple[str, ...] = ()
    """The existing folders that it imports distributions from, the environment's own first; without the user's."""
    stdlib: str | None = None
    externally_managed: bool | None = None
    """PEP 668: the EXTERNALLY-MANAGED file stands in the standard library."""
    user_site: str | None = None
    """The user's own site folder where the interpreter would use it, else None."""
    missing_modules: tuple[str, ...] = ()
    """Standard modules that this build lacks (_ctypes, _lzma, _bz2, _ssl, zlib, _sqlite3)."""
    problem: str | None = None
    """Why it could not be asked, in the words of the machine."""

    @property
    def minor(self) -> str | None:
        """Return the version's first two parts, "3.11"."""
        return ".".join(self.version.split(".")[:2]) if self.version else None


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """One installed distribution, as its metadata says."""

    name: str
    """Normalised (PEP 503)."""
    version: str | None
    """None where the metadata lacks it."""
    folder: str
    """Name of the .dist-info folder."""
    requires: tuple[str, ...] = ()
    """Requires-Dist lines, as written."""
    requires_python: str | None = None
    tags: tuple[str, ...] = ()
    """Tags of the wheel it came from: "cp311-cp311-manylinux_2_28_x86_64"."""
    installer: str | None = None
    whole: bool = True
    """METADATA, WHEEL and RECORD are there and readable."""
    missing_files: tuple[str, ...] = ()
    """Shared libraries, and files of over one MiB, that RECORD names and that are absent or have another size; of
    framework packages only."""
    editable: bool = False
    inherited: bool = False
    """Seen through `include-system-site-packages` from the base interpreter, not installed in the environment."""


@dataclass(frozen=True, kw_only=True)
class TorchBuild:
    """What torch/version.py says of an installed torch, read as text."""

    version: str | None = None
    cuda: str | None = None
    hip: str | None = None
    xpu: str | None = None


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One Python environment: an interpreter and what is installed in it."""

    path: str
    kind: str
    """venv, conda, system or unknown."""
    interpreter: Interpreter
    distributions: tuple[Distribution, ...] = ()
    user_distributions: tuple[Distribution, ...] = ()
    """Those of the user's own site folder, where the interpreter uses it; outside of a venv it comes first."""
    conda_packages: tuple[tuple[str, str], ...] = ()
    """Names and versions of what conda installed, as conda-meta lists it."""
    leftovers: tuple[str, ...] = ()
    """Folders that an interrupted uninstall left in site-packages ("~orch")."""
    torch: TorchBuild | None = None
    home: str | None = None
    """The base interpreter's folder that pyvenv.cfg names."""
    writable: bool | None = None
    problem: str | None = None
    """Why it cannot be used, if it cannot: a vanished base interpreter, an unreadable pyvenv.cfg."""
    listed: bool = False
    """Told by a list (`pip list`, a report): names and versions are known, files, tags and requirements not."""
    partial: bool = False
    """Only some of the distributions are told: what is not among them may be installed all the same."""
    consistent: bool | None = None
    """What `pip check` said, where a recording holds it. What it said is missing stands among the requirements."""
    sees_gpu: bool | None = None
    """What the framework itself said (torch.cuda.is_available()), where a report holds it."""

    libraries: tuple[str, ...] | None = None
    """Names of the shared libraries that stand beside those of an old framework (CNTK), and of those of MPI that the
    loader finds; None where nobody had to look."""
    contents: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Names of compiled files in the folders of packages whose names tell what they are for: ("numpy", (...))."""
    outside: tuple[str, ...] | None = None
    """Names of CUDA's libraries, and of those that draw windows, that the loader finds outside of the environment.

    None where nobody had to look.
    """

    def files_in(self, package: str) -> tuple[str, ...]:
        """Return the names of a package's compiled files, as far as they were looked at."""
        return dict(self.contents).get(package, ())

    def distribution(self, name: str) -> Distribution | None:
        """Return the installed distribution of that normalised name."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Distribution]:
        """Of two copies the first is the one that is imported."""
        return {each.name: each for each in reversed(self.distributions)}

    def version(self, name: str) -> str | None:
        """Return the installed version of that normalised name."""
        found = self.distribution(name)
        return found.version if found else None


@dataclass(frozen=True, kw_only=True)
class Storage:
    """One file system, as seen from a path on it."""

    path: str
    purpose: str
    """environment, cache, temporary, shared-memory."""
    total_bytes: int | None = None
    free_bytes: int | None = None
    writable: bool | None = None
    noexec: bool | None = None
    filesystem: str | None = None


@dataclass(frozen=True, kw_only=True)
class LoaderEntry:
    """A folder of LD_LIBRARY_PATH (or its sibling elsewhere) that holds libraries which wheels bring themselves."""

    folder: str
    libraries: tuple[str, ...]
    """File names, such as libcudnn.so.9."""


@dataclass(frozen=True, kw_only=True)
class RequirementFile:
    """A requirement file of the working folder."""

    path: str
    requirements: tuple[str, ...] = ()
    """As written, without comments and hashes: names with versions, and paths or addresses of wheels."""
    indexes: tuple[str, ...] = ()
    """The indexes and find-links that the file names itself."""
    everywhere: tuple[tuple[str, str], ...] = ()
    """Packages that it takes from one index on every platform, with the address: uv's sources in pyproject.toml."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """What the shell that dlsetup was started from brings along."""

    variables: tuple[tuple[str, str], ...] = ()
    """Those variables that steer Python, loaders and frameworks; sorted by name."""
    folder: str | None = None
    """The working folder."""
    shadows: tuple[str, ...] = ()
    """Files and folders of the working folder (and PYTHONPATH) that hide a framework or standard module."""
    requirement_files: tuple[RequirementFile, ...] = ()
    """Those of the working folder."""
    loader: tuple[LoaderEntry, ...] = ()
    pip: str | None = None
    """The first pip on the PATH."""
    pip_interpreter: str | None = None
    """The interpreter that the first pip on the PATH belongs to."""
    python: str | None = None
    """The first python on the PATH."""
    active: str | None = None
    """VIRTUAL_ENV or CONDA_PREFIX."""
    partial: bool = False
    """Only some of the variables are told: one that is not among them may be set all the same."""

    def variable(self, name: str) -> str | None:
        """Return a variable's value, None if it is not set."""
        return dict(self.variables).get(name)


@dataclass(frozen=True, kw_only=True)
class Java:
    """The Java that Spark would start: the one that JAVA_HOME names, else the first on the PATH."""

    path: str | None = None
    """The program; None where there is none."""
    version: str | None = None
    """"17.0.15" or "1.8.0_452"; None where that is not known."""
    home: str | None = None
    """What JAVA_HOME says."""

    @property
    def major(self) -> int | None:
        """Return 17 of "17.0.15", and 8 of "1.8.0_452"."""
        parts = (self.version or "").replace("-", ".").replace("_", ".").split(".")
        number = parts[1] if parts[0] == "1" and len(parts) > 1 else parts[0]
        return int(number) if number.isdigit() else None


@dataclass(frozen=True, kw_only=True)
class IndexSettings:
    """Where packages come from: the user's pip configuration, as pip itself reads it.

    uv's own configuration is read by uv itself.
    """

    index_url: str | None = None
    """None: the installer's own default."""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    """Paths of constraint files."""
    cert: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    no_index: bool = False
    keyring: str | None = None
    """pip's keyring-provider."""
    pre: bool = False
    """Pre-releases are taken."""
    require_virtualenv: bool = False
    """pip refuses to install outside of a virtual environment."""
    sources: tuple[tuple[str, str], ...] = field(default=())
    """Which file or variable each setting came from: ("find-links", "/etc/pip.conf")."""
