"""An interrupt within an import or a call into JAX is raised once control is back, and never lost."""

import subprocess
import sys

import pytest

SCRIPT = """
import os, signal, sys, types
from align.interrupts import Interrupter, handle_interrupts

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

library = types.ModuleType("jax.made")
exec({library!r}, library.__dict__)

def work():
    steps.append("before")
    library.call(interrupt)
    steps.append("after")

steps = []
handle_interrupts()
assert isinstance(signal.getsignal(signal.SIGINT), Interrupter)
try:
    work()
except KeyboardInterrupt:
    print(steps, library.done)
"""
LOSES_IT = """
done = []
def call(function):
    try:
        function()
        done.append("not interrupted")
    except BaseException:
        done.append("lost")
"""


@pytest.mark.usefixtures("default_signals")
def test_an_interrupt_waits_until_a_call_into_a_library_returns():
    script = SCRIPT.format(library=LOSES_IT)
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().strip() == "['before'] ['not interrupted']"


@pytest.mark.usefixtures("default_signals")
def test_a_second_interrupt_does_not_wait():
    library = LOSES_IT.replace("        function()\n", "        function()\n        function()\n")
    script = SCRIPT.format(library=library)
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"align: interrupted\n")


@pytest.mark.usefixtures("default_signals")
def test_an_interrupt_elsewhere_is_raised_at_once():
    script = SCRIPT.format(library=LOSES_IT).replace('"jax.made"', '"made"')
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, timeout=60)
    assert done.stdout.decode() == ""  # the interrupt was raised within the library, which lost it


@pytest.mark.usefixtures("default_signals")
def test_a_handler_of_others_and_an_ignored_interrupt_stay():
    script = """
import signal
from align.interrupts import handle_interrupts
for handler in (signal.SIG_IGN, print):
    signal.signal(signal.SIGINT, handler)
    handle_interrupts()
    assert signal.getsignal(signal.SIGINT) is handler
"""
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0
