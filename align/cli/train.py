"""Commands that train: train."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from cyclopts import Parameter

from align.checks import at_least
from align.cli.options import READ_ALL, SPACE_ENDINGS, Flag, Maybe, Output, Seed
from align.cli.output import output_file, say

if TYPE_CHECKING:
    from align.space import Space
    from align.text.corpus import Corpus
    from align.train.models import Model, Progress, Watch

Name = Literal["sgns", "cbow", "skipgram-hs", "cbow-hs", "softmax", "glove", "simpler-glove", "ppmi-svd"]
COUNTED = ("ppmi-svd",)
"""Models that are not trained step by step: there is nothing to go on from."""
SECONDS = {"s": 1, "m": 60, "h": 3600}


@Parameter(name="*")
@dataclass(frozen=True)
class Settings:
    """What can be set of a model; what is not given is the model's own."""

    dim: int | None = None
    """Dimensions of the vectors."""
    window: int | None = None
    """Words to either side of a word."""
    negatives: int | None = None
    """Noise words for each pair of neighbours."""
    epochs: int | None = None
    """How often the corpus is read."""
    rate: float | None = None
    """The learning rate at first."""
    schedule: Literal["linear", "cosine"] | None = None
    """How the rate falls."""
    sample: float | None = None
    """Frequent words are left out at random from this share of the corpus up; 0 keeps all."""
    power: float | None = None
    """Noise words are drawn by this power of their counts; for ppmi-svd, the power of the singular values."""
    fixed: Annotated[bool | None, Parameter(show_default=False)] = None
    """All words of a window count alike; else the nearer count more."""
    shift: float | None = None
    """How much more often than by chance two words must stand together to count."""
    smoothing: float | None = None
    """The power of the counts by which chance is reckoned."""
    most: float | None = None
    """GloVe: counts from here on weigh 1, smaller ones less (x_max)."""
    workers: int | None = None
    """How many threads of one processor share the work, each with a copy of the vectors; two for a large corpus."""
    vectors: Literal["in", "out", "sum", "average", "concatenation"] | None = None
    """Which of a model's two tables make the space."""


@Parameter(name="*")
@dataclass(frozen=True)
class Keeping:
    """Where a run is written while it lasts."""

    checkpoint: Maybe = ""
    """The file that keeps the unfinished run; without it, the output with .checkpoint behind its name."""
    checkpoint_every: str | None = None
    """Minutes between two checkpoints: 10m if not given; also 90s, 2h."""
    resume: Flag = False
    """Go on from the checkpoint."""


OWN = Settings()
BESIDE = Keeping()


def train(
    model: Name,
    corpus: str,
    /,
    *,
    output: Output,
    settings: Settings = OWN,
    start: Maybe = "",
    freeze: Maybe = "",
    seed: Seed = 0,
    devices: int | None = None,
    keeping: Keeping = BESIDE,
) -> int | None:
    """Train a word-vector space on a corpus.

    Models: sgns and cbow are word2vec's two with negative sampling, skipgram-hs and cbow-hs with hierarchical softmax,
    softmax has the whole vocabulary in its denominator (small ones only); glove fits logarithms of counts,
    simpler-glove PMI without biases; ppmi-svd counts neighbours and decomposes the table.
    The same seed on the same kind of machine gives the same vectors. Ctrl-C, or a request to end, writes a checkpoint
    first; the same command with --resume goes on from it, to the same vectors.

    **Examples**

        align train sgns en -o english.vec
        align train sgns zhwiki.corpus -o zhwiki.safetensors --dim 300 --epochs 3 --checkpoint-every 30m
        align train sgns zhwiki.corpus -o zhwiki.safetensors --dim 300 --epochs 3 --resume
        align train sgns news.corpus -o news.bin --start english.vec --dim 100 --freeze stop-words.txt
        align train glove en -o glove.vec --dim 50 --epochs 25
        align train ppmi-svd zh -o counts.vec --window 2

    Args:
        model: The model.
        corpus: A file made by `align corpus`, or en or zh: the default corpus of that language.
        output: The file to write, ending in .bin, .txt, .vec or .safetensors.
        settings: What can be set of the model.
        start: A space, or a name from the catalogue, whose words begin with their vectors there.
        freeze: A file of words, one a line, that keep their vectors of --start.
        seed: Of all that is drawn at random.
        devices: How many devices (GPUs) share the work; one if not given.
        keeping: Where the run is kept.
    """
    from align.train.models import configured

    given = {**asdict(settings), "start": start or None, "freeze": freeze or None, "devices": devices}
    kept = {"checkpoint": keeping.checkpoint or None, "checkpoint_every": keeping.checkpoint_every}
    chosen = configured(model, **given, **kept, resume=keeping.resume or None)
    at_least(1 if devices is None else devices, 1, "--devices")
    target = output_file(output, SPACE_ENDINGS)
    path = None if model in COUNTED else _checkpoint(keeping, target)
    every = _seconds("10m" if keeping.checkpoint_every is None else keeping.checkpoint_every)
    first = READ_ALL.space(start) if start else None
    frozen = frozenset(_words(freeze)) if freeze else frozenset[str]()
    return _run(Asked(chosen, _corpus(corpus), target, seed, first, frozen, devices or 1), path, every, keeping.resume)


class Asked(NamedTuple):
    """What is to be trained, on what, and where the space goes."""

    model: "Model"
    corpus: "Corpus"
    target: Path
    seed: int
    start: "Space | None"
    frozen: frozenset[str]
    devices: int


def _run(asked: Asked, path: Path | None, every: float, resume: bool) -> int | None:
    """Train, save, and remove the checkpoint ``path``; the exit status where a signal has stopped it."""
    from align.files import save
    from align.train.checkpoint import CheckpointPolicy, StoppedError, fingerprint
    from align.train.models import settled, train

    model, corpus, target = settled(asked.model, asked.corpus, devices=asked.devices), asked.corpus, asked.target
    more = {"start": asked.start, "frozen": asked.frozen, "devices": asked.devices}
    policy = None
    if path is not None:
        policy = CheckpointPolicy(path, fingerprint(model, corpus, seed=asked.seed, **more), every, resume)
    begun = time.perf_counter()
    with _bars() as (watch, note):
        try:
            space = train(
                model,
                corpus,
                seed=asked.seed,
                start=asked.start,
                frozen=asked.frozen,
                devices=asked.devices,
                policy=policy,
                watch=watch,
            )
        except StoppedError as stopped:
            say(f"align: {stopped}; {path} holds the run so far, and the same command with --resume goes on")
            return stopped.status
    save(space, target)
    if path is not None:
        path.unlink(missing_ok=True)
    seconds = time.perf_counter() - begun
    said = "; ".join([f"{len(space):,} words of {space.dim} dimensions in {seconds:.1f} s", *note])
    say(f"align: {target}: {said}")
    return None


def _corpus(name: str) -> "Corpus":
    """The corpus in the file ``name``, or the default one of a language."""
    from align.text.corpus import open_corpus
    from align.text.defaults import DEFAULTS, default_corpus
    from align.train.models import Progress

    for language in DEFAULTS:
        if name == language and not Path(name).exists():
            with _bars() as (watch, _):
                return default_corpus(language, report=lambda stage, done, of: watch(Progress(stage, done, of)))
    return open_corpus(Path(name).expanduser())


def _checkpoint(keeping: Keeping, target: Path) -> Path:
    """The file that keeps the run, which is there where a run is resumed, and not where one begins."""
    path = output_file(keeping.checkpoint or f"{target}.checkpoint", ("",))
    if keeping.resume and not path.exists():
        raise FileNotFoundError(f"{path}: there is no checkpoint to go on from; leave --resume out to begin anew")
    if path.exists() and not keeping.resume:
        raise FileExistsError(f"{path}: holds an unfinished run; go on with --resume, or remove it to begin anew")
    return path


def _seconds(text: str) -> float:
    """A length of time such as 90s, 10m or 1.5h, in seconds."""
    try:
        found = float(text[:-1]) * SECONDS[text[-1:]]
    except (ValueError, KeyError) as error:
        raise ValueError(f"--checkpoint-every {text}: a number and s, m or h was expected, such as 10m") from error
    if not 0 <= found < float("inf"):
        raise ValueError(f"--checkpoint-every {text}: 0s or more was expected")
    return found


def _words(file: str) -> Iterator[str]:
    """The words of a file, one a line."""
    with Path(file).expanduser().open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                word = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError as error:
                raise ValueError(f"{file}:{number}: byte {line[error.start]:#04x} is not UTF-8") from error
            if word:
                yield word


@contextmanager
def _bars() -> Generator[tuple["Watch", list[str]]]:
    """Yield what draws a bar for each stage, and a list that holds how fast words were read, and the last loss."""
    from align.progress import noted_bar

    note: list[str] = []
    with ExitStack() as bars:
        stage, begun = "", (0.0, 0)
        at: Callable[[int, str], None] | None = None

        def watch(progress: "Progress") -> None:
            nonlocal stage, begun, at
            now = time.perf_counter()
            if at is None or progress.stage != stage:
                bars.close()
                stage, begun = progress.stage, (now, progress.done)
                at = bars.enter_context(noted_bar(stage, progress.total))
            if progress.loss is not None:
                speed = (progress.done - begun[1]) / max(now - begun[0], 1e-9)
                what = "cells" if stage == "cells" else "words"
                fast = [f"{speed / 1e6:.2f} M {what}/s"] if progress.done > begun[1] else []
                note[:] = [*fast, f"loss {progress.loss:.4g}"]
            at(progress.done, ", ".join(note))

        yield watch, note


COMMANDS = {"train": train}
