"""The two losses on one pair: probabilities, labelled examples, and the gradient derived and checked in three ways."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from experiments.network.layers import largest_difference
from experiments.report import Block, Cell, Heading, Paragraph, Section, Table
from experiments.word2vec_by_hand import losses
from experiments.word2vec_by_hand.sentence import counts_of, noise, pairs
from experiments.word2vec_by_hand.world import CENTRE, CONTEXT, NEGATIVES, RATE, World, dims, numbers


class NegativeGradients(NamedTuple):
    """The loss of negative sampling for one pair and its noise words, with its gradients by three computations.

    Attributes:
        loss: J.
        after: J after one step against the gradient.
        gradient: dJ/dv_c by the formula.
        table: dJ/dU by the formula.
        steps: dJ/dv_c by finite differences.
        by_jax: both gradients by automatic differentiation.
    """

    loss: float
    after: float
    gradient: Float[np.ndarray, " d"]
    table: Float[np.ndarray, "v d"]
    steps: Float[np.ndarray, " d"]
    by_jax: losses.ByJax

    @property
    def from_steps(self) -> float:
        """The largest difference of the formula from finite differences."""
        return largest_difference(self.gradient, self.steps)

    @property
    def from_jax(self) -> float:
        """The largest difference of both formulas from automatic differentiation."""
        return largest_difference((self.gradient, self.table), tuple(self.by_jax))

    @property
    def moved(self) -> int:
        """The number of rows of U whose gradient is not zero."""
        return int(np.any(self.by_jax.outer != 0, axis=1).sum())


def softmax_section(data: World) -> Section:
    """Returns the section on the softmax: P(w_j | w_c) for one pair, the loss, and its gradient in three ways."""
    v_c, o = data.inner[data.vocab.index[CENTRE]], data.vocab.index[CONTEXT]
    loss = losses.softmax_loss(v_c, data.outer, o)
    gradient = losses.softmax_gradient(v_c, data.outer, o)
    after = losses.softmax_loss(v_c - RATE * gradient, data.outer, o)
    by_jax, by_steps = _worst_softmax(data)
    blocks: tuple[Block, ...] = (
        Paragraph(
            f"For the pair ({CENTRE}, {CONTEXT}): how probable is “{CONTEXT}” as a neighbour of “{CENTRE}”, among all "
            f"{len(data.vocab)} words? `P(w_j | w_c) = exp(u_j·v_c) / Σᵢ exp(uᵢ·v_c)`. The loss is "
            f"`J = −log P(w_o | w_c)`, here **{loss:.4f}**."
        ),
        _softmax_table(data),
        Heading("Its gradient"),
        Paragraph("`J = −u_o·v_c + log Σ_j exp(u_j·v_c)`. The derivative with respect to v_c, term by term:"),
        Paragraph("`∂(−u_o·v_c)/∂v_c = −u_o`"),
        Paragraph("`∂(log Σ_j exp(u_j·v_c))/∂v_c = Σ_j exp(u_j·v_c) u_j / Σᵢ exp(uᵢ·v_c) = Σ_j P(w_j | w_c) u_j`"),
        Paragraph(
            "`∂J/∂v_c = −u_o + Σ_j P(w_j | w_c) u_j`: the expected vector minus the observed one (the gradient of log "
            "P is `u_o − Σ_j P u_j`). It is zero if the expectation equals the observation. In the same way "
            "`∂J/∂u_j = (P(w_j | w_c) − [j = o]) v_c`: one pair changes **every** row of U."
        ),
        _ways_table(
            f"∂J/∂v_c for ({CENTRE}, {CONTEXT}), computed in three ways.",
            ("−u_o + Σ P u_j", gradient),
            ("finite differences", losses.finite_differences(lambda x: losses.softmax_loss(x, data.outer, o), v_c)),
            ("jax.grad", losses.softmax_by_jax(v_c, data.outer, o).inner),
        ),
        Paragraph(
            f"Over all {len(pairs(data.slid))} pairs of the sentence, the formula of ∂J/∂v_c differs from finite "
            f"differences (h = {losses.STEP:g}) by at most {by_steps:.1e}, and both formulas differ from JAX (float32) "
            f"by at most {by_jax:.1e}. One step `v_c ← v_c − {RATE} ∂J/∂v_c` reduces the loss from {loss:.4f} to "
            f"{after:.4f}."
        ),
    )
    line = f"largest difference from finite differences {by_steps:.1e}, from jax.grad {by_jax:.1e}"
    return Section("The softmax loss and its gradient", blocks, (line,))


def _softmax_table(data: World) -> Table:
    """Returns score, exponential and probability of every word for the centre word."""
    v_c = data.inner[data.vocab.index[CENTRE]]
    scores, shares = data.outer @ v_c, losses.probabilities(v_c, data.outer)
    rows = tuple(
        (word, *numbers(data.outer[j]), float(scores[j]), float(np.exp(scores[j])), float(shares[j]))
        for j, word in enumerate(data.vocab)
    )
    caption = f"Softmax for the centre “{CENTRE}”; the marked row is the observed context word."
    columns = ("word j", *dims("u"), "u_j·v_c", "exp", "P")
    return Table(caption, columns, rows, marked=(data.vocab.index[CONTEXT],))


def _worst_softmax(data: World) -> tuple[float, float]:
    """Returns the largest difference of the formulas from JAX, and of dJ/dv_c from finite differences."""
    by_jax = by_steps = 0.0
    for centre, context in pairs(data.slid):
        v_c, o = data.inner[data.vocab.index[centre]], data.vocab.index[context]
        ours, theirs = losses.softmax_gradient(v_c, data.outer, o), losses.softmax_by_jax(v_c, data.outer, o)
        steps = losses.finite_differences(lambda x, o=o: losses.softmax_loss(x, data.outer, o), v_c)
        table = losses.softmax_outer_gradient(v_c, data.outer, o)
        by_jax = max(by_jax, largest_difference((ours, table), tuple(theirs)))
        by_steps = max(by_steps, largest_difference(ours, steps))
    return by_jax, by_steps


def negative_section(data: World) -> Section:
    """Returns the section on negative sampling: labelled examples, the loss, and its gradient in three ways."""
    rng = np.random.default_rng(data.seed + 1)
    window = next(w for w in data.slid if w.centre == CENTRE)
    draws = {context: data.draw(data.vocab.index[context], rng) for context in window.contexts}
    found = _negative_gradients(data, draws[CONTEXT])
    blocks: tuple[Block, ...] = (
        Paragraph(
            "The softmax needs every word of the vocabulary for every pair. **Negative sampling changes the task:** "
            "instead of “which of all words is the neighbour?” the question is “is this pair from the text, or is it "
            f"random?”, with the answer yes or no. Each pair of the text gets the label 1. It comes with {NEGATIVES} "
            "random pairs, the same centre with a noise word, which get the label 0. The model's prediction is "
            "`σ(u·v_c) = 1 / (1 + exp(−u·v_c))`."
        ),
        _noise_table(data),
        _examples_table(data, draws),
        Paragraph(
            "The loss of a pair and its noise words is `J = −log σ(u_o·v_c) − Σ_k log σ(−u_k·v_c)`. For "
            f"({CENTRE}, {CONTEXT}) it is **{found.loss:.4f}**."
        ),
        Heading("Its gradient"),
        Paragraph(
            "By `d log σ(x)/dx = 1 − σ(x)` and `σ(−x) = 1 − σ(x)`, the observed word contributes "
            "`−(1 − σ(u_o·v_c)) u_o` and each noise word `σ(u_k·v_c) u_k`. Both are `(σ(u·v_c) − label) u`, so "
            "`∂J/∂v_c = Σᵢ (σ(uᵢ·v_c) − labelᵢ) uᵢ` and `∂J/∂uᵢ = (σ(uᵢ·v_c) − labelᵢ) v_c`."
        ),
        _ways_table(
            f"∂J/∂v_c for ({CENTRE}, {CONTEXT}) and its noise words, computed in three ways.",
            ("Σ (σ − label) u", found.gradient),
            ("finite differences", found.steps),
            ("jax.grad", found.by_jax.inner),
        ),
        Paragraph(
            f"The formulas differ from finite differences by at most {found.from_steps:.1e}, from JAX by at most "
            f"{found.from_jax:.1e}. One step of rate {RATE} reduces the loss from {found.loss:.4f} to "
            f"{found.after:.4f}. It changes {found.moved} of the {len(found.table)} rows of U, while the softmax "
            "changes all of them. With a vocabulary of 100,000 words it changes no more rows."
        ),
    )
    line = f"largest difference from finite differences {found.from_steps:.1e}, from jax.grad {found.from_jax:.1e}"
    return Section("Negative sampling: another task", blocks, (line,))


def _negative_gradients(data: World, drawn: Int[np.ndarray, " n"]) -> NegativeGradients:
    """Computes the loss of the pair of the tables, with the noise words ``drawn``, and its gradients."""
    v_c, o = data.inner[data.vocab.index[CENTRE]], data.vocab.index[CONTEXT]
    gradient = losses.negative_gradient(v_c, data.outer, o, drawn)
    return NegativeGradients(
        loss=losses.negative_loss(v_c, data.outer, o, drawn),
        after=losses.negative_loss(v_c - RATE * gradient, data.outer, o, drawn),
        gradient=gradient,
        table=losses.negative_outer_gradient(v_c, data.outer, o, drawn),
        steps=losses.finite_differences(lambda x: losses.negative_loss(x, data.outer, o, drawn), v_c),
        by_jax=losses.negative_by_jax(v_c, data.outer, o, drawn),
    )


def _noise_table(data: World) -> Table:
    """Returns how often each word occurs in the text, and how often it is drawn as noise."""
    shares, counts = noise(data.vocab), counts_of(data.vocab)
    rows = tuple(
        (word, int(count), f"{float(count) ** 0.75:.3f}", float(count / counts.sum()), float(share))
        for word, count, share in zip(data.vocab, counts, shares, strict=True)
    )
    caption = (
        "Noise words are drawn in proportion to count^0.75: frequent words less often than they occur in the text."
    )
    return Table(caption, ("word", "count", "count^0.75", "share of the text", "share of the noise"), rows)


def _examples_table(data: World, draws: Mapping[str, Int[np.ndarray, " n"]]) -> Table:
    """Returns the labelled pairs of one window."""
    v_c = data.inner[data.vocab.index[CENTRE]]
    rows: list[tuple[Cell, ...]] = []
    seen: list[int] = []
    for context, drawn in draws.items():
        seen.append(len(rows))
        for label, row in ((1, data.vocab.index[context]), *((0, int(row)) for row in drawn)):
            word = str(data.vocab.words[row])
            chance = float(losses.sigmoid(data.outer[[row]] @ v_c)[0])
            rows.append((CENTRE, word, label, "observed" if label else "noise", chance, float(chance - label)))
    caption = (
        f"The window around “{CENTRE}” as labelled examples; the observed pairs are marked. A noise word is never the "
        "observed word itself, but it may be drawn twice, and it may be another word of the window."
    )
    columns = ("centre", "word", "label", "", "σ(u·v_c)", "σ − label")
    return Table(caption, columns, tuple(rows), marked=tuple(seen))


def _ways_table(caption: str, *ways: tuple[str, Float[np.ndarray, " d"]]) -> Table:
    """Returns one gradient with a row for each computation; the rows differ only in late decimals."""
    rows = tuple((name, *(f"{value:.8f}".replace("-", "−") for value in found)) for name, found in ways)
    return Table(caption, ("computation", *dims("g")), rows)
