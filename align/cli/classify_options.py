"""Options of the commands over labelled texts: how a file is read, and the settings of a classifier."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cyclopts import Parameter

from align.cli.options import Maybe

if TYPE_CHECKING:
    from align.text.labelled import LabelledReader

TokeniserOption = Literal["auto", "split", "english", "jieba", "characters"]


@Parameter(name="*")
@dataclass(frozen=True)
class FileOptions:
    """How the file of labelled texts is read."""

    format: Literal["auto", "fasttext", "csv", "tsv", "folder"] = "auto"
    """`fasttext`: lines such as `__label__good I like it`; `csv`, `tsv`: columns with a header line; `folder`: a
    sub-folder for each label, a text in each file; `auto`: by what FILE is and how its name ends."""
    text: str = "text"
    """The column of the text."""
    label: str = "label"
    """The column of the label."""
    weight: Maybe = ""
    """The column of the weight of each text in training."""
    separator: Maybe = ""
    """The text between several labels in their column; if not given, each text has one label."""
    label_prefix: str = "__label__"
    """The prefix of labels in fastText's format."""
    encoding: Maybe = ""
    """The text encoding, UTF-8 if not given."""

    def reader(self) -> "LabelledReader":
        """Returns the reader of files."""
        from align.encoding import check_encoding
        from align.text.labelled import LabelledReader

        if not self.label_prefix:
            raise ValueError("--label-prefix: must not be empty")
        return LabelledReader(
            self.format,
            self.text,
            self.label,
            self.weight,
            self.separator,
            self.label_prefix,
            check_encoding(self.encoding),
        )


@Parameter(name="*")
@dataclass(frozen=True)
class ClassifierOptions:
    """Settings of the classifier."""

    dim: int = 50
    """Largest number of dimensions of the vectors; without --start, no more are used than there are labels."""
    epochs: int = 5
    """How many times the texts are read."""
    rate: float = 1.25
    """Learning rate at the beginning."""
    word_ngrams: int = 2
    """Largest number of words in an n-gram of words; 1: words only."""
    minn: int = 0
    """Smallest number of characters in a character n-gram."""
    maxn: int = 0
    """Largest number of characters in a character n-gram; 0: no such n-grams."""
    buckets: int = 2_000_000
    """Number of hash values of n-grams; n-grams with the same hash value share a vector."""
    min_count: int = 1
    """Words that occur less often are left out."""
    min_ngram_count: int = 2
    """n-grams that occur less often are left out."""
    loss: Literal["softmax", "hs", "ns", "ova"] = "softmax"
    """`softmax`; `hs`: hierarchical softmax, for very many labels; `ns`: negative sampling; `ova`: one-vs-all, for
    texts with several labels."""
    negatives: int = 5
    """Number of noise labels of a batch with --loss ns."""
    smoothing: float = 0.1
    """With softmax, the share of the weight of each text that is divided equally among all labels."""
    tokeniser: TokeniserOption = "auto"
    """`split`: at blanks; `auto`: `split` for fastText's format, else `characters` for Chinese and `english`."""
    workers: int = 1
    """Threads that share the work, each with a copy of the vectors."""
    validation: float = 0.0
    """Share of the texts to hold out: the best epoch on them is kept, and probabilities are calibrated on them."""
    patience: int = 2
    """With --validation, epochs without a better accuracy before training stops."""
    frozen: int = 0
    """With --start, the number of first epochs in which its vectors do not change."""
