"""Checkpoints: saved and loaded unchanged, damaged or foreign ones refused, a stopped run resumed."""

import random
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.space import Space
from align.tensors import load_tensors, save_tensors
from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train import checkpoint
from align.train.checkpoint import (
    Checkpoint,
    CheckpointPolicy,
    StoppedError,
    check_checkpoint,
    digest,
    fingerprint,
    load_checkpoint,
    run_with_checkpoints,
    save_checkpoint,
)
from align.train.config import TrainingConfig
from align.train.loop import run
from align.train.step import State, init
from align.train.update import AdaGrad
from tests.train.factors import Factors, listed
from tests.train.kept import corpus, train

ROOT = Path(__file__).parents[2]
KEY = jax.random.key(3)
OBJECTIVE, CONFIG, BATCHES = Factors((20, 16), 3, ruled=AdaGrad()), TrainingConfig(0.05), listed(2)
MINE = {"model": "Factors", "seed": "3"}
pytestmark = pytest.mark.usefixtures("default_signals")
small = partial(run_with_checkpoints, OBJECTIVE, BATCHES, CONFIG, key=KEY)


def same(one: object, other: object) -> None:
    """Both hold the same numbers to the last bit."""
    for ours, theirs in zip(*(jax.tree.leaves(eqx.filter(tree, eqx.is_array)) for tree in (one, other)), strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, State]:
    """A checkpoint after three segments."""
    state, losses = run(OBJECTIVE, BATCHES, CONFIG, key=KEY, callback=lambda done, *_: done == 3)
    save_checkpoint(tmp_path / "run.checkpoint", Checkpoint(3, state, losses), MINE)
    return tmp_path / "run.checkpoint", state


LIKE = eqx.filter_eval_shape(init, OBJECTIVE, CONFIG, key=KEY)


def test_a_checkpoint_comes_back_to_the_last_bit(written: tuple[Path, State]) -> None:
    path, state = written
    back = load_checkpoint(path, LIKE, MINE)
    assert back.done == 3
    assert back.losses.shape == (3,)
    same(back.state, state)
    assert back.state.parameters.dense.link is jnp.asarray  # what is no array comes from the model
    arrays, _ = load_tensors(path)
    assert {".step", ".parameters.tables['left']", ".slots['left']", ".parameters.dense.bias"} <= set(arrays)


def test_what_comes_back_is_not_the_file(written: tuple[Path, State]) -> None:
    """Training writes over its state: were it the mapped file, the process would die or the file change."""
    path, _ = written
    before = path.read_bytes()
    one = load_checkpoint(path, LIKE, MINE)
    run(OBJECTIVE, BATCHES, CONFIG, key=KEY, start=(one.done, one.state))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"seed": "4"}, "a checkpoint of another run: seed is 3 there, 4 here"),
        ({"model": "A", "seed": "4"}, "another run: model is Factors there, A here; seed is 3 there, 4 here"),
        ({"dim": "5"}, "another run: dim is none there, 5 here"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(written: tuple[Path, State], other: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told) as caught:
        load_checkpoint(written[0], LIKE, MINE | other)
    assert str(caught.value).startswith(str(written[0]))
    with pytest.raises(ValueError, match="model is Factors there, none here"):
        load_checkpoint(written[0], LIKE, {"seed": "3"})


def test_a_damaged_checkpoint_is_refused(written: tuple[Path, State], tmp_path: Path) -> None:
    whole = written[0].read_bytes()
    for size in (0, 5, 200, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut").write_bytes(whole[:size])
        with pytest.raises(ValueError, match="cut"):
            load_checkpoint(tmp_path / "cut", LIKE, MINE)
    start = 8 + int.from_bytes(whole[:8], "little")
    for place in random.Random(0).sample(range(start, len(whole)), 20):
        (tmp_path / "flipped").write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        with pytest.raises(ValueError, match="flipped: damaged: its arrays do not match its checksum"):
            load_checkpoint(tmp_path / "flipped", LIKE, MINE)


def test_other_files_and_other_models_are_refused(written: tuple[Path, State], tmp_path: Path) -> None:
    save_tensors(tmp_path / "a", {"x": np.zeros(3)}, {"format": "other"})
    with pytest.raises(ValueError, match="not a checkpoint \\(its format is 'other'"):
        load_checkpoint(tmp_path / "a", LIKE, MINE)
    save_tensors(tmp_path / "old", {"x": np.zeros(3)}, {"format": "align checkpoint 1"})
    with pytest.raises(ValueError, match="old: a checkpoint of an older version, which cannot be resumed"):
        load_checkpoint(tmp_path / "old", LIKE, MINE)
    (tmp_path / "b").write_text("the cat sat on the mat")
    with pytest.raises(ValueError, match="b: not a safetensors file"):
        load_checkpoint(tmp_path / "b", LIKE, MINE)
    for other in (Factors((20, 16), 4, ruled=AdaGrad()), Factors((20, 16), 3)):
        like = eqx.filter_eval_shape(init, other, CONFIG, key=KEY)
        with pytest.raises(ValueError, match="not those of this model, or of other sizes"):
            load_checkpoint(written[0], like, MINE)
    arrays, said = load_tensors(written[0])
    for done in ("4", "", "x"):
        save_tensors(tmp_path / "c", arrays, said | {"done": done})
        with pytest.raises(ValueError, match="c: 3 losses of"):
            load_checkpoint(tmp_path / "c", LIKE, MINE)
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "none", LIKE, MINE)


def test_a_run_is_written_when_it_is_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that advances by a minute with every segment; a checkpoint every 150 seconds."""
    now, kept = [0.0], []
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(checkpoint, "save_checkpoint", lambda _path, what, _print: kept.append(what.done))

    def callback(*_: object) -> None:
        now[0] += 60

    state, losses = small(policy=CheckpointPolicy(tmp_path / "c", MINE, 150.0), callback=callback)
    assert kept == [3, 6]
    plain, told = small(policy=None)
    same(state, plain)
    np.testing.assert_array_equal(losses, told)


def test_a_run_resumes_from_its_checkpoint_with_all_its_losses(tmp_path: Path) -> None:
    path = tmp_path / "c"
    whole, losses = small(policy=CheckpointPolicy(path, MINE, 0.0))
    assert load_checkpoint(path, LIKE, MINE).done == 8  # the last segment's too: nothing is lost before it is saved
    path.unlink()
    small(policy=CheckpointPolicy(path, MINE, 0.0), callback=lambda done, *_: done == 5)
    ended, told = small(policy=CheckpointPolicy(path, MINE, resume=True))
    same(ended, whole)
    np.testing.assert_array_equal(told, losses)
    with pytest.raises(ValueError, match="seed is 3 there, 5 here"):
        small(policy=CheckpointPolicy(path, MINE | {"seed": "5"}, resume=True))
    with pytest.raises(FileNotFoundError):
        small(policy=CheckpointPolicy(tmp_path / "none", MINE, resume=True))


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_after_its_segment(tmp_path: Path, number: signal.Signals, status: int) -> None:
    before = signal.getsignal(number)
    seen: list[int] = []

    def callback(done: int, *_: object) -> None:
        seen.append(done)
        if done == 2:
            signal.raise_signal(number)

    with pytest.raises(StoppedError, match=f"stopped by {number.name} after segment 2 of 8") as caught:
        small(policy=CheckpointPolicy(tmp_path / "c", MINE), callback=callback)
    assert (caught.value.status, seen) == (status, [1, 2])
    assert load_checkpoint(tmp_path / "c", LIKE, MINE).done == 2
    assert signal.getsignal(number) is before


def test_a_second_signal_is_answered_as_before(tmp_path: Path) -> None:
    def callback(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        small(policy=CheckpointPolicy(tmp_path / "c", MINE), callback=callback)
    assert not (tmp_path / "c").exists()


def test_a_signal_that_is_ignored_stays_so(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        _, losses = small(
            policy=CheckpointPolicy(tmp_path / "c", MINE), callback=lambda *_: signal.raise_signal(signal.SIGTERM)
        )
    finally:
        signal.signal(signal.SIGTERM, before)
    assert len(losses) == 8


def test_a_negative_time_between_checkpoints_is_refused() -> None:
    for every in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="must be at least 0 seconds"):
            CheckpointPolicy(Path("c"), MINE, every)


@pytest.fixture(scope="module")
def alone() -> tuple[State, np.ndarray]:
    """Skip-gram trained without any keeper."""
    return train(None)


@pytest.mark.parametrize(
    ("number", "every"), [(signal.SIGKILL, 0), (signal.SIGTERM, 600), (signal.SIGINT, 600)], ids=["KILL", "TERM", "INT"]
)
def test_a_process_stopped_at_a_random_moment_resumes_bit_identically(
    tmp_path: Path, alone: tuple[State, np.ndarray], number: signal.Signals, every: float
) -> None:
    """To the last bit: tables, losses, step."""
    path, chance = tmp_path / "c", random.Random()
    command = [sys.executable, "-m", "tests.train.kept", str(path), str(every)]
    at = chance.randrange(2, 100)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if int(line) == at:
                break
        try:
            process.wait(chance.random() * 0.01)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
        told = process.stderr.read()
        ended = process.wait()
    assert ended == {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}[number], told
    if number != signal.SIGKILL:
        assert f"stopped by {number.name} after segment" in told
    seen: list[int] = []
    state, losses = train(path, resume=True, callback=lambda done, *_: seen.append(done))
    assert at <= seen[0] <= 180
    assert seen[-1] == len(losses) == 180
    same(state, alone[0])
    np.testing.assert_array_equal(losses, alone[1])


@dataclass(frozen=True)
class Inner:
    weigh: object = len


@dataclass(frozen=True)
class Settings:
    dim: int = 3
    inner: Inner = Inner()


def test_a_fingerprint_tells_runs_apart_and_is_the_same_in_every_process() -> None:
    text = corpus()
    first = fingerprint(Settings(), text, seed=1)
    assert first == fingerprint(Settings(), corpus(), seed=1)
    assert not any("0x" in value for value in first.values())
    assert (first["kind"], first["dim"], first["inner"], first["seed"]) == ("Settings", "3", "Inner(weigh=len)", "1")
    assert {"jax", "version", "device", "corpus"} <= set(first)
    space = Space(text.vocab, np.ones((20, 3), np.float32))
    moved = Space(text.vocab, np.ones((20, 3), np.float32) * 2)
    others = [
        fingerprint(Settings(4), text, seed=1),
        fingerprint(Settings(inner=Inner(abs)), text, seed=1),
        fingerprint(Settings(), text, seed=2),
        *(fingerprint(Settings(), text, seed=1, start=one) for one in (None, space, moved)),
        *(fingerprint(Settings(), text, seed=1, frozen=frozenset(words)) for words in ("ab", "ac")),
    ]
    every = [first, *others]
    assert all(every[i] != every[j] for i in range(len(every)) for j in range(i))
    assert fingerprint(Settings(), text, seed=1, frozen=frozenset("ba")) == others[-2]


def test_a_digest_depends_on_words_counts_and_text(monkeypatch: pytest.MonkeyPatch) -> None:
    text = corpus()
    counts, ids = np.array(text.vocab.counts), np.array(text.ids)
    swapped = ids.copy()
    swapped[[0, 1]] = (ids[0] + 1) % 20, ids[0]
    renamed = Vocab(["x", *list(text.vocab.words)[1:]], counts)
    others = [
        Corpus(renamed, ids),
        Corpus(Vocab(text.vocab.words, counts[::-1].copy()), ids),
        Corpus(text.vocab, swapped),
    ]
    assert len({digest(one) for one in (text, *others)}) == 4
    assert digest(Corpus(text.vocab, ids, name="other")) == digest(text)
    whole = digest(text)
    monkeypatch.setattr(checkpoint, "_SAMPLE", 16)  # now stretches stand for the text
    assert digest(text) not in {whole, digest(others[2])}


def test_a_checkpoint_must_be_there_to_resume_and_not_there_to_begin(written: tuple[Path, State]) -> None:
    path = written[0]
    missing = path.with_name("c")
    assert check_checkpoint(missing, resume=False, fingerprint=MINE) == missing
    with pytest.raises(FileNotFoundError, match="c: no checkpoint to resume"):
        check_checkpoint(missing, resume=True, fingerprint=MINE)
    assert check_checkpoint(str(path), resume=True, fingerprint=MINE) == path
    with pytest.raises(FileExistsError, match="checkpoint: holds an unfinished run; add --resume"):
        check_checkpoint(path, resume=False, fingerprint=MINE)
    with pytest.raises(ValueError, match="another run: seed is 3 there, 4 here"):
        check_checkpoint(path, resume=True, fingerprint={**MINE, "seed": "4"})
