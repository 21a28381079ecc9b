"""What the layers of ELMo know: parts of speech from each layer and from their mixture, beside static vectors.

Claim: vectors of words in their sentences tell parts of speech better than static vectors of the same text, and the
weights of the mixture show which layer matters. Text: People's Daily of January 1998, with its own words and tags; an
encoder and skip-gram are trained on all of it, without the tags. A softmax classifier of single vectors is trained on
nine tenths of the sentences and tested on the others. Source: Peters et al. 2018, sections 5.3 and 5.4.
Command: ``python -m experiments.elmo [--words N] [--out FOLDER]``, N words of the text (0: all of them).
"""

import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Float32, Int
from rich.console import Console
from rich.table import Table

from align.catalogue import fetch
from align.encoder import Encoder
from align.evaluate.resampling import Interval, mean_interval
from align.message import one_line
from align.networks.mixture import Mixture
from align.plotting import sheet
from align.text.corpus import Corpus
from align.text.reading import texts_in
from align.train.elmo import ELMo
from align.train.models import train
from align.train.window_models import SGNS
from experiments.options import parse_run, refuse

WORDS = 300_000
LONGEST = 80
ENCODER = ELMo(dim=64, cells=128, epochs=3, rate=0.004, streams=32)
STATIC = SGNS(dim=128, epochs=5)
QUERIES = (("打", 1), ("打", 2))
_TAGGED = re.compile(r"\[?([^\s/]+)/([A-Za-z]+)\S*")
_STEPS = 400
_BATCH = 1024
_TRAIN_WORDS = 60_000
_TEST_WORDS = 20_000


class Tagged(NamedTuple):
    """A sentence: its words and the tag of each."""

    words: list[str]
    tags: list[str]


class Accuracy(NamedTuple):
    """The share of test words whose tag is right, with its interval."""

    name: str
    share: float
    interval: Interval


def tagged_sentences(most: int) -> list[Tagged]:
    """Returns the sentences of People's Daily of 2 to 80 words, up to about ``most`` words; 0: all."""
    found: list[Tagged] = []
    count = 0
    for path in texts_in(fetch("peoples-daily")):
        for line in path.read_text(encoding="utf-8").splitlines():
            pairs = _TAGGED.findall(line)
            if 2 <= len(pairs) <= LONGEST and (most == 0 or count < most):
                words, tags = zip(*pairs, strict=True)
                found.append(Tagged(list(words), [tag.lower()[:1] for tag in tags]))
                count += len(words)
    return found


def some(sentences: Sequence[Tagged], most: int) -> list[Tagged]:
    """Returns the first sentences of about ``most`` words."""
    ends = np.cumsum([len(one.words) for one in sentences])
    return list(sentences[: int(np.searchsorted(ends, most)) + 1])


def fit_tagger(
    layers: Float32[np.ndarray, "layers t d"], labels: Int[np.ndarray, " t"], classes: int, *, seed: int
) -> tuple[Callable[[Float32[np.ndarray, "layers t d"]], Int[np.ndarray, " t"]], Mixture]:
    """Trains a softmax classifier of the mixture of layers, whose weights it learns too.

    Returns:
        What gives the class of each word, and the mixture.
    """
    mean, scale = layers.mean(1, keepdims=True), layers.std(1, keepdims=True) + 1e-6
    weights: Any = (Mixture.uniform(len(layers)), jnp.zeros((layers.shape[2], classes)), jnp.zeros(classes))
    optimiser = optax.adam(optax.cosine_decay_schedule(0.02, _STEPS))

    def scores(weights: Any, x: Array) -> Float[Array, "t classes"]:
        mixture, weight, bias = weights
        return mixture(x) @ weight + bias

    def loss(weights: Any, x: Array, y: Array) -> Float[Array, ""]:
        return optax.softmax_cross_entropy_with_integer_labels(scores(weights, x), y).mean()

    @jax.jit
    def step(weights: Any, state: Any, x: Array, y: Array) -> Any:
        updates, state = optimiser.update(jax.grad(loss)(weights, x, y), state)
        return optax.apply_updates(weights, updates), state

    state, rng = optimiser.init(weights), np.random.default_rng(seed)
    for _ in range(_STEPS):
        at = rng.integers(layers.shape[1], size=_BATCH)
        weights, state = step(weights, state, jnp.asarray((layers[:, at] - mean) / scale), jnp.asarray(labels[at]))

    def predict(x: Float32[np.ndarray, "layers t d"]) -> Int[np.ndarray, " t"]:
        return np.asarray(scores(weights, jnp.asarray((x - mean) / scale))).argmax(1)

    return predict, weights[0]


def compare(
    sentences: list[Tagged], encoder: Encoder, corpus: Corpus, *, seed: int
) -> tuple[list[Accuracy], list[float]]:
    """Returns the accuracy of static vectors, of each layer and of the mixture; and the weights of the mixture."""
    split = len(sentences) * 9 // 10
    parts = some(sentences[:split], _TRAIN_WORDS), some(sentences[split:], _TEST_WORDS)
    names = sorted({tag for one in sentences for tag in one.tags})
    labels = [np.array([names.index(tag) for one in part for tag in one.tags]) for part in parts]
    encoded = [np.concatenate(encoder.encode([one.words for one in part]), axis=1) for part in parts]
    space = train(STATIC, corpus, seed=seed)
    rows = [space.vocab.ids([word for one in part for word in one.words]) for part in parts]
    vectors = np.concatenate([np.asarray(space.vectors), np.zeros((1, space.dim), np.float32)])
    static = [vectors[ids][None] for ids in rows]
    inputs = {"static vectors (skip-gram)": static}
    inputs |= {f"layer {j}": [x[j : j + 1] for x in encoded] for j in range(encoder.layers)}
    inputs["mixture of the layers"] = encoded
    found: list[Accuracy] = []
    weights: list[float] = []
    for name, (x, y) in inputs.items():
        predict, mixture = fit_tagger(x, labels[0], len(names), seed=seed)
        right = predict(y) == labels[1]
        found.append(Accuracy(name, float(right.mean()), mean_interval(right, seed=seed)))
        weights = np.asarray(mixture.weights).tolist()
    return found, weights


def neighbours(sentences: list[Tagged], encoder: Encoder, word: str, place: int, k: int = 3) -> tuple[str, list[str]]:
    """Returns the ``place``-th sentence with ``word``, and the k others in which its last layer is nearest."""
    holding = [one.words for one in sentences if word in one.words]
    if len(holding) <= place:
        return f"fewer than {place + 1} sentences have {word}", []
    points = np.stack(
        [layers[-1, words.index(word)] for words, layers in zip(holding, encoder.encode(holding), strict=True)]
    )
    points -= points.mean(0)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    order = np.argsort(-(points @ points[place]), kind="stable")
    nearest = [i for i in order.tolist() if i != place][:k]
    return around(holding[place], word), [around(holding[i], word) for i in nearest]


def around(words: list[str], word: str) -> str:
    """Returns a word with the words near it."""
    at = words.index(word)
    return "".join([*words[max(0, at - 6) : at], f"[{word}]", *words[at + 1 : at + 7]])


def main(argv: Sequence[str] | None = None) -> int:
    """Trains both models, prints the tables and draws the weights; the exit status."""
    description = (__doc__ or "").split("\n")[0]
    options = parse_run(argv, description, module="experiments.elmo", out="results/elmo", words=WORDS)
    try:
        sentences = tagged_sentences(options.words)
        corpus = Corpus.from_sentences(
            [one.words for one in sentences], min_count=2, name="peoples-daily", language="zh"
        )
        encoder = train(ENCODER, corpus, seed=options.seed)
        found, weights = compare(sentences, encoder, corpus, seed=options.seed)
        options.out.mkdir(parents=True, exist_ok=True)
        path = options.out / "layers.png"
        with sheet(path, 4.0, 3.0) as figure:
            axes = figure.add_subplot()
            axes.bar([f"layer {j}" for j in range(len(weights))], weights)
            axes.set_ylabel("weight in the mixture")
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    console = Console(width=120, highlight=False)
    table = Table("vectors", "parts of speech, % right", "95 % interval", title=f"{corpus.tokens:,} words")
    for name, share, interval in found:
        table.add_row(name, f"{100 * share:.1f}", f"{100 * interval.low:.1f} to {100 * interval.high:.1f}")
    console.print(table)
    console.print("weights of the layers: " + ", ".join(f"{weight:.2f}" for weight in weights))
    for word, place in QUERIES:
        query, nearest = neighbours(sentences, encoder, word, place)
        console.print(f"{query}\n    " + "\n    ".join(nearest))
    console.print(f"Figure: {path}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
