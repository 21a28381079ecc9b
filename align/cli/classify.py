"""Commands over labelled texts: classify train, classify test, classify predict, classify quantise."""

import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from cyclopts import Parameter

from align.checks import SettingError, at_least
from align.cli.classify_options import DEFAULTS, ClassifierOptions, FileOptions, bytes_in, limits_of, refuse_unused
from align.cli.options import READ_ALL, STDIN, Count, Flag, Maybe, Output, Seed, StandardInput
from align.cli.output import output_file, say, write, write_json, write_table, write_tsv
from align.message import number_of, size_text

if TYPE_CHECKING:
    from align.classify.autotune import TuningTrial
    from align.classify.classifier import Classifier
    from align.classify.model import LabelModel
    from align.text.labelled import LabelledText

FILE = FileOptions()
_SHOWN = 60


def train(
    file: str,
    /,
    *,
    output: Output,
    settings: ClassifierOptions = DEFAULTS,
    balanced: Flag = False,
    start: Maybe = "",
    past: Annotated[Maybe, Parameter(name="--from")] = "",
    reading: FileOptions = FILE,
    weight: Maybe = "",
    autotune: Maybe = "",
    size: Maybe = "",
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
        align classify train reviews.txt -o reviews.classifier --autotune 10m --size 2M
        align classify train more.txt --from reviews.classifier -o new.classifier

    Args:
        file: Labelled texts: lines of fastText's format, a CSV or TSV file, or a folder with a sub-folder for each
            label.
        output: The file to write; fastText's programs open it if its name ends in .bin.
        settings: Settings of the classifier.
        balanced: Give all labels the same weight, however many texts they have.
        start: A space, or a name from the catalogue, that gives the initial vectors of its words.
        past: A classifier to continue from: its words, n-grams, labels and settings are kept, and new words, n-grams
            and labels are added.
        reading: How the file is read.
        weight: The column of the weight of each text in training.
        autotune: Try settings at random for this time (90s, 10m, 1h) and keep the best on a tenth of the texts.
        size: With --autotune, the largest size of the file, such as 500k or 2M; larger classifiers are quantised.
        seed: Seed of all random numbers.
        json: Print one JSON document: labels, texts, features, the results on held-out texts, seconds.
    """
    from align.catalogue import resolve
    from align.classify.classifier import Classifier
    from align.progress import stage_bars

    target, limits = _target(output, (file, start, past)), limits_of(autotune, size)
    begun_with = _past(past, settings, start=start, autotune=autotune)
    classifier = Classifier(**begun_with.settings, class_weight="balanced" if balanced else None, seed=seed)
    _ = classifier.settings  # an invalid setting is reported before files are read
    reader, path = reading.reader(weight), resolve(file)
    texts = reader.read(path)
    classifier.start = READ_ALL.space(start) if start else None
    begun, split = time.perf_counter(), reader.kind_of(path) == "fasttext"
    _say_unsegmented(file, texts if split and settings.tokeniser == "auto" and not past else [])
    trials: list[dict[str, object]] = []
    if limits is not None:
        from align.classify.autotune import autotune as search

        classifier, found = search(classifier, texts, limits, name=file, split=split, report=_say_trial)
        trials = [trial._asdict() for trial in found]
    else:
        with stage_bars() as report:
            classifier.fit_texts(texts, name=file, split=split, past=begun_with.model, report=report)
    classifier.save(target)
    _report(classifier, target, len(texts), time.perf_counter() - begun, trials if json else None)


def _say_unsegmented(file: str, texts: "list[LabelledText]") -> None:
    """Say that texts are split at blanks, if most of them are Chinese text without blanks between its words."""
    from align.classify.tokens import is_unsegmented

    if is_unsegmented([text.text for text in texts]):
        say(
            f"align: {file}: most texts are Chinese without blanks between words, but fastText's format is split at "
            "blanks; --tokeniser characters splits them into characters"
        )


def _target(output: str, inputs: tuple[str, ...]) -> Path:
    """The file to write, checked; ``inputs`` are the files that are read."""
    target = output_file(output, ("",), inputs=inputs)
    if target.suffix == ".ftz":
        raise ValueError(f"{output}: .ftz files can be read but not written; .bin or another ending was expected")
    return target


class _Begun(NamedTuple):
    """The model that training continues from, if there is one, and the settings."""

    model: "LabelModel | None"
    settings: dict[str, Any]


def _past(past: str, options: ClassifierOptions, *, start: str, autotune: str) -> _Begun:
    """The model of --from and its settings.

    Raises:
        SettingError: an option has another value than the model.
        ValueError: an option would have no effect.
    """
    from align.classify.beginning import has_basis

    settings = asdict(options)
    if not past:
        refuse_unused(settings, {}, tuned=bool(autotune))
        return _Begun(None, settings)
    if start or autotune:
        raise ValueError(f"--{'start' if start else 'autotune'}: does not go together with --from")
    model = _open(past).model_
    features = model.features
    own = {} if has_basis(model) else {"dim": model.inputs.shape[1]}
    own |= {"word_ngrams": features.word_ngrams, "minn": features.minn}
    own |= {"maxn": features.maxn, "loss": model.loss, "tokeniser": model.tokeniser}
    own |= {"buckets": features.buckets} if features.buckets else {}
    for name, value in own.items():
        if settings[name] not in (value, getattr(DEFAULTS, name)):
            raise SettingError(name, settings[name], f"{past} has {value}, which --from keeps")
    refuse_unused(settings, own)
    return _Begun(model, settings | own)


def _report(
    classifier: "Classifier", target: Path, texts: int, seconds: float, trials: list[dict[str, object]] | None
) -> None:
    """Say what was trained, and write it as JSON if ``trials`` are given."""
    model = classifier.model_
    if target.suffix == ".bin" and model.tokeniser != "split":
        say(
            f"align: {target}: the format does not keep --tokeniser {model.tokeniser}; programs that read it split "
            "texts at blanks, so give them tokenised texts"
        )
    if trials is not None:
        write_json(
            {
                "model": str(target),
                "texts": texts,
                "labels": list(model.labels),
                "features": model.features.rows,
                "tokeniser": model.tokeniser,
                "validation": None if classifier.held_out_ is None else classifier.held_out_._asdict(),
                "trials": trials,
                "seconds": round(seconds, 3),
            }
        )
    counts = f"{number_of(texts, 'text')} with {number_of(len(model.labels), 'label')}"
    say(f"align: {target}: {counts}, {number_of(model.features.rows, 'feature')}, in {seconds:.1f} s")


def _say_trial(trial: "TuningTrial") -> None:
    """Say the accuracy, the size and the settings of a trial."""
    settings = ", ".join(f"{name} {value}" for name, value in trial.settings.items()) or "the given settings"
    say(f"align: p@1 {trial.accuracy:.4f} on held-out texts, a file of {size_text(trial.size)}: {settings}")


def evaluate(
    model: str, file: str, /, *, confusion: Maybe = "", reading: FileOptions = FILE, json: Flag = False
) -> None:
    """Score a classifier on labelled texts: accuracy, P@1, and precision, recall and F1 of each label.

    Accuracy is the share of texts with exactly the predicted labels, P@1 the share whose most probable label is right.

    **Examples**

        align classify test reviews.classifier reviews-test.txt
        align classify test reviews.classifier reviews-test.csv --text review --label stars --json
        align classify test topics.classifier topics-test.txt --confusion topics.png

    Args:
        model: A file made by `align classify train`, or fastText's .bin or .ftz.
        file: Labelled texts, as for `align classify train`.
        confusion: A PNG to draw the confusion matrix in.
        reading: How the file is read.
        json: Print one JSON document: accuracy, p@1, macro_f1, total, and labels with precision, recall, f1, support.
    """
    from align.catalogue import resolve

    picture = output_file(confusion, (".png",)) if confusion else None
    classifier = _open(model)
    scores = classifier.evaluate(reading.reader().read(resolve(file)))
    if picture is not None:
        from align.confusion_plot import draw_confusion

        draw_confusion(scores.confusion, classifier.model_.labels, picture, title=f"accuracy {scores.accuracy:.3f}")
        say(f"align: saved as {picture}")
    if json:
        write_json(scores.as_json())
        return
    rows = [(one.label, *(f"{x:.4f}" for x in one[1:4]), one.support) for one in scores.labels]
    write_table(("label", "precision", "recall", "f1", "texts"), rows)
    shares = f"accuracy {scores.accuracy:.4f}  p@1 {scores.first:.4f}  macro f1 {scores.macro_f1:.4f}"
    write(f"{shares}  {scores.total:,} texts")


def predict(model: str, text: StandardInput = STDIN, /, *, k: Count = 1, json: Flag = False) -> None:
    """Predict the labels of a text, or of each line of standard input.

    Each line of the output has the labels of a text and their probabilities, the most probable first.

    **Examples**

        align classify predict reviews.classifier "I liked every minute of it"
        align classify predict reviews.classifier - --json < lines.txt
        align classify predict topics.classifier -k 3 - < lines.txt

    Args:
        model: A file made by `align classify train`, or fastText's .bin or .ftz.
        text: A text; - reads one text a line from standard input.
        k: Number of labels to show.
        json: Print one JSON document: for each text whether the model knows a word of it, and its labels.
    """
    import numpy as np

    at_least(k, 1, "-k")
    classifier = _open(model)
    texts = list(_texts(text))
    found = classifier.model_
    bags = found.bags(texts)
    unknown = found.without_words(bags)
    for one, alone in zip(texts, unknown, strict=True):
        if alone:
            shown = one if len(one) <= _SHOWN else one[:_SHOWN] + "..."
            say(f"align: {shown!r} has no word of {model}; its labels are those of an empty text")
    probability = found.probabilities_of(found.bag_scores(bags))
    order = np.argsort(-probability, axis=1, kind="stable")[:, :k]
    best = [[(found.labels[i], float(row[i])) for i in chosen] for row, chosen in zip(probability, order, strict=True)]
    if json:
        write_json(
            [
                {"text": one, "known": not alone, "labels": [{"label": name, "probability": p} for name, p in pairs]}
                for one, alone, pairs in zip(texts, unknown, best, strict=True)
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


def quantise(
    model: str, /, *, output: Output, size: Maybe = "", texts: Maybe = "", files: FileOptions = FILE, json: Flag = False
) -> None:
    """Make the file of a classifier smaller, with nearly the same predictions.

    Only the most important words and n-grams are kept. Their vectors become one byte for every three dimensions.
    With the training texts, the words and n-grams that are left learn from them once more.

    **Examples**

        align classify quantise reviews.classifier -o small.classifier
        align classify quantise reviews.classifier -o small.classifier --texts reviews.txt
        align classify quantise reviews.classifier -o tiny.classifier --size 50k

    Args:
        model: A file made by `align classify train`, or fastText's .bin.
        output: The file to write.
        size: The largest size of the file, such as 500k or 2M; if not given, a tenth of the size of MODEL.
        texts: Labelled texts to train the smaller classifier with, best the training texts of MODEL.
        files: How the file of texts is read.
        json: Print one JSON document: the sizes of both files in bytes.
    """
    from align.classify.model_file import bytes_of

    target = output_file(output, ("",), inputs=(model, texts))
    if target.suffix in (".bin", ".ftz"):
        raise ValueError(
            f"{output}: a quantised classifier is not written in fastText's format; a name without {target.suffix} "
            "was expected"
        )
    limit = bytes_in(size)
    small = _open(model).quantised(limit, files.texts_of(texts))
    if limit is not None and bytes_of(small.model_) > limit:
        raise ValueError(f"--size {size}: too small; a file of one feature has {size_text(bytes_of(small.model_))}")
    small.save(target)
    sizes = [Path(path).expanduser().stat().st_size for path in (model, target)]
    if json:
        write_json({"model": str(target), "before": sizes[0], "bytes": sizes[1]})
    say(f"align: {target}: {size_text(sizes[1])}; {model} has {size_text(sizes[0])}")


COMMANDS = {
    "classify train": train,
    "classify test": evaluate,
    "classify predict": predict,
    "classify quantise": quantise,
}
