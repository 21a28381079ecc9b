"""The README: its two commands, a correct file map, and the main command on real data."""

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAP = "## Where things are"
LINES = re.findall(r"^python3 -m venv \.venv && .*$", README, re.MULTILINE)


def test_two_commands_run_the_homework_and_the_tests() -> None:
    homework, tests = LINES
    assert "-m experiments.homework" in homework
    assert "'.[test]'" in tests
    assert tests.endswith("-m pytest")
    for line in LINES:
        assert all(part.split()[0].startswith((".venv/bin/", "python3")) for part in line.split(" && "))


def test_nothing_is_left_to_fill_in() -> None:
    assert "@@" not in README


def mapped_files() -> dict[str, str]:
    """The file map: the path of each file, and what is said about it. A line without an indent names a folder."""
    pages = [path for path in (ROOT / "README.md", ROOT / ".github" / "CONTRIBUTING.md") if path.is_file()]
    sections = [path.read_text(encoding="utf-8").partition(MAP)[2].partition("\n## ")[0] for path in pages]
    block = next(section.split("```")[1] for section in sections if "```text" in section)
    folder, found = "", dict[str, str]()
    for line in block.splitlines()[1:]:
        name, _, about = line.strip().partition(" ")
        if not line.startswith(" "):
            folder = name
        elif name:
            assert folder + name not in found, f"{folder}{name} is in the file map twice"
            found[folder + name] = about.strip()
    return found


def test_the_file_map_names_every_file_by_its_path() -> None:
    files = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).split()
    kept = {path for path in files if path.startswith(("align/", "experiments/", "data/"))}
    mapped = mapped_files()
    assert sorted({path for path in kept if not path.endswith("__init__.py")} - set(mapped)) == []
    assert sorted(set(mapped) - {path for path in files if (ROOT / path).is_file()}) == []
    assert [path for path, about in mapped.items() if not about] == []


def test_the_file_map_says_of_a_module_what_its_docstring_says_first() -> None:
    for path, about in mapped_files().items():
        if path.endswith(".py"):
            text = ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8"))) or ""
            first = " ".join(text.replace("``", "`").split())
            assert first.startswith(about if about.endswith("?") else f"{about}."), path


@pytest.mark.real
def test_the_main_job_gives_a_report_pictures_a_translator_and_a_session(tmp_path: Path) -> None:
    parts = [shlex.split(part) for part in LINES[0].split(" && ")]
    homework = next(part[1:] for part in parts if "experiments.homework" in part)
    session = next(part[1:] for part in parts if part[0].endswith("/align"))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JAX_DISABLE_MOST_OPTIMIZATIONS": "0"}
    done = subprocess.run(
        [sys.executable, *homework, "--limit", "5000", "--steps", "50", "--out", str(tmp_path)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") >= 15
    assert "国王" in done.stdout
    translator = str(tmp_path / Path(session[-1]).name)
    told = subprocess.run(
        [sys.executable, "-m", "align", session[0], translator],
        input="king\n马\n", cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "国王" in told.stdout
    assert "horse" in told.stdout
