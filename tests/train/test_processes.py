"""Two processes that train together over the loopback address, from the command line."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from align.cli import main
from tests.train.kept import corpus

ROOT = Path(__file__).parents[2]
SETTINGS = ("--dim", "8", "--epochs", "12", "--sample", "0", "--checkpoint-every", "0s")


def started(text: Path, output: Path, *more: str, devices: int = 1) -> subprocess.Popen[str]:
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={devices}"
    return subprocess.Popen(
        [sys.executable, "-m", "align", "train", "sgns", str(text), "-o", str(output), *SETTINGS, *more],
        cwd=ROOT, env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def group(
    text: Path, output: Path, *more: str, numbers: tuple[int, ...] = (0, 1), rates: tuple[str, str] = ("0.035", "0.035")
) -> list[subprocess.Popen[str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    options = ("--coordinator", address, "--processes", "2", *more)
    return [started(text, output, *options, "--process", str(number), "--rate", rates[number]) for number in numbers]


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the child process in /proc")
def test_two_processes_stop_when_one_dies_and_resume_to_the_vectors_of_one_process(tmp_path: Path) -> None:
    """The resumed vectors equal those of one process with two devices, which was not interrupted."""
    text, one, two = tmp_path / "text.corpus", tmp_path / "one.vec", tmp_path / "two.vec"
    corpus().save(text)
    alone = started(text, one, "--devices", "2", devices=2)
    first, second = group(text, two)
    kept = Path(f"{two}.checkpoint")
    until = time.monotonic() + 240
    while not kept.exists() and time.monotonic() < until and first.poll() is None:
        time.sleep(0.02)
    for child in children(second.pid):
        os.kill(child, signal.SIGKILL)
    out, errors = first.communicate(timeout=240)
    assert (first.returncode, out) == (2, "")
    waits, lost = errors.splitlines()
    assert "process 0 waits for 1 more" in waits
    assert f"another process has ended or cannot be reached; {kept} holds the run so far" in lost
    assert "--resume" in lost
    assert second.communicate(timeout=240)[1].splitlines()[1:] == [
        "align: the training process was killed; perhaps the memory was full"
    ]
    assert second.returncode == 128 + signal.SIGKILL
    alone.communicate(timeout=240)
    assert alone.returncode == 0

    done = [process.communicate(timeout=240) for process in group(text, two, "--resume")]
    assert [out for out, _ in done] == ["", ""]
    assert f"process 1 of 2 is done; process 0 writes {two}" in done[1][1]
    assert two.read_bytes() == one.read_bytes()
    assert not kept.exists()


def test_processes_with_different_settings_are_refused(tmp_path: Path) -> None:
    text, output = tmp_path / "text.corpus", tmp_path / "out.vec"
    corpus().save(text)
    both = group(text, output, rates=("0.01", "0.02"))
    for process in both:
        assert process.communicate(timeout=240)[1].endswith("not run the same training; they differ in: rate\n")
        assert process.returncode == 2
    assert list(tmp_path.iterdir()) == [text]


def test_a_process_that_waits_for_others_can_be_interrupted(tmp_path: Path) -> None:
    text, output = tmp_path / "text.corpus", tmp_path / "out.vec"
    corpus().save(text)
    waiting = group(text, output, numbers=(1,))[0]
    assert waiting.stderr is not None
    assert "process 1 waits for 1 more" in waiting.stderr.readline()
    waiting.send_signal(signal.SIGINT)
    assert waiting.communicate(timeout=60)[1] == "align: interrupted\n"
    assert waiting.returncode == 130
    assert not output.exists()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the child process in /proc")
def test_the_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    text = tmp_path / "text.corpus"
    corpus().save(text)
    waiting = group(text, tmp_path / "out.vec", numbers=(1,))[0]
    assert waiting.stderr is not None
    waiting.stderr.readline()
    (child,) = children(waiting.pid)
    waiting.kill()
    waiting.communicate(timeout=60)  # the child holds the other ends of the pipes until it ends
    assert not Path(f"/proc/{child}/exe").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--coordinator", "127.0.0.1:5555"], "--coordinator, --processes and --process: give all three"),
        (["--processes", "2", "--process", "0"], "give all three"),
        (["--coordinator", "nowhere", "--processes", "2", "--process", "0"], "must be HOST:PORT"),
        (["--coordinator", "a:0", "--processes", "2", "--process", "0"], "must be HOST:PORT"),
        (["--coordinator", "a:1", "--processes", "1", "--process", "0"], "must be at least 2"),
        (["--coordinator", "a:1", "--processes", "2", "--process", "2"], "must be from 0 to 1"),
        (["--coordinator", "a:1", "--processes", "2", "--process", "1", "--workers", "2"], "--workers"),
    ],
)
def test_wrong_options_of_a_group_are_refused(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "text.corpus"
    corpus().save(text)
    assert main(["train", "sgns", str(text), "-o", str(tmp_path / "out.vec"), *options]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out.vec").exists()
