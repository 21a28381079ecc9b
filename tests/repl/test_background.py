"""A better translator that another process fits replaces the one in use."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from align.bilingual.translator import Translator
from align.repl import Session, reply
from align.repl.background import BackgroundFit
from align.space import Space
from align.text.vocab import Vocab


def translator(method: str) -> Translator:
    points = np.eye(2, dtype=np.float32)
    spaces = Space(Vocab(["king", "horse"]), points), Space(Vocab(["国王", "马"]), points)
    return Translator(*spaces, *np.zeros((2, 2), np.float32), {"method": method})


def test_a_session_changes_to_the_full_translator_when_it_is_ready(tmp_path) -> None:
    ready, path = tmp_path / "ready.align", tmp_path / "full.align"
    translator("Best").save(ready)
    wait = f"import os, sys; sys.stdin.read(); os.rename({str(ready)!r}, {str(path)!r})"
    fit = BackgroundFit.start(path, ["-c", wait])
    session = Session({"default": translator("Reweighted")}, lambda: None, "default", upgrade=fit.ready)
    fit.process.wait(timeout=30)
    answer = reply(session, ":method")
    assert "full map is ready" in str(answer.lines[0])
    assert answer.session.translator.details["method"] == "Best"
    assert answer.session.upgrade is None
    assert "full map" not in " ".join(map(str, reply(answer.session, ":method").lines))


def test_a_failed_or_unfinished_fit_changes_nothing(tmp_path) -> None:
    failed = BackgroundFit.start(tmp_path / "none.align", ["-c", "raise SystemExit(1)"])
    failed.process.wait(timeout=30)
    with pytest.raises(OSError, match="its process ended with status 1"):
        failed.ready()
    going_on = BackgroundFit.start(tmp_path / "none.align", ["-c", "import time; time.sleep(60)"])
    assert going_on.ready() is None
    going_on.stop()
    assert going_on.process.returncode != 0


def test_the_fit_ends_when_the_terminal_closes() -> None:
    code = """
import pathlib, signal
from align.repl.background import BackgroundFit
with BackgroundFit.start(pathlib.Path("x"), ["-c", "import time; time.sleep(60)"]).until_end() as fit:
    print(fit.process.pid, flush=True)
    signal.raise_signal(signal.SIGHUP)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGHUP, done.stderr
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)
