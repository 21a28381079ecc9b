"""Options of the commands over labelled texts: how a file is read, the settings of a classifier, limits of training."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from cyclopts import Parameter

from align.cli.options import SECONDS, Maybe, number_with_unit, refuse

if TYPE_CHECKING:
    from align.classify.autotune import Limits
    from align.text.labelled import LabelledReader, LabelledText

_BYTES: Mapping[str, float] = {"k": 1e3, "M": 1e6, "G": 1e9}
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
    separator: Maybe = ""
    """The text between several labels in their column; if not given, each text has one label."""
    label_prefix: str = "__label__"
    """The prefix of labels in fastText's format."""
    encoding: Maybe = ""
    """The text encoding, UTF-8 if not given."""

    def reader(self, weight: str = "") -> "LabelledReader":
        """Returns the reader of files; ``weight`` is the column of the weights of texts, if there is one."""
        from align.encoding import check_encoding
        from align.text.labelled import LabelledReader

        if not self.label_prefix:
            raise ValueError("--label-prefix: must not be empty")
        return LabelledReader(
            self.format,
            self.text,
            self.label,
            weight,
            self.separator,
            self.label_prefix,
            check_encoding(self.encoding),
        )

    def texts_of(self, file: str) -> "list[LabelledText] | None":
        """Returns the texts of the file of --texts; None if it is not given.

        Raises:
            ValueError: the file cannot be read as described; or there is none, but an option describes it.
        """
        from align.catalogue import resolve

        if file:
            return self.reader().read(resolve(file))
        usual = FileOptions()
        refuse("only with --texts", **{name: value != getattr(usual, name) for name, value in asdict(self).items()})
        return None


@Parameter(name="*")
@dataclass(frozen=True)
class ClassifierOptions:
    """Settings of the classifier."""

    dim: int = 24
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
    """`split`: at blanks; `auto`: `split` for fastText's format; otherwise `characters` if the texts are Chinese,
    `english` if not."""
    workers: int = 1
    """Threads that share the work, each with a copy of the vectors."""
    validation: float = 0.0
    """Share of the texts to hold out: the best epoch on them is kept, and probabilities are calibrated on them."""
    patience: int = 2
    """With --validation, epochs without a better accuracy before training stops."""
    frozen: int = 0
    """With --start, the number of first epochs in which its vectors do not change."""


DEFAULTS = ClassifierOptions()


def refuse_unused(given_settings: dict[str, Any], own: dict[str, Any], *, tuned: bool = False) -> None:
    """Raises ValueError for a setting that has no effect with the others.

    ``own`` are the settings of a model that training continues from. With ``tuned``, n-grams are tried anyway.
    """
    given = {name: given_settings[name] != value for name, value in asdict(DEFAULTS).items()}
    settings = given_settings | own
    if settings["loss"] != "ns":
        refuse(f"only with --loss ns; the loss is {settings['loss']}", negatives=given["negatives"])
    if settings["loss"] != "softmax":
        refuse(f"only with --loss softmax; the loss is {settings['loss']}", smoothing=given["smoothing"])
    if not settings["validation"]:
        refuse("only with --validation", patience=given["patience"])
    if not settings["maxn"] and not tuned:
        refuse("only with --maxn", minn=given["minn"])
        if settings["word_ngrams"] == 1:
            why = "only with n-grams, which --maxn or --word-ngrams above 1 adds"
            refuse(why, buckets=given["buckets"], min_ngram_count=given["min_ngram_count"])


def limits_of(autotune: str, size: str) -> "Limits | None":
    """The limits of a search of settings; None without --autotune."""
    from align.classify.autotune import Limits

    if not autotune:
        if size:
            raise ValueError(f"--size {size}: applies to --autotune only; `align classify quantise` makes a file small")
        return None
    return Limits(_above_zero(autotune, SECONDS, "--autotune", "s, m or h, such as 10m"), bytes_in(size) or 0)


def bytes_in(size: str) -> int | None:
    """A size such as 50k in bytes; None if it is not given."""
    return int(_above_zero(size, _BYTES, "--size", "k, M or G")) if size else None


def _above_zero(text: str, units: Mapping[str, float], option: str, expected: str) -> float:
    """A number with a unit, above 0."""
    found = number_with_unit(text, units, option, expected)
    if not found:
        raise ValueError(f"{option} {text}: must be above 0")
    return found
