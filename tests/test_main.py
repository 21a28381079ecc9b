"""The program as a process: an interrupt ends it with one line, and other signals leave no temporary file."""

import os
import subprocess
import sys

import pytest


@pytest.mark.usefixtures("default_signals")
@pytest.mark.parametrize("module", ["cyclopts", "numpy", "align.files"])
def test_an_interrupt_is_one_line_even_during_the_imports(tmp_path, module):
    (tmp_path / "space.vec").write_text("king 1 0\nqueen 0 1\n")
    script = f"""
import os, signal, sys
class Interrupt:
    def find_spec(self, name, *_):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
sys.argv = ["align", "near", {str(tmp_path / "space.vec")!r}, "king"]
from align.__main__ import main
sys.exit(main())
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"align: interrupted\n")


@pytest.mark.usefixtures("default_signals")
@pytest.mark.parametrize(("number", "status"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_a_signal_leaves_no_temporary_file(tmp_path, number, status):
    (tmp_path / "space.vec").write_text("king 1 0\nqueen 0 1\n")
    script = f"""
import os, signal, sys
import align.files.text
def shortest(rows):
    os.kill(os.getpid(), signal.{number})
    return []
align.files.text.shortest = shortest
sys.argv = ["align", "convert", "space.vec", "made/out.vec"]
from align.__main__ import main
sys.exit(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, timeout=60, cwd=tmp_path, env=os.environ
    )
    assert (done.returncode, done.stdout) == (status, b"")
    assert [path.name for path in tmp_path.iterdir()] == ["space.vec"]
