"""Classifier: a label for a text, fastText's model, with the interface of a scikit-learn estimator."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Shaped

from align.checks import check_seed
from align.classify.beginning import Start
from align.classify.examples import ClassWeight, checked, labelled_texts, labels_of_kind, several, weighted
from align.classify.fasttext_model import is_fasttext, read_fasttext_model, write_fasttext_model
from align.classify.growing import check_growing, grow
from align.classify.held_out import HeldOutResult, divide
from align.classify.metrics import ClassifierScores, decide, score
from align.classify.model import LabelModel, LossName
from align.classify.model_file import read_model, write_model
from align.classify.quantise import quantised
from align.classify.settings import ClassifierSettings
from align.classify.tokens import TokeniserName, tokeniser_of_texts
from align.classify.training import train_model
from align.classify.training_set import gold_labels, held_out_set, training_set
from align.message import number_of
from align.progress import Report
from align.space import Space
from align.text.labelled import LabelledText

_SETTINGS = tuple(field.name for field in fields(ClassifierSettings))
_LABEL_KIND = "label_kind"
"""The name of the kind of labels in a file: the character of their numpy type."""


@dataclass(eq=False, repr=False)
class Classifier:
    """A classifier of texts: the mean of the vectors of a text's features predicts its labels.

        P(y | text) = softmax_y <u_y, (1 / n) sum_i z_i>

    Features are words, hashed n-grams of words, and hashed character n-grams. It is a scikit-learn estimator, which
    ``clone``, ``Pipeline`` and ``cross_val_score`` take. As such it is not frozen: ``fit`` sets attributes.

    Args:
        dim: largest number of dimensions of the vectors. If it is at least the number of labels, or of labels - 1 with
            softmax, the vectors have only so many, because more would add nothing; but all ``dim`` with ``start``.
        epochs: how many times the texts are read.
        rate: learning rate at the beginning; it falls to 0.
        word_ngrams: largest number of words in an n-gram of words; 1: words only.
        minn: smallest number of characters in a character n-gram.
        maxn: largest number of characters in a character n-gram; 0: no character n-grams.
        buckets: number of hash values of n-grams; n-grams with the same hash value share a vector.
        min_count: words that occur less often are not features.
        min_ngram_count: n-grams that occur less often are not features.
        loss: ``softmax``, ``hs`` (hierarchical softmax, for very many labels), ``ns`` (negative sampling) or ``ova``
            (one-vs-all, for texts with several labels).
        negatives: number of noise labels of a batch with ``ns``.
        smoothing: with ``softmax``, the share of each text's weight that is divided equally among all labels.
        batch: largest number of texts in a step. With few texts, an epoch has about 64 steps, of at least 16 texts.
        workers: threads that share the work, each with a copy of the vectors.
        validation: share of the texts that are held out. The model of the best epoch on them is kept, and probabilities
            are calibrated on them (``held_out_`` has the results).
        patience: with ``validation``, epochs without a better accuracy before training stops.
        tokeniser: ``split`` (between blanks), ``english``, ``jieba`` or ``characters``; ``auto``: ``characters`` if
            most texts have hanzi, else ``english``.
        class_weight: a weight for each label, or ``balanced``: n / (l count) for a label with ``count`` of n texts.
        seed: decides all that is random, a whole number from 0 to 2^32 - 1.
        start: a space that gives the initial vectors of its words.
        frozen: with ``start``, the number of first epochs in which these vectors do not change.

    Source: A. Joulin, E. Grave, P. Bojanowski, T. Mikolov, Bag of Tricks for Efficient Text Classification, EACL 2017.

    But: batches of texts are shuffled in every epoch, a step has many texts, AdaGrad sets the learning rate of each
        row, and the vectors of the labels are fixed if there are at least as many dimensions.

    Example:
        >>> texts = ["a good film", "good fun", "a bad film", "bad and dull"]
        >>> found = Classifier(dim=4, word_ngrams=1, epochs=20).fit(texts, ["yes", "yes", "no", "no"])
        >>> found.predict(["good", "dull"]).tolist()
        ['yes', 'no']
    """

    dim: int = ClassifierSettings.dim
    epochs: int = ClassifierSettings.epochs
    rate: float = ClassifierSettings.rate
    word_ngrams: int = ClassifierSettings.word_ngrams
    minn: int = ClassifierSettings.minn
    maxn: int = ClassifierSettings.maxn
    buckets: int = ClassifierSettings.buckets
    min_count: int = ClassifierSettings.min_count
    min_ngram_count: int = ClassifierSettings.min_ngram_count
    loss: LossName = ClassifierSettings.loss
    negatives: int = ClassifierSettings.negatives
    smoothing: float = ClassifierSettings.smoothing
    batch: int = ClassifierSettings.batch
    workers: int = ClassifierSettings.workers
    validation: float = ClassifierSettings.validation
    patience: int = ClassifierSettings.patience
    frozen: int = ClassifierSettings.frozen
    tokeniser: TokeniserName | Literal["auto"] = "auto"
    class_weight: ClassWeight = None
    seed: int = 0
    start: Space | None = None

    def __repr__(self) -> str:
        given = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in fields(self)
            if self._differs(field.name, field.default)
        ]
        if "model_" in vars(self):
            given.append(f"{len(self.model_.labels)} labels, {number_of(self.model_.features.rows, 'feature')}")
        return f"Classifier({', '.join(given)})"

    def _differs(self, name: str, default: object) -> bool:
        value = getattr(self, name)
        return value is not default and value != default

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Returns the settings by name, as scikit-learn's estimators do."""
        del deep
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def set_params(self, **params: Any) -> "Classifier":
        """Changes settings, as scikit-learn's estimators do.

        Raises:
            ValueError: there is no such setting.
        """
        known = self.get_params()
        for name, value in params.items():
            if name not in known:
                raise ValueError(f"{name!r} is not a setting of Classifier; it has {', '.join(known)}")
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        """Returns the tags by which scikit-learn knows a classifier of texts."""
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(two_d_array=False, one_d_array=True, string=True),
        )

    def __sklearn_is_fitted__(self) -> bool:
        """Whether ``fit`` has run."""
        return "model_" in vars(self)

    @property
    def settings(self) -> ClassifierSettings:
        """The settings of training, checked.

        Raises:
            SettingError: a value is out of range.
        """
        return ClassifierSettings(**{name: getattr(self, name) for name in _SETTINGS})

    def fit(
        self, texts: Iterable[str], labels: Iterable[Any], sample_weight: Sequence[float] | None = None
    ) -> "Classifier":
        """Trains on labelled texts.

        Args:
            texts: the texts, n of them.
            labels: the label of each, or a list of labels for each.
            sample_weight: the weight of each text in the loss; None: all have weight 1.

        Returns:
            Itself.

        Raises:
            ValueError: as for ``examples.labelled_texts`` and ``examples.weighted``, or there is only one label.
            loop.DivergedError: the loss is not finite.
        """
        read, values = labelled_texts(texts, labels, sample_weight)
        self.fit_texts(read)
        self.classes_ = values
        return self

    def fit_more(
        self, texts: Iterable[str], labels: Iterable[Any], sample_weight: Sequence[float] | None = None
    ) -> "Classifier":
        """Continues training on new texts, which may have new words and new labels.

        Training may unlearn what the new texts contradict or do not repeat, so add some of the old texts.

        Returns:
            Itself.

        Raises:
            ValueError: as for ``fit``; or the labels have another type; or the classifier is not fitted, is quantised,
                or comes from fastText or a file of an earlier version; or it has the loss ``hs`` and a label is new.
        """
        past, known = self._fitted(), self.classes_
        read, values = labelled_texts(texts, labels, sample_weight)
        if values.dtype.kind != known.dtype.kind:
            raise ValueError(f"the labels have the type {values.dtype}; {known.dtype} was expected, as before")
        self.fit_texts(read, past=past)
        self.classes_ = np.union1d(known, values)
        return self

    def fit_texts(
        self,
        texts: list[LabelledText],
        *,
        name: str = "the texts",
        split: bool = False,
        past: LabelModel | None = None,
        deadline: float = float("inf"),
        report: Report = lambda *_: None,
    ) -> "Classifier":
        """Trains on the texts of a ``LabelledReader``.

        Args:
            texts: the texts.
            name: the name of the texts in messages.
            split: whether the tokeniser ``auto`` means ``split``, which suits texts in fastText's format.
            past: an earlier model to continue from; new words, n-grams and labels are added to its own.
            deadline: the value of ``time.perf_counter()`` after which training ends with the current segment.
            report: is called with the progress.

        Raises:
            ValueError: as for ``fit``.
        """
        check_seed(self.seed)
        before = None if past is None else past.tokeniser
        tokeniser = tokeniser_of_texts(self.tokeniser, [text.text for text in texts], split=split, before=before)
        settings = self.settings
        kept, apart = (texts, None) if not settings.validation else divide(texts, settings.validation, self.seed)
        kept = weighted(kept, self.class_weight, name)
        start: Start
        if past is None:
            given = training_set(kept, settings, tokeniser, name=name)
            start = self.start
        else:
            check_growing(past, settings, "the earlier model")
            given, start = grow(past, kept, settings)
        held_out = None if apart is None else held_out_set(apart, given, tokeniser, settings.patience)
        model, result = train_model(
            given,
            settings,
            tokeniser,
            seed=self.seed,
            start=start,
            held_out=held_out,
            deadline=deadline,
            report=report,
        )
        self.model_: LabelModel = model
        self.held_out_: HeldOutResult | None = result
        self.classes_: Shaped[np.ndarray, " l"] = np.array(sorted(model.labels))
        return self

    def _fitted(self) -> LabelModel:
        if "model_" not in vars(self):
            raise ValueError("this Classifier is not fitted; call fit first")
        return self.model_

    def predict_proba(self, texts: Iterable[str]) -> Float[np.ndarray, "n l"]:
        """Returns the probability of each of ``classes_`` for each text, shape (n, l).

        Raises:
            ValueError: the classifier is not fitted.
        """
        model = self._fitted()
        column = {label: number for number, label in enumerate(model.labels)}
        return model.probabilities(checked(texts))[:, [column[str(label)] for label in self.classes_]]

    def predict(self, texts: Iterable[str]) -> Shaped[np.ndarray, " n"]:
        """Returns the most probable label of each text, shape (n,).

        Raises:
            ValueError: the classifier is not fitted.
        """
        probability = self.predict_proba(texts)
        return self.classes_[probability.argmax(1)]

    def predict_labels(self, texts: Iterable[str]) -> list[list[str]]:
        """Returns the labels of each text with a probability above 1/2, best first; at least the best label."""
        model = self._fitted()
        probability = model.probabilities(checked(texts))
        decided = decide(probability, several=True)
        order = np.argsort(-probability, axis=1)
        return [[model.labels[i] for i in row if on[i]] for row, on in zip(order, decided, strict=True)]

    def score(self, texts: Iterable[str], labels: Iterable[Any], sample_weight: Sequence[float] | None = None) -> float:
        """Returns the share of texts whose most probable label is one of their gold labels (P@1)."""
        hits = [
            float(str(label) in map(str, several(gold)))
            for label, gold in zip(self.predict(texts), labels, strict=True)
        ]
        return float(np.average(hits, weights=sample_weight))

    def evaluate(self, texts: list[LabelledText]) -> ClassifierScores:
        """Returns the scores on the texts of a ``LabelledReader``.

        Raises:
            ValueError: a label was not in training; the message names file and line.
        """
        model = self._fitted()
        return score(gold_labels(texts, model.labels), model.probabilities([text.text for text in texts]), model.labels)

    def quantised(self, size: int | None = None, texts: list[LabelledText] | None = None) -> "Classifier":
        """Returns a classifier of quantised vectors (``classify.quantise``), trained further on ``texts``, if given."""
        kept = [] if texts is None else weighted(texts, self.class_weight, "the texts")
        model = quantised(self._fitted(), kept, self.settings, size=size, seed=self.seed)
        made = self.of(model, **asdict(self.settings), seed=self.seed)
        made.classes_ = self.classes_
        return made

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the fitted classifier to one file, whole or not at all; a name in .bin gives fastText's format.

        Raises:
            ValueError: the classifier is not fitted, or fastText's format cannot hold it.
            OSError: the file cannot be written.
        """
        settings = {**asdict(self.settings), "seed": self.seed, _LABEL_KIND: self.classes_.dtype.kind}
        write = write_fasttext_model if os.fspath(path).endswith(".bin") else write_model
        write(self._fitted(), path, settings)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Classifier":
        """Returns the classifier in a file, in the format of ``save`` or of fastText (``.bin`` or ``.ftz``).

        Labels have the type that they had in training; fastText's format has only strings.

        Raises:
            ValueError: the file is not a classifier, or is damaged.
            OSError: the file cannot be read.
        """
        model, settings = read_fasttext_model(path) if is_fasttext(path) else read_model(path)
        made = cls.of(model, **{name: value for name, value in settings.items() if name in {*_SETTINGS, "seed"}})
        try:
            made.classes_ = labels_of_kind(model.labels, str(settings.get(_LABEL_KIND)))
        except ValueError as error:
            raise ValueError(f"{path}: a damaged classifier ({error})") from error
        return made

    @classmethod
    def of(cls, model: LabelModel, **settings: Any) -> "Classifier":
        """Returns a fitted classifier that has ``model``."""
        made = cls(**settings, tokeniser=model.tokeniser)
        made.held_out_ = None
        made.model_ = model
        made.classes_ = np.array(sorted(model.labels))
        return made
