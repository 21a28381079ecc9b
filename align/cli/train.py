"""Commands that train: train."""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from align.checks import MAX_WORKERS, at_least, at_most
from align.cli.encode import ENCODER_DEFAULTS, EncoderSettings, say_perplexity, size_of
from align.cli.failure import message_of, status_of
from align.cli.options import READ_ALL, SECONDS, SPACE_ENDINGS, Maybe, Output, Seed, number_with_unit, word_list
from align.cli.output import distinct_outputs, output_file, say, say_lost_ngrams
from align.cli.process_group import ProcessGroup, advice, group_of, leave, run_in_child
from align.cli.train_options import DEFAULTS, RUNNING_DEFAULTS, Name, Running, Settings
from align.message import number_of

if TYPE_CHECKING:
    from align.encoder import Encoder
    from align.progress import Report
    from align.senses import SenseSpace
    from align.space import Space
    from align.text.corpus import Corpus
    from align.train.loop import Callback
    from align.train.model import Model

SOLVED = ("ppmi-svd",)
"""Models that are computed in one pass, without training steps: they have no checkpoint."""
ENCODERS = ("elmo",)
"""Models that become an encoder, not a space."""


def train(
    model: Name,
    corpus: str,
    /,
    *,
    output: Output,
    settings: Settings = DEFAULTS,
    encoder: EncoderSettings = ENCODER_DEFAULTS,
    start: Maybe = "",
    freeze: Maybe = "",
    seed: Seed = 0,
    running: Running = RUNNING_DEFAULTS,
) -> int | None:
    """Train a word-vector space, or an encoder, on a corpus.

    Models: sgns and cbow are word2vec's skip-gram and CBOW with negative sampling; skipgram-hs and cbow-hs use
    hierarchical softmax; softmax and cbow-softmax use full softmax (small vocabularies only); glove fits logarithms of
    counts; simpler-glove fits PMI without biases; ppmi-svd decomposes the PPMI matrix. fasttext trains vectors of words
    and of character n-grams, which give unseen words vectors; .safetensors and `align convert --format fasttext` keep
    them. adagram trains senses of words (`align senses`), elmo an encoder (`align embed`).

    The same seed on the same kind of machine gives the same vectors. On Ctrl-C or SIGTERM, the run writes a checkpoint
    and stops; the same command with --resume continues it and gives the same vectors. Brackets after an option show
    which models take it, and its default.

    **Examples**

        align train sgns en -o english.vec
        align train sgns zhwiki.corpus -o zhwiki.safetensors --dim 300 --checkpoint-every 30m
        align train sgns zhwiki.corpus -o zhwiki.safetensors --dim 300 --resume
        align train sgns news.corpus -o news.bin --start english.vec --dim 100 --freeze stop-words.txt
        align train fasttext en -o english.safetensors --minn 3 --maxn 6
        align train adagram en -o senses.safetensors --senses 5 --concentration 0.1
        align train sgns zh -o characters.vec --features word+character --characters own
        align train elmo en -o elmo.safetensors
        align train sgns news.corpus -o news.vec --coordinator 10.0.0.7:5555 --processes 2 --process 0

    Args:
        model: The model.
        corpus: A file made by `align corpus`, or en or zh for the default corpus of that language.
        output: The file to write, ending in .bin, .txt, .vec or .safetensors (adagram, elmo).
        settings: Settings of the model.
        encoder: Settings of an encoder.
        start: A space, or a name from the catalogue, that gives the initial vectors of its words, and of its n-grams
            if it has them. [sgns, cbow, skipgram-hs, cbow-hs, softmax, cbow-softmax, fasttext]
        freeze: A file of words, one per line, whose vectors of --start are not changed. [sgns, cbow, skipgram-hs,
            cbow-hs, softmax, cbow-softmax]
        seed: Seed of all random numbers.
        running: The devices of the run, and its checkpoint.
    """
    endings = (".safetensors",) if model in (*ENCODERS, "adagram") else SPACE_ENDINGS
    target, kept = _outputs(output, running.checkpoint, endings, (corpus, start, freeze))
    group = group_of(running)
    if group is not None and (status := run_in_child(kept)) is not None:
        return status
    given = {"start": start or None, "freeze": freeze or None}
    return _run(
        Job(
            model=_configured(model, {**asdict(settings), **asdict(encoder), **given}, running),
            corpus=open_named_corpus(corpus),
            target=target,
            seed=seed,
            start=READ_ALL.space(start) if start else None,
            frozen=frozenset(word_list(freeze)) if freeze else frozenset(),
            running=running,
            group=group,
            checkpoint=None if model in SOLVED else kept,
            checkpoint_every=_seconds("10m" if running.checkpoint_every is None else running.checkpoint_every),
        )
    )


def _configured(model: Name, options: Mapping[str, Any], running: Running) -> "Model[Any]":
    """Returns the model with the settings that the options give; raises SettingError for a wrong option."""
    from align.train.models import configured

    more = {option: value or None for option, value in asdict(running).items() if option != "devices"}
    chosen = configured(model, **options, **more, devices=running.devices)
    at_least(1 if running.devices is None else running.devices, 1, "--devices")
    at_most(at_least(running.workers or 0, 0, "--workers"), MAX_WORKERS, "--workers")
    return chosen


def _outputs(output: str, checkpoint: str, endings: Sequence[str], read: Sequence[str]) -> tuple[Path, Path]:
    """Returns the files for the result and the checkpoint, checked; ``read`` are the files that are read."""
    target = output_file(output, endings, inputs=read)
    kept = output_file(checkpoint or f"{target}.checkpoint", ("",), inputs=read)
    distinct_outputs(target, kept)
    return target, kept


class Job(NamedTuple):
    """A training run: the model, its corpus, and the files for the result and the checkpoint; times in seconds."""

    model: "Model[Space | SenseSpace | Encoder]"
    corpus: "Corpus"
    target: Path
    seed: int
    start: "Space | None"
    frozen: frozenset[str]
    running: Running
    group: ProcessGroup | None
    checkpoint: Path | None
    checkpoint_every: float


def _run(job: Job) -> int | None:
    """Trains and saves the model, then removes the checkpoint; returns the exit status if a signal stops the run."""
    from align.encoder import Encoder
    from align.train.checkpoint import StoppedError
    from align.train.models import train
    from align.train.processes import LostProcessError

    path = job.checkpoint
    try:
        devices = job.running.devices or 1 if job.group is None else _joined(job.group, job.running.devices)
        begun = time.perf_counter()
        with _bars() as bars:
            trained = train(
                job.model,
                job.corpus,
                seed=job.seed,
                start=job.start,
                frozen=job.frozen,
                devices=devices,
                workers=1 if job.group else job.running.workers or 0,
                shard=job.running.shard,
                checkpoint=path,
                checkpoint_every=job.checkpoint_every,
                resume=job.running.resume,
                report=bars.report,
                callback=bars.callback,
            )
    except StoppedError as stopped:
        say(f"align: {stopped}; {path} holds the run so far, and the same command with --resume continues it")
        return stopped.status
    except LostProcessError as lost:
        leave(advice(str(lost), path))
    except Exception as error:
        if job.group is None:
            raise
        leave(message_of(error), status_of(error))
    if job.group is not None and job.group.process > 0:
        say(f"align: process {job.group.process} of {job.group.processes} is done; process 0 writes {job.target}")
        return None
    what = _saved(trained, job.target)
    if path is not None:
        path.unlink(missing_ok=True)
    what = f"{what} in {time.perf_counter() - begun:.1f} s"
    say(f"align: {job.target}: {'; '.join([what, *bars.note])}")
    if isinstance(trained, Encoder):
        say_perplexity(trained, job.corpus)
    return None


def _joined(group: ProcessGroup, devices: int | None) -> int:
    """Joins the other processes; returns the number of devices to use, by default those of all processes."""
    import jax

    say(f"align: process {group.process} waits for {group.processes - 1} more at {group.coordinator}")
    group.join()
    return devices or jax.device_count()


def _saved(trained: "Space | SenseSpace | Encoder", target: Path) -> str:
    """Saves a trained model, and returns its size as text."""
    from align.encoder import Encoder
    from align.files import save
    from align.senses import SenseSpace

    if isinstance(trained, Encoder):
        trained.save(target)
        return size_of(trained)
    if isinstance(trained, SenseSpace):
        trained.save(target)
        return f"{number_of(len(trained), 'word')} with {len(trained.vectors):,} senses of {trained.dim} dimensions"
    save(trained, target)
    say_lost_ngrams(trained, target, ".safetensors keeps them")
    return f"{number_of(len(trained), 'word')} of {number_of(trained.dim, 'dimension')}"


def open_named_corpus(name: str) -> "Corpus":
    """Returns the corpus in the file ``name``, or the default corpus of the language ``name``."""
    from align.catalogue import resources
    from align.text.corpus import ENDING, check_numbers, open_corpus
    from align.text.defaults import DEFAULTS, default_corpus

    for language in DEFAULTS:
        if name == language and not Path(name).exists():
            with _bars() as bars:
                return default_corpus(language, report=bars.report)
    if name in resources() and not Path(name).exists():
        found = resources()[name]
        made = f"align corpus {name} -o {name}{ENDING} --language {found.language}"
        advice = f"run `{made}` first" if found.what == "text" and found.language in DEFAULTS else "text was expected"
        raise ValueError(f"{name}: {found.what} of the catalogue, not a corpus; {advice}")
    return check_numbers(open_corpus(Path(name).expanduser()), name)


def _seconds(text: str) -> float:
    """Returns the duration of --checkpoint-every in seconds."""
    return number_with_unit(text, SECONDS, "--checkpoint-every", "s, m or h, such as 10m")


class Bars(NamedTuple):
    """Progress bars, one for each stage; ``note`` holds the speed and the last loss."""

    report: "Report"
    callback: "Callback"
    note: list[str]


@contextmanager
def _bars() -> Generator[Bars]:
    """Yields the progress bars of a training run."""
    from align.progress import noted_bar

    note: list[str] = []
    losses: list[float] = []
    with ExitStack() as bars:
        stage, begun = "", (0.0, 0)
        advance: Callable[[int, str], None] | None = None

        def callback(_done: int, _state: object, loss: float) -> None:
            if loss:  # a batch without a pair of words has the loss 0
                losses[:] = [loss]

        def report(new_stage: str, done: int, total: int) -> None:
            nonlocal stage, begun, advance
            now = time.perf_counter()
            if advance is None or new_stage != stage:
                bars.close()
                stage, begun = new_stage, (now, done)
                advance = bars.enter_context(noted_bar(stage, total))
            if losses:
                speed = [_speed(done - begun[1], now - begun[0], stage)] if done > begun[1] else []
                note[:] = [*speed, f"loss {losses[0]:.4g}"]
            advance(done, ", ".join(note))

        yield Bars(report, callback, note)


def _speed(done: int, seconds: float, stage: str) -> str:
    """Returns the words or cells per second as text, in thousands (k) or millions (M)."""
    rate, what = done / max(seconds, 1e-9), "cells" if stage == "cells" else "words"
    return f"{rate / 1e6:.2f} M {what}/s" if rate >= 1e5 else f"{rate / 1e3:.2f} k {what}/s"


COMMANDS = {"train": train}
