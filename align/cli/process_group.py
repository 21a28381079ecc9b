"""Several processes that train together, started from the command line.

When a process of the group is lost, JAX may end the others at once, after many lines of its own. So the command starts
a child process, which trains, and waits for it; if the child is ended, the command writes one line instead.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple, NoReturn, TextIO

from align.checks import SettingError
from align.cli.output import say
from align.cli.train_options import Running
from align.message import one_line, shortened

_STATUS = 2
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_JOIN_SECONDS, _BEAT_SECONDS, _LEAVE_SECONDS = 300, 20, 600


class ProcessGroup(NamedTuple):
    """The processes that train together.

    Attributes:
        coordinator: the address HOST:PORT at which process 0 listens.
        processes: the number of processes.
        process: the number of this process, from 0.

    Example:
        >>> ProcessGroup("127.0.0.1:5555", 2, 0).check()
    """

    coordinator: str
    processes: int
    process: int

    def check(self) -> None:
        """Raises SettingError if a field is out of range, or the address is not HOST:PORT."""
        host, _, port = self.coordinator.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 1 << 16:
            raise SettingError("coordinator", self.coordinator, "must be HOST:PORT, such as 192.168.0.7:5555")
        if self.processes < 2:
            raise SettingError("processes", self.processes, "must be at least 2")
        if not 0 <= self.process < self.processes:
            raise SettingError("process", self.process, f"must be from 0 to {self.processes - 1}")

    def join(self) -> None:
        """Waits until all processes have joined; then ``jax.devices`` lists the devices of all. Call it before JAX.

        JAX's recoverability is enabled: a process that ends does not end the others at once, so they can report it.

        Raises:
            LostProcessError: some process has not joined within five minutes.
        """
        import jax

        from align.train.processes import LostProcessError

        failed: list[Exception] = []

        def wait() -> None:
            try:
                jax.distributed.initialize(
                    self.coordinator,
                    self.processes,
                    self.process,
                    initialization_timeout=_JOIN_SECONDS,
                    heartbeat_timeout_seconds=_BEAT_SECONDS,
                    shutdown_timeout_seconds=_LEAVE_SECONDS,
                )
            except Exception as error:
                failed.append(error)

        jax.config.update("jax_enable_recoverability", True)
        waiting = threading.Thread(target=wait, daemon=True)
        waiting.start()
        while waiting.is_alive():  # a signal is handled between two of these waits, not within JAX
            waiting.join(0.1)
        if failed:
            joined = f"not all of {self.processes} processes joined at {self.coordinator}"
            raise LostProcessError(f"{joined} ({shortened(one_line(failed[0]), 200)})") from failed[0]


def group_of(running: Running) -> ProcessGroup | None:
    """Returns the group of processes that the options describe, or None if they describe none.

    Raises:
        SettingError: an option is out of range.
        ValueError: one of the three options is missing, or --workers is given as well.
    """
    process, processes = running.process, running.processes
    if not running.coordinator and processes is None and process is None:
        return None
    if not running.coordinator or processes is None or process is None:
        raise ValueError("--coordinator, --processes and --process: give all three, or none")
    if (running.workers or 0) > 1:
        raise ValueError("--workers: cannot be used with --processes, which already divides the work")
    group = ProcessGroup(running.coordinator, processes, process)
    group.check()
    return group


def run_in_child(checkpoint: Path | None) -> int | None:
    """Forks a child process; returns None in the child, and waits for the child's exit status in the parent.

    The child continues with the command. It is in a process group of its own, so that it gets Ctrl-C once, from the
    parent. If the parent is killed, the child stops as on SIGTERM. What libraries write directly to the child's
    standard streams is dropped, unless ALIGN_TRACEBACK is set. Call it before JAX is imported.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    waiting = os.getpid()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        threading.Thread(target=_stop_if_orphaned, args=[waiting], daemon=True).start()
        if not os.environ.get("ALIGN_TRACEBACK"):
            sys.stdout, sys.stderr = _own_stream(1), _own_stream(2)
        return None
    before = {number: signal.signal(number, lambda came, _: os.kill(child, came)) for number in _FORWARDED}
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    for number, handler in before.items():
        signal.signal(number, handler)
    if status >= 0:
        return status
    if -status == signal.SIGKILL:
        say("align: the training process was killed; perhaps the memory was full")
    if -status != signal.SIGABRT:
        return 128 - status
    from align.train.processes import LostProcessError

    say(f"align: {advice(LostProcessError.MESSAGE, checkpoint)}")
    return _STATUS


def _stop_if_orphaned(parent: int) -> None:
    """Sends SIGTERM to this process once its parent is no longer ``parent``."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _own_stream(number: int) -> TextIO:
    """Returns a stream on a copy of the file descriptor ``number``, and redirects that to /dev/null."""
    ours = os.dup(number)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
    return os.fdopen(ours, "w", buffering=1, encoding="utf-8", errors="backslashreplace")


def advice(lost: str, checkpoint: Path | None) -> str:
    """Returns the message about a lost process, with advice to resume from the checkpoint if it exists."""
    if checkpoint is not None and checkpoint.exists():
        return f"{lost}; {checkpoint} holds the run so far: start all processes again with --resume"
    return f"{lost}; start all processes again"


def leave(text: str, status: int = _STATUS) -> NoReturn:
    """Writes a message and ends this process, without JAX's shutdown barrier, where it would wait for the others."""
    say(f"align: {text}")
    sys.stderr.flush()
    os._exit(status)
