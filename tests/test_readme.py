"""The README's promises: two lines that each do everything, a true file map, and the main job on real data."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = re.findall(r"^python3 -m venv \.venv && .*$", README, re.MULTILINE)


def test_two_lines_stand_alone_one_for_the_homework_and_one_for_the_tests() -> None:
    homework, tests = LINES
    assert "-m experiments.homework" in homework
    assert "'.[test]'" in tests
    assert tests.endswith("-m pytest")
    for line in LINES:
        assert all(part.split()[0].startswith((".venv/bin/", "python3")) for part in line.split(" && "))


def test_nothing_is_left_to_fill_in() -> None:
    assert "@@" not in README


def test_the_file_map_is_true() -> None:
    told = README[README.index("## Where things are") :]
    names = set(re.findall(r"[\w/]+\.(?:py|toml|tsv|md|html)", told))
    files = {path for path in subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).split() if path}
    modules = {path for path in files if path.startswith(("align/", "experiments/", "data/"))}
    known = {path for path in modules if not path.endswith("__init__.py")}
    missing = sorted(path for path in known if Path(path).name not in {Path(name).name for name in names})
    assert not missing, f"not in the file map: {missing}"
    unknown = sorted(name for name in names if not any(path.endswith(name) for path in files))
    assert not unknown, f"in the file map, but not in the tree: {unknown}"


@pytest.mark.real
def test_the_main_job_gives_a_report_pictures_a_translator_and_a_session(tmp_path: Path) -> None:
    parts = [shlex.split(part) for part in LINES[0].split(" && ")]
    homework = next(part[1:] for part in parts if "experiments.homework" in part)
    session = next(part[1:] for part in parts if part[0].endswith("/align"))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *homework, "--out", str(tmp_path)],
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
