"""Whole-process times of dlsetup's quick commands, side by side with a small Typer program and torch's collect_env.

Run it with the Python that dlsetup is installed in:

    python benchmarks/startup.py [--runs N] [--torch PYTHON_WITH_TORCH]
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BASELINE = """
import typer

app = typer.Typer()


@app.command()
def hello(name: str = "world") -> None:
    print(f"hello {name}")


@app.command()
def bye(name: str = "world") -> None:
    print(f"bye {name}")


app()
"""


def once(argv: list[str]) -> tuple[float, float]:
    """Return the seconds and MiB that one run of a command took."""
    begin = time.perf_counter()
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def measure(commands: dict[str, list[str]], runs: int) -> dict[str, tuple[list[float], float]]:
    """Run the commands in turn, so that a slow moment of the machine meets all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    memory = dict.fromkeys(commands, 0.0)
    for turn in range(runs + 1):
        for name, argv in commands.items():
            took, peak = once(argv)
            if turn:
                seconds[name].append(took)
                memory[name] = max(memory[name], peak)
    return {name: (seconds[name], memory[name]) for name in commands}


def crowded(folder: Path, packages: int) -> str:
    """Make an environment with so many packages, which require one another, and return its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    site = next(folder.glob("lib/python*/site-packages"))
    for number in range(packages):
        info = site / f"package_{number}-1.{number}.dist-info"
        info.mkdir()
        needs = [f"Requires-Dist: package-{(number + step) % packages}>=1.0" for step in range(1, 9)]
        extras = [f"Requires-Dist: package-{step}; extra == 'all'" for step in range(8)]
        head = ["Metadata-Version: 2.1", f"Name: package-{number}", f"Version: 1.{number}", *needs, *extras]
        (info / "METADATA").write_text("\n".join([*head, "", "A long description.\n" * 200]))
        (info / "WHEEL").write_text("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        (info / "RECORD").write_text("".join(f"package_{number}/m{each}.py,sha256=x,1000\n" for each in range(60)))
        (info / "INSTALLER").write_text("uv\n")
    return str(folder / "bin" / "python")


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--runs", type=int, default=15)
    options.add_argument("--torch", help="an interpreter with torch, for collect_env (slow)")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.py"
        small.write_text(BASELINE, encoding="utf-8")
        tool = [sys.executable, "-m", "dlsetup"]
        environment = ["--python", chosen.torch or sys.executable]
        commands = {
            "typer --help": [sys.executable, str(small), "--help"],
            "typer hello": [sys.executable, str(small), "hello"],
            "dlsetup --help": [*tool, "--help"],
            "dlsetup doctor": [*tool, "doctor", *environment],
            "dlsetup doctor, 200 packages": [*tool, "doctor", "--python", crowded(Path(folder) / "crowded", 200)],
            "dlsetup detect --json": [*tool, "detect", "--json"],
        }
        if chosen.torch:
            commands["torch.utils.collect_env"] = [chosen.torch, "-m", "torch.utils.collect_env"]
        results = measure(commands, chosen.runs)
    base = statistics.median(results["typer --help"][0])
    print(f"{'command':29} {'median':>8} {'min':>8} {'max':>8} {'x typer':>8} {'MiB':>6}   ({chosen.runs} runs)")
    for name, (seconds, peak) in results.items():
        median = statistics.median(seconds)
        figures = f"{median:8.3f} {min(seconds):8.3f} {max(seconds):8.3f} {median / base:8.2f} {peak:6.0f}"
        print(f"{name:29} {figures}")


if __name__ == "__main__":
    if not hasattr(resource, "getrusage"):
        sys.exit("needs a POSIX system")
    main()
