"""Measures planning: the whole catalog without resolution, and `dlsetup plan` beside the bare uv of the same pins.

Run: python benchmarks/planning.py [--runs 7]. The cache of uv is filled by a first run that does not count.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

REACH_MILLISECONDS = 30.0
REACH_RATIO = 1.3


def planning(runs: int) -> list[float]:
    """Return the milliseconds of processor time that judging every build of the catalog takes."""
    from dlsetup.catalog import load_catalog
    from dlsetup.plan.candidates import find_candidates
    from dlsetup.plan.compatibility import Situation
    from dlsetup.values.host import Cpu, Driver, Gpu, Host, Libc, OperatingSystem
    from dlsetup.values.plan import Target
    from dlsetup.values.request import Request

    catalog = load_catalog()
    host = Host(
        os=OperatingSystem(system="linux"),
        libc=Libc(family="glibc", version="2.36"),
        cpu=Cpu(architecture="x86_64", features=("avx",)),
        gpus=(Gpu(vendor="nvidia", name="RTX 4090", architecture="sm_89"),),
        drivers=(Driver(vendor="nvidia", version="570.86"),),
    )
    target = Target(system="linux", architecture="x86_64", python="3.12", glibc="2.36")
    found = []
    for _ in range(runs):
        begun = time.process_time()
        for framework in catalog.frameworks:
            find_candidates(framework, Situation(host=host, target=target, request=Request()), catalog)
        found.append((time.process_time() - begun) * 1000)
    return found


def seconds_of(argv: list[str], runs: int, env: dict[str, str] | None = None) -> list[float]:
    """Return how long a command takes; a first run, which fills the caches, does not count."""
    found = []
    for number in range(runs + 1):
        begun = time.perf_counter()
        done = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(argv)} failed:\n{done.stderr[-800:]}{done.stdout[-800:]}")
        found += [time.perf_counter() - begun] if number else []
    return found


def side_by_side(framework: str, runs: int) -> tuple[list[float], list[float]]:
    """Return the seconds of `dlsetup plan` and of the bare `uv pip compile` of what it asks for."""
    import json

    from dlsetup.catalog import load_catalog
    from dlsetup.probe import read_pip_configuration
    from dlsetup.system.local import LocalSystem
    from dlsetup.uv import find_uv, index_options, variables

    plan = [
        sys.executable,
        "-m",
        "dlsetup",
        "plan",
        framework,
        "--target",
        "linux-x86_64",
        "--python",
        "3.12",
        "--json",
    ]
    told = subprocess.run(plan, cwd=ROOT, capture_output=True, text=True, check=True)
    chosen = json.loads(told.stdout)["plans"][0]
    pins = {each["name"]: each["version"] for each in chosen["packages"]}
    builds = [
        build
        for build in load_catalog().builds_of(framework)
        if build.compute in {chosen["compute"], "any"}
        and (build.system, build.architecture) == ("linux", "x86_64")
        and any(str(build.version) == version.partition("+")[0] for version in pins.values())
    ]
    newest = max(builds, key=lambda build: build.version)
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.in"
        wanted.write_text("\n".join(newest.requirements) + "\n", encoding="utf-8")
        bare = [find_uv(), "pip", "compile", str(wanted), "--format", "pylock.toml", "--no-header", "-q"]
        bare += ["--python-version", "3.12", "--python-platform", "x86_64-manylinux_2_35", "--only-binary", ":all:"]
        bare += ["--prerelease", "disallow", "--no-python-downloads"]
        bare += ["--index", newest.index] if newest.index else []
        # the same indexes, folders, constraints and certificates: a user of pip's configuration would pass them, too
        settings = read_pip_configuration(LocalSystem(), None)
        bare += index_options(settings) + [word for path in settings.constraints for word in ("--constraints", path)]
        changes = variables(settings)
        env = {name: value for name, value in {**os.environ, **changes}.items() if value is not None}
        return seconds_of(plan, runs), seconds_of(bare, runs, env)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--framework", action="append", help="tensorflow and jax if none is named")
    options = parser.parse_args()
    taken = statistics.median(planning(options.runs))
    print(f"{'planning the whole catalog':44}{taken:8.1f} ms   (reach: {REACH_MILLISECONDS:.0f} ms of processor time)")
    for framework in options.framework or ["tensorflow", "jax"]:
        ours, bare = (statistics.median(each) for each in side_by_side(framework, options.runs))
        print(f"{'dlsetup plan ' + framework:44}{ours:8.2f} s")
        ratio = f"ratio {ours / bare:.2f} (reach: {REACH_RATIO})"
        print(f"{'uv pip compile, the same requirements':44}{bare:8.2f} s    {ratio}")


if __name__ == "__main__":
    main()
