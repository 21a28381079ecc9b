"""Training of the spaces: their corpora, skip-gram, and the files in the folder of the report."""

import argparse
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from align.checks import check_seed
from align.files import load, save
from align.progress import stage_bars
from align.space import Space
from align.text.corpus import Corpus, open_corpus
from align.text.defaults import DEFAULTS, default_corpus
from align.text.scripts import Language
from align.train.checkpoint import fingerprint
from align.train.models import train
from align.train.window_models import SGNS
from experiments.options import add_out, add_seed, known_only, new_parser, refuse

MODULE = "experiments.own_spaces"
TITLES: dict[Language, str] = {"en": "English", "zh": "Chinese"}
TRAINED_WORDS = 120_000_000
"""Words of training text over all epochs, if no number of epochs is given."""
EPOCHS = (5, 40)
"""Smallest and largest number of epochs."""


@dataclass(frozen=True)
class TrainingOptions:
    """Options of the command line. An empty corpus name means the default text; 0 epochs means ``epochs_for``."""

    english: str = ""
    chinese: str = ""
    out: Path = Path("results/own_spaces")
    dim: int = 100
    epochs: int = 0
    seed: int = 0
    fresh: bool = False
    parallel: bool = False

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if self.dim < 1 or self.epochs < 0:
            raise ValueError(f"--dim {self.dim} must be at least 1, and --epochs {self.epochs} at least 0")


class TrainedSpace(NamedTuple):
    """A space, its corpus and model, its file, and the seconds of training (0: an earlier run trained it)."""

    space: Space
    corpus: Corpus
    model: SGNS
    path: Path
    seconds: float


def parse(argv: Sequence[str] | None, description: str) -> TrainingOptions:
    """Parses ``argv`` (None: ``sys.argv``); ``--help`` exits with status 0.

    Raises:
        SystemExit: status 2 after one line on standard error, if an option is unknown or its value is bad.
    """
    default = TrainingOptions()
    parser = new_parser(MODULE, description)
    for language in TITLES.values():
        text = f"{language} corpus, made by `align corpus` (default: the default texts)"
        parser.add_argument(f"--{language.lower()}", metavar="CORPUS", default="", help=text)
    add_out(parser, default.out)
    parser.add_argument(
        "--dim", metavar="N", type=int, default=default.dim, help="dimensions of the vectors (default: %(default)s)"
    )
    parser.add_argument(
        "--epochs", metavar="N", type=int, default=0, help="epochs of training (default: by the size of the corpus)"
    )
    add_seed(parser)
    parser.add_argument("--fresh", action="store_true", help="train again, even if the spaces exist")
    text = "also learn from sentence pairs, and show what they add"
    parser.add_argument("--parallel", action="store_true", help=text)
    try:
        found = known_only(parser, argv)
        return TrainingOptions(
            english=found.english,
            chinese=found.chinese,
            out=found.out,
            dim=found.dim,
            epochs=found.epochs,
            seed=found.seed,
            fresh=found.fresh,
            parallel=found.parallel,
        )
    except (argparse.ArgumentError, ValueError) as error:
        refuse(str(error))


def epochs_for(tokens: int) -> int:
    """Returns the number of epochs in which training reads ``TRAINED_WORDS`` words in total, within ``EPOCHS``.

    >>> epochs_for(13_000_000), epochs_for(4_000_000), epochs_for(100_000), epochs_for(1_000_000_000)
    (9, 30, 40, 5)
    """
    return min(max(round(TRAINED_WORDS / max(tokens, 1)), EPOCHS[0]), EPOCHS[1])


def corpus_of(language: Language, name: str) -> Corpus:
    """Opens the corpus in the file ``name``, or the default corpus of the language, which is made on first use."""
    if name:
        return open_corpus(Path(name).expanduser())
    with stage_bars(f"{TITLES[language]} text: ") as report:
        return default_corpus(language, report=report)


def trained(language: Language, options: TrainingOptions) -> TrainedSpace:
    """Returns the space of a language: loaded if a run with this corpus, settings and seed saved it, else trained.

    Raises:
        ValueError, OSError: the corpus cannot be read, fetched or trained on, or the space cannot be written.
    """
    corpus = corpus_of(language, options.english if language == "en" else options.chinese)
    model = SGNS(dim=options.dim, epochs=options.epochs or epochs_for(corpus.tokens))
    settings = repr(sorted(fingerprint(model, corpus, seed=options.seed).items()))
    digest = hashlib.sha256(settings.encode()).hexdigest()[:8]
    name = f"own {TITLES[language]}"
    path = options.out / f"{TITLES[language].lower()}-{digest}.safetensors"
    if path.is_file() and not options.fresh:
        return TrainedSpace(load(path, name=name), corpus, model, path, 0.0)
    start = time.perf_counter()
    with stage_bars(f"{TITLES[language]}: ") as report:
        space = train(model, corpus, seed=options.seed, report=lambda stage, *at: report(f"{stage} (words)", *at))
    seconds = time.perf_counter() - start
    if language == "zh":
        space = space.simplified()
    path.parent.mkdir(parents=True, exist_ok=True)
    save(space, path)
    return TrainedSpace(Space(space.vocab, space.vectors, name=name), corpus, model, path, seconds)


def sources(language: Language, result: TrainedSpace, name: str) -> str:
    """Returns the names of the texts of a corpus; ``name`` is the corpus that the user named, or empty."""
    if name:
        return result.corpus.name
    return ", ".join(DEFAULTS[language])
