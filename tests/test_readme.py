"""What the README says is what the program does."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_support_table_is_the_catalogs():
    spec = importlib.util.spec_from_file_location("support_table", ROOT / "tests" / "support_table.py")
    support_table = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(support_table)
    assert support_table.parts(TEXT)[1] == support_table.table(), "run: python tests/support_table.py --write"


def test_every_command_is_in_the_readme_and_every_one_there_exists():
    listed = subprocess.run([sys.executable, "-m", "dlsetup", "--help"], capture_output=True, text=True, check=True)
    commands = set(re.findall(r"^│ ([a-z]+) {2,}", listed.stdout, re.MULTILINE))
    named = set(re.findall(r"`dlsetup ([a-z]+)", TEXT))
    assert commands
    assert named == commands


def test_every_option_in_the_readme_exists():
    sources = (ROOT / "dlsetup" / "cli.py").read_text(encoding="utf-8")
    for option in set(re.findall(r"`?(--[a-z][a-z-]+)", TEXT)) - {"--write"}:
        name = option.removeprefix("--").replace("-", "_")
        assert f'"{option}"' in sources or re.search(rf"\b{name}\b", sources), option


def test_every_exit_code_is_explained():
    from dlsetup import errors

    codes = {each.exit_code for each in vars(errors).values() if isinstance(each, type) and hasattr(each, "exit_code")}
    for code in codes:
        assert re.search(rf"\b{code} (?:if|for|after)\b", TEXT), code


def test_the_picture_and_every_path_exist():
    for path in re.findall(r"\]\(([^)#:]+)\)|`((?:dlsetup|tests|benchmarks)/[a-z_/.]+)`", TEXT):
        found = "".join(path)
        assert (ROOT / found).exists(), found


def test_ci_runs_the_readmes_test_command():
    command = re.search(r"\.dev/bin/python -m pytest", TEXT)
    assert command
    assert command.group() in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
