"""Texts as attention-weighted means of their words, and the words that decide, in both languages."""

from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from align.classify.beginning import first_vectors
from align.classify.settings import ClassifierSettings
from align.classify.training_set import training_set
from align.plotting import CHINESE, ENGLISH, INK, SOFT, sheet
from align.space import Space
from align.text.labelled import LabelledText
from align.text.vocab import Vocab
from align.train.batchers.labelled import LabelBatch, LabelBatcher
from align.train.config import TrainingConfig
from align.train.loop import run
from align.train.objective import Loss, Objective, Parameters
from align.train.sources.labelled import LabelledSource, rounded_up
from experiments.report import Figure, Paragraph, Section, Table
from experiments.transfer.languages import BEST, NAMES, Sides
from experiments.transfer.reviews import BAD, GOOD, accuracy, rows_for

_EPOCHS, _RATE, _BATCH = 8, 0.01, 256
_SHORT = (8, 18)


class Attention(Objective):
    """Loss of the labels of a text given x = sum_i a_i z_i with a = softmax(<q, z_i>), over frozen rows z.

    The dense weights are the query q and the vectors u of the labels; the score of a label is <u, x>.

    Source: Z. Yang et al., Hierarchical Attention Networks for Document Classification, NAACL 2016, section 2.2.
    But: there is one level of attention, and the query is compared with the row of a word, not with a hidden state.
    """

    points: Float[Array, "v d"]
    labels: int = eqx.field(static=True)

    def init(self, *, key: Key[Array, ""]) -> Parameters:
        """Returns zeros: every word has the same weight and every label the same score."""
        del key
        d = self.points.shape[1]
        return Parameters({}, {"query": jnp.zeros(d), "label": jnp.zeros((self.labels, d))})

    def loss(self, rows: dict[str, Any], dense: Any, batch: LabelBatch, *, key: Key[Array, ""]) -> Loss:
        """Returns the cross-entropy of a batch."""
        del rows, key
        z = self.points[batch.ids]
        logits = z @ dense["query"]
        weight = (batch.counts * jnp.exp(logits - jax.lax.stop_gradient(logits.max())))[:, :, None]
        each = jnp.concatenate([weight * (z @ dense["label"].T), weight], axis=2).sum(1)
        sums = jnp.zeros((len(batch.share) + 1, self.labels + 1)).at[batch.owner].add(each, indices_are_sorted=True)
        scores = sums[:-1, :-1] / jnp.maximum(sums[:-1, -1:], 1e-30)
        own = jnp.take_along_axis(scores, jnp.maximum(batch.labels, 0), axis=1)[:, 0]
        value = jnp.sum(batch.weight * (jax.nn.logsumexp(scores, axis=1) - own))
        return Loss(value, {}, jnp.sum(batch.weight))


class TrainedAttention(NamedTuple):
    """A trained attention: the query, the vectors of the labels, and the names of the labels."""

    query: Float[np.ndarray, " d"]
    label: Float[np.ndarray, "l d"]
    names: tuple[str, ...]


class Decision(NamedTuple):
    """The words of a text, their contributions to the score of good minus bad, its label, and the predicted label."""

    words: list[str]
    parts: Float[np.ndarray, " t"]
    label: str
    answer: str


def attend(texts: list[LabelledText], rows: Float[np.ndarray, "v d"], vocab: Vocab, *, seed: int) -> TrainedAttention:
    """Trains the attention on texts; ``rows`` are the vectors of the words of ``vocab``."""
    given = training_set(texts, ClassifierSettings(dim=rows.shape[1], word_ngrams=1), "split")
    size = rounded_up(given.features.rows)
    first = first_vectors(given.features, size, rows.shape[1], Space(vocab, rows))
    if first is None:
        raise ValueError("attention needs the vectors of words")
    objective = Attention(jnp.nan_to_num(first), len(given.labels))
    source = LabelledSource(LabelBatcher(), given.data, _EPOCHS, seed, _BATCH)
    state, _ = run(objective, source, TrainingConfig(_RATE), key=jax.random.key(seed))
    dense = state.parameters.dense
    return TrainedAttention(np.asarray(dense["query"]), np.asarray(dense["label"]), given.labels)


def decide(found: TrainedAttention, text: LabelledText, rows: Float[np.ndarray, "v d"], vocab: Vocab) -> Decision:
    """Returns the contribution of each word of a text to its score; ``parts`` sum to the score."""
    words = text.text.split(" ")
    z = rows[vocab.ids(words)]
    logits = z @ found.query
    weight = np.exp(logits - logits.max())
    sign = np.array([1 if name == GOOD else -1 for name in found.names])
    parts = weight / weight.sum() * (z @ (sign @ found.label))
    return Decision(words, parts, text.labels[0], GOOD if parts.sum() > 0 else BAD)


def examples(decisions: list[Decision]) -> list[Decision]:
    """Returns for each label a short, correctly classified text whose score is at the upper quartile."""
    short = [decision for decision in decisions if _SHORT[0] <= len(decision.words) <= _SHORT[1]]
    chosen: list[Decision] = []
    for label in (GOOD, BAD):
        own = [decision for decision in short if decision.label == decision.answer == label]
        own.sort(key=lambda decision: -abs(float(decision.parts.sum())))
        chosen += own[len(own) // 4 :][:1]
    return chosen


def draw(decisions: list[tuple[str, Decision]], path: Path) -> Path:
    """Draws the contribution of each word to the score of its text as bars; returns the path of the picture."""
    with sheet(path, 7.6, 2.3 * len(decisions)) as figure:
        for axes, (language, decision) in zip(np.ravel(figure.subplots(len(decisions), 1)), decisions, strict=True):
            colours = [ENGLISH if part > 0 else CHINESE for part in decision.parts]
            axes.bar(range(len(decision.words)), decision.parts, color=colours, width=0.7)
            axes.axhline(0, color=SOFT, linewidth=0.8)
            axes.set_xticks(range(len(decision.words)), decision.words, rotation=40, ha="right", fontsize=8, color=INK)
            axes.set_title(f"{language}, a review labelled {decision.label}", loc="left", fontsize=9)
            axes.tick_params(length=0, labelsize=8)
            axes.spines[["top", "right", "bottom"]].set_visible(False)
    return path


def section(both: list[Sides], out: Path, *, seed: int) -> Section:
    """Runs this part of the report in both directions and returns its section."""
    rows: list[tuple[str, str, str, str]] = []
    shown: list[tuple[str, Decision]] = []
    for sides in both:
        parts = (
            (sides.source, sides.source_reviews, sides.source_space),
            (sides.target, sides.target_reviews, sides.target_space),
        )
        tables = [rows_for(BEST, given.train, space) for _, given, space in parts]
        found = attend(sides.source_reviews.train, tables[0], sides.source_space.vocab, seed=seed)
        cells: list[str] = []
        for (language, given, space), table in zip(parts, tables, strict=True):
            decisions = [decide(found, text, table, space.vocab) for text in given.test]
            scores = np.array([decision.parts.sum() for decision in decisions])
            cells.append(f"{accuracy(scores, given.test):.1f}")
            shown += [(NAMES[language], decision) for decision in examples(decisions)] if sides.source == "en" else []
        rows.append((NAMES[sides.source], NAMES[sides.target], cells[0], cells[1]))
    blocks = (
        Paragraph(
            "A learned query q gives each word of a text the weight softmax ⟨q, z⟩ instead of 1/n. The query and the "
            "vectors of the labels are learned in one language and used in the other. The score of a text is a sum "
            "over its words, so the contribution of each word to the decision is exact."
        ),
        Table(
            f"Learned attention over rows of the kind “{BEST}”: accuracy, %.",
            ("language with labels", "language without", "test, with labels", "test, without labels"),
            tuple(rows),
        ),
        Figure(
            draw(shown, out / "deciding.png"),
            "The words that decide: the contribution of each to good (up) or bad (down), learned from English labels.",
            "Bars for the words of two English and two Chinese reviews.",
        ),
    )
    summary = "; ".join(f"{row[0]} to {row[1]}: {row[3]} %" for row in rows)
    return Section("Attention over words, and the words that decide", blocks, (summary,))
