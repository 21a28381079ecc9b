"""Options of `align train`: settings of the models, the devices of a run, and its checkpoint."""

from dataclasses import dataclass
from typing import Literal

from cyclopts import Parameter

from align.cli.options import Flag, Maybe

Name = Literal[
    "sgns",
    "cbow",
    "skipgram-hs",
    "cbow-hs",
    "softmax",
    "cbow-softmax",
    "fasttext",
    "adagram",
    "glove",
    "simpler-glove",
    "ppmi-svd",
    "elmo",
]


@Parameter(name="*", show_default=False)
@dataclass(frozen=True)
class Settings:
    """Settings of the model; an option that is not given has the default of the model."""

    dim: int | None = None
    """Dimensions of the vectors. [sgns, cbow, skipgram-hs, cbow-hs, softmax, cbow-softmax, fasttext, adagram, glove,
    simpler-glove, ppmi-svd: 100; elmo: 128]"""
    window: int | None = None
    """Words to either side of a word. [sgns, cbow, skipgram-hs, cbow-hs, softmax, cbow-softmax, fasttext, adagram,
    ppmi-svd: 5; glove, simpler-glove: 10]"""
    fixed: bool | None = None
    """Give all words of a window the same weight; if not, nearer words have a higher weight. [sgns, cbow, skipgram-hs,
    cbow-hs, softmax, cbow-softmax, fasttext, adagram: no]"""
    negatives: int | None = None
    """Noise words for each pair of neighbours (elmo: for each step). [sgns, cbow, fasttext, adagram: 5; elmo: 512]"""
    epochs: int | None = None
    """How many times the corpus is read. [sgns, cbow, skipgram-hs, cbow-hs, softmax, cbow-softmax, fasttext, adagram:
    5; glove, simpler-glove: 15; elmo: 1]"""
    rate: float | None = None
    """Learning rate at the beginning. [sgns, skipgram-hs, cbow-hs, adagram: 0.035; cbow: 0.15; softmax, cbow-softmax,
    fasttext: 0.05; glove, simpler-glove: 4; elmo: 0.004]"""
    schedule: Literal["linear", "cosine"] | None = None
    """How the learning rate falls. [sgns, cbow, skipgram-hs, cbow-hs, softmax, cbow-softmax, fasttext, adagram: linear;
    elmo: cosine]"""
    sample: float | None = None
    """Sub-sampling: words above this relative frequency are left out at random, more frequent words more often; 0 keeps
    all. [sgns, cbow, skipgram-hs, cbow-hs, fasttext, adagram: 0.0001; softmax, cbow-softmax: 0.001]"""
    power: float | None = None
    """Exponent of the counts by which noise words are drawn (sgns, cbow) or cells are weighted (glove), or of the
    singular values (ppmi-svd). [sgns, cbow, adagram, glove, simpler-glove: 0.75; fasttext, ppmi-svd: 0.5]"""
    x_max: float | None = None
    """Co-occurrence counts from this value on have weight 1, smaller counts less. [glove, simpler-glove: 10]"""
    shift: float | None = None
    """Two words count only if they occur together more than SHIFT times as often as by chance. [ppmi-svd: 1]"""
    smoothing: float | None = None
    """Exponent of the context counts in PMI. [ppmi-svd: 0.75]"""
    features: Literal["word", "word+ngram", "word+character", "word+character+ngram"] | None = None
    """The contexts of a word: the words of its window, and optionally their bigrams (ngram) and their characters, which
    must be hanzi, kana or hangul. [sgns, ppmi-svd: word]"""
    bigram_min_count: int | None = None
    """Only bigrams that occur at least this often are contexts. [sgns, ppmi-svd: 10]"""
    characters: Literal["window", "own", "both"] | None = None
    """Whose characters are contexts: those of the words of the window, of the word itself (own), or both. [sgns,
    ppmi-svd: window]"""
    vectors: Literal["in", "out", "sum", "average", "concatenation"] | None = None
    """Which vectors the space has: of words (in), of contexts (out), or both combined. [sgns, cbow, skipgram-hs,
    cbow-hs, softmax, cbow-softmax, fasttext, adagram, simpler-glove: in; glove: sum]"""
    model: Literal["skipgram", "cbow"] | None = None
    """Whether a word predicts its neighbours (skipgram) or its neighbours predict it (cbow). [fasttext: skipgram]"""
    minn: int | None = None
    """Characters of the shortest n-grams; 0: as in --start, else 3, or 1 for a Chinese corpus. [fasttext: 0]"""
    maxn: int | None = None
    """Characters of the longest n-grams; 0: as in --start, else 6, or 3 for a Chinese corpus. [fasttext: 0]"""
    buckets: int | None = None
    """Number of hash values of n-grams; n-grams with the same hash value share a vector. [fasttext: 2000000]"""
    senses: int | None = None
    """Largest number of senses per word. [adagram: 5]"""
    concentration: float | None = None
    """The prior of new senses: the larger, the more senses a word has. [adagram: 0.1]"""


@Parameter(name="*", show_default=False)
@dataclass(frozen=True)
class Running:
    """The devices of the run, and its checkpoint."""

    devices: int | None = None
    """How many devices (GPUs) share the work. [all but ppmi-svd: 1; with several processes, all devices]"""
    workers: int | None = None
    """How many threads of one processor share the work, each with a copy of the vectors. [sgns, cbow, skipgram-hs,
    cbow-hs, softmax, cbow-softmax, fasttext, adagram, elmo: 1; but 2 for a large corpus, except for elmo]"""
    shard: Flag = False
    """Divide the vectors among devices. [sgns, cbow, skipgram-hs, cbow-hs, fasttext, adagram, glove, simpler-glove]"""
    checkpoint: Maybe = ""
    """The file that keeps the unfinished run. [all but ppmi-svd: the output with .checkpoint added]"""
    checkpoint_every: str | None = None
    """The time between two checkpoints, such as 90s, 10m or 2h. [all but ppmi-svd: 10m]"""
    resume: Flag = False
    """Resume the run in the checkpoint. [all but ppmi-svd]"""
    coordinator: Maybe = ""
    """HOST:PORT, where process 0 listens, if several processes train together, on one machine or several. Run the same
    command in every process, with its own --process. The checkpoint must be in a folder that all processes share.
    [all but ppmi-svd]"""
    processes: int | None = None
    """How many processes train together. [all but ppmi-svd]"""
    process: int | None = None
    """The number of this process, from 0; process 0 writes the files. [all but ppmi-svd]"""


DEFAULTS = Settings()
RUNNING_DEFAULTS = Running()
