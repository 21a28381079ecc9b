"""Commands over labelled texts: classify train, classify test, classify predict."""

import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cyclopts import Parameter

from align.checks import at_least
from align.cli.options import READ_ALL, STDIN, Count, Flag, Maybe, Output, Seed
from align.cli.output import output_file, say, write, write_json, write_table, write_tsv
from align.message import number_of

if TYPE_CHECKING:
    from align.classify.classifier import Classifier
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
    """What separates several labels in their column; if not given, there is one."""
    label_prefix: str = "__label__"
    """What a label begins with in fastText's format."""
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
    """Dimensions of the vectors."""
    epochs: int = 10
    """How many times the texts are read."""
    rate: float = 20.0
    """Learning rate at the beginning."""
    word_ngrams: int = 2
    """Most words of an n-gram of words; 1: words only."""
    minn: int = 0
    """Fewest characters of the character n-grams of words."""
    maxn: int = 0
    """Most characters of the character n-grams of words; 0: no such n-grams."""
    buckets: int = 2_000_000
    """Hash values of n-grams; n-grams with one hash value share a vector."""
    min_count: int = 1
    """Words that occur less often are left out."""
    min_ngram_count: int = 2
    """n-grams that occur less often are left out."""
    loss: Literal["softmax", "hs", "ns", "ova"] = "softmax"
    """`softmax`; `hs`: hierarchical softmax, for very many labels; `ns`: negative sampling; `ova`: one-vs-all, for
    texts with several labels."""
    negatives: int = 5
    """Noise labels of a batch with --loss ns."""
    tokeniser: TokeniserOption = "auto"
    """`split`: at blanks; `auto`: `split` for fastText's format, else `characters` for Chinese and `english`."""
    workers: int = 1
    """Threads that share the work, each with a copy of the vectors."""


FILE = FileOptions()
DEFAULTS = ClassifierOptions()


def train(
    file: str,
    /,
    *,
    output: Output,
    settings: ClassifierOptions = DEFAULTS,
    balanced: Flag = False,
    start: Maybe = "",
    reading: FileOptions = FILE,
    seed: Seed = 0,
    json: Flag = False,
) -> None:
    """Train a classifier on labelled texts.

    The mean of the vectors of a text's words and n-grams predicts its labels, as in fastText's classifier. Texts are
    shuffled. The same seed on the same kind of machine gives the same classifier.

    **Examples**

        align classify train reviews.txt -o reviews.classifier
        align classify train reviews.csv -o reviews.classifier --text review --label stars --epochs 20
        align classify train mails/ -o spam.classifier --word-ngrams 1 --minn 3 --maxn 5 --balanced
        align classify train tags.tsv -o tags.classifier --separator , --loss ova

    Args:
        file: Labelled texts: lines of fastText's format, a CSV or TSV file, or a folder with a sub-folder for each
            label.
        output: The file to write.
        settings: Settings of the classifier.
        balanced: Give all labels the same weight, however many texts they have.
        start: A space, or a name from the catalogue, whose vectors its words begin with.
        reading: How the file is read.
        seed: Decides all that is random.
        json: Print one JSON document: labels, texts, features, accuracy on the training texts, seconds.
    """
    from align.catalogue import resolve
    from align.classify.classifier import Classifier
    from align.progress import stage_bars
    from align.train.model import SettingError

    target = output_file(output, ("",))
    classifier = Classifier(**asdict(settings), class_weight="balanced" if balanced else None, seed=seed)
    try:
        _ = classifier.settings
    except SettingError as error:
        raise ValueError(f"--{error.setting.replace('_', '-')} {error.problem}") from error
    reader, path = reading.reader(), resolve(file)
    texts = reader.read(path)
    classifier.start = READ_ALL.space(start) if start else None
    begun = time.perf_counter()
    with stage_bars() as report:
        classifier.fit_texts(texts, name=file, split=reader.kind_of(path) == "fasttext", report=report)
    seconds = time.perf_counter() - begun
    classifier.save(target)
    model = classifier.model_
    if json:
        write_json(
            {
                "model": str(target),
                "texts": len(texts),
                "labels": list(model.labels),
                "features": model.features.rows,
                "tokeniser": model.tokeniser,
                "seconds": round(seconds, 3),
            }
        )
    counts = f"{number_of(len(texts), 'text')} with {number_of(len(model.labels), 'label')}"
    say(f"align: {target}: {counts}, {number_of(model.features.rows, 'feature')}, in {seconds:.1f} s")


def evaluate(model: str, file: str, /, *, reading: FileOptions = FILE, json: Flag = False) -> None:
    """Score a classifier on labelled texts: accuracy, P@1, and precision, recall and F1 of each label.

    Accuracy is the share of texts with exactly the predicted labels, P@1 the share whose most probable label is right.

    **Examples**

        align classify test reviews.classifier reviews-test.txt
        align classify test reviews.classifier reviews-test.csv --text review --label stars --json

    Args:
        model: A file made by `align classify train`.
        file: Labelled texts, as for `align classify train`.
        reading: How the file is read.
        json: Print one JSON document: accuracy, p@1, macro_f1, total, and labels with precision, recall, f1, support.
    """
    from align.catalogue import resolve

    classifier = _open(model)
    scores = classifier.evaluate(reading.reader().read(resolve(file)))
    if json:
        write_json(scores.as_json())
        return
    rows = [(one.label, *(round(100 * x, 1) for x in one[1:4]), one.support) for one in scores.labels]
    write_table(("label", "precision", "recall", "f1", "texts"), rows)
    shares = f"accuracy {scores.accuracy:.4f}  p@1 {scores.first:.4f}  macro f1 {scores.macro_f1:.4f}"
    write(f"{shares}  {scores.total:,} texts")


def predict(model: str, text: str = STDIN, /, *, k: Count = 1, json: Flag = False) -> None:
    """Predict the labels of a text, or of each line of standard input.

    Each line of the output has the labels of a text and their probabilities, the most probable first.

    **Examples**

        align classify predict reviews.classifier "I liked every minute of it"
        align classify predict reviews.classifier - --json < lines.txt
        align classify predict topics.classifier -k 3 - < lines.txt

    Args:
        model: A file made by `align classify train`.
        text: A text; - reads one text a line from standard input.
        k: Number of labels to show.
        json: Print one JSON document: for each text its labels with their probabilities.
    """
    import numpy as np

    at_least(k, 1, "-k")
    classifier = _open(model)
    texts = list(_texts(text))
    found = classifier.model_
    probability = found.probabilities(texts)
    order = np.argsort(-probability, axis=1, kind="stable")[:, :k]
    best = [[(found.labels[i], float(row[i])) for i in chosen] for row, chosen in zip(probability, order, strict=True)]
    if json:
        write_json(
            [
                {"text": one, "labels": [{"label": name, "probability": p} for name, p in pairs]}
                for one, pairs in zip(texts, best, strict=True)
            ]
        )
        return
    write_tsv([cell for name, p in pairs for cell in (name, f"{p:.4f}")] for pairs in best)


def _open(model: str) -> "Classifier":
    from align.classify.classifier import Classifier

    path = Path(model).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"{model}: no such file; a classifier was expected")
    return Classifier.load(path)


def _texts(text: str) -> Iterator[str]:
    """The text, or the lines of standard input; raises ValueError for an empty one."""
    from align.encoding import decode

    if text != STDIN:
        if not text.strip():
            raise ValueError("an empty text; at least one word was expected")
        yield text
        return
    if sys.stdin.isatty():
        raise ValueError("no text given; name one, or give - and pipe texts, one a line")
    number = 0
    for number, line in enumerate(sys.stdin.buffer, 1):
        one = decode(line, "standard input", first_line=number, option="").strip()
        if not one:
            raise ValueError(f"standard input:{number}: an empty text; at least one word was expected")
        yield one
    if not number:
        raise ValueError("standard input: holds no text; one a line was expected")


COMMANDS = {"classify train": train, "classify test": evaluate, "classify predict": predict}
