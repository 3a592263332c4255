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
            "dlsetup detect --json": [*tool, "detect", "--json"],
        }
        if chosen.torch:
            commands["torch.utils.collect_env"] = [chosen.torch, "-m", "torch.utils.collect_env"]
        results = measure(commands, chosen.runs)
    base = statistics.median(results["typer --help"][0])
    print(f"{'command':28} {'median':>8} {'min':>8} {'max':>8} {'x typer':>8} {'MiB':>6}   ({chosen.runs} runs)")
    for name, (seconds, peak) in results.items():
        median = statistics.median(seconds)
        figures = f"{median:8.3f} {min(seconds):8.3f} {max(seconds):8.3f} {median / base:8.2f} {peak:6.0f}"
        print(f"{name:28} {figures}")


if __name__ == "__main__":
    if not hasattr(resource, "getrusage"):
        sys.exit("needs a POSIX system")
    main()
