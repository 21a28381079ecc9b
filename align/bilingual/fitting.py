"""From two spaces and a dictionary to a translator."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial

import jax.numpy as jnp
import numpy as np

from align.bilingual.best import Best
from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.dictionary.identical import NAME as ALIKE
from align.bilingual.dictionary.identical import identical
from align.bilingual.mapping import KINDS, Alignment, Method, Pairs, Progress, View, Watch
from align.bilingual.mapping import Mapping as VectorMap
from align.bilingual.normalise import DEFAULT, Normaliser, check_steps, normaliser
from align.bilingual.reranking.cross_fitting import language_words
from align.bilingual.reranking.reranker import arrays_of
from align.bilingual.supervised.contrastive import Contrastive
from align.bilingual.supervised.geomm import GeoMM
from align.bilingual.supervised.kernel import Ensemble, KernelRidge
from align.bilingual.supervised.linear import LeastSquares, Procrustes, Reweighted
from align.bilingual.supervised.mlp import MLP
from align.bilingual.supervised.rcsls import RCSLS
from align.bilingual.supervised.vecmap import CCA, VecMap
from align.bilingual.translator import RERANKER, Translator
from align.bilingual.unsupervised.refinement import Refined
from align.bilingual.unsupervised.self_learning import SelfLearning
from align.bilingual.unsupervised.unsupervised import Unsupervised
from align.progress import Report, running_total
from align.retrieval import NEIGHBOURS, neighbourhood_means
from align.space import Space
from align.text.vocab import Vocab

METHODS: Mapping[str, type[Method]] = {
    "best": Best,
    "procrustes": Procrustes,
    "least-squares": LeastSquares,
    "reweighted": Reweighted,
    "mlp": MLP,
    "kernel-ridge": KernelRidge,
    "ensemble": Ensemble,
    "vecmap": VecMap,
    "cca": CCA,
    "geomm": GeoMM,
    "rcsls": RCSLS,
    "contrastive": Contrastive,
    "refined": Refined,
    "self-learning": SelfLearning,
    "unsupervised": Unsupervised,
}
FROM_NOTHING: tuple[type[Method], ...] = (Best, Unsupervised)
"""The methods that need no dictionary."""


def pairs_of(dictionary: Dictionary, source: Vocab, target: Vocab) -> Pairs:
    """The covered pairs of ``dictionary`` as row numbers; a pair weighs 1 / sqrt(n_x n_y).

    n_x and n_y are how many translations its two words have: a word of many senses should not outvote the others.


    Raises:
        ValueError: no pair is covered; the message is the coverage.
    """
    covered = dictionary.covered(source, target).pairs
    if not covered:
        raise ValueError(f"no pair to fit on; {dictionary.coverage(source, target)}")
    ones, others = zip(*covered, strict=True)
    rows, columns = source.ids(ones), target.ids(others)
    weight = (np.bincount(rows)[rows] * np.bincount(columns)[columns]) ** -0.5
    return Pairs(rows, columns, weight.astype(np.float32))


def _given(dictionary: Dictionary, method: Method, source: Vocab, target: Vocab) -> Pairs:
    """The pairs to fit ``method`` on: none of an empty dictionary, where the method can do without."""
    if dictionary.pairs:
        return pairs_of(dictionary, source, target)
    if type(method) not in FROM_NOTHING:
        able = ", ".join(name for name, kind in METHODS.items() if kind in FROM_NOTHING)
        raise ValueError(f"{type(method).__name__} needs a dictionary with pairs in it; without one: {able}")
    return Pairs.none()


def _fitter(method: Method, source: Vocab, target: Vocab) -> Callable[..., Alignment]:
    """``fit`` of ``method``, told of the words written alike where it can start from them."""
    if not isinstance(method, SelfLearning | Unsupervised):
        return method.fit
    shared = identical(source, target)
    return partial(method.fit, alike=pairs_of(shared, source, target) if shared.pairs else None)


def first_words(dictionary: Dictionary, count: int, source: Vocab, target: Vocab) -> Dictionary:
    """The covered pairs of the ``count`` most frequent covered source words, most frequent first.

    Raises:
        ValueError: ``count`` is below 1.
    """
    if count < 1:
        raise ValueError(f"the first {count} words were asked for; at least 1 was expected")
    targets = dictionary.covered(source, target).targets
    words = sorted(targets, key=source.index.__getitem__)[:count]
    return replace(dictionary, pairs=tuple((word, other) for word in words for other in targets[word]))


def fit(
    english: Space,
    chinese: Space,
    dictionary: Dictionary,
    method: Method,
    *,
    normalise: Sequence[str] = DEFAULT,
    seed: int = 0,
    report: Report = lambda *_: None,
    watch: Watch = lambda _: None,
) -> Translator:
    """Fit ``method`` on the pairs that both spaces cover, place both vocabularies, and compute CSLS's means once.

    ``Best`` is what ``Best.suited`` and ``Best.rival`` make of it; ``details`` name that.
    The Chinese vocabulary is made simplified first. ``report`` is called with the stage and how far it is,
    ``watch`` with every report of a method that takes steps.

    Raises:
        ValueError: no covered pair, an unknown normalisation, or training that diverges.
    """
    chinese, normalise = chinese.simplified(), check_steps(normalise)
    pairs = _given(dictionary, method, english.vocab, chinese.vocab)
    if isinstance(method, Best):
        method = method.suited(pairs, alike=dictionary.name == ALIKE)
    norms = normaliser(english.vectors, normalise), normaliser(chinese.vectors, normalise)
    x, y = norms[0](english.vectors), norms[1](chinese.vectors)

    def told(progress: Progress) -> None:
        report("training", progress.step, progress.steps)
        watch(progress)

    if isinstance(method, Best):
        method = method.rival(x, y, pairs, seed=seed, watch=lambda one: report("trying out", one.step, one.steps))
    alignment = _fitter(method, english.vocab, chinese.vocab)(x, y, pairs, seed=seed, watch=told)
    source, target = alignment.place_source(x), alignment.place_target(y)
    counted = running_total(report, "neighbourhoods", len(source))
    means = neighbourhood_means(source, target, NEIGHBOURS, progress=counted)
    details = {
        "method": type(method).__name__,
        "settings": json.dumps(asdict(method)),  # pyright: ignore[reportArgumentType, reportCallIssue]
        "dictionary": dictionary.name,
        "pairs": str(len(pairs.source)),
        "seed": str(seed),
        "normalise": ",".join(normalise),
        "views": _kinds(alignment),
    }
    weights = _weights(alignment, norms)
    if isinstance(method, Best):
        words = (
            language_words(english.vocab.words, x, chinese=False),
            language_words(chinese.vocab.words, y, chinese=True),
        )
        reranker = method.second.train(
            *words, pairs, (source, target), method.first, seed=seed, report=partial(report, "re-ranking")
        )
        weights |= {f"{RERANKER}{name}": array for name, array in arrays_of(reranker).items()}
    spaces = Space(english.vocab, source, name=english.name), Space(chinese.vocab, target, name=chinese.name)
    return Translator(*spaces, *means, details, weights)


def _weights(alignment: Alignment, norms: tuple[Normaliser, Normaliser]) -> dict[str, np.ndarray]:
    """The arrays of an alignment and its normalisers by name, for a translator's file."""
    arrays: dict[str, np.ndarray] = {}
    for i, view in enumerate(alignment.views):
        for side, mapping in (("source", view.source), ("target", view.target)):
            arrays |= {f"{i}.{side}.{name}": np.asarray(array) for name, array in vars(mapping).items()}
    for side, norm in zip(("source", "target"), norms, strict=True):
        arrays |= {f"{side}.mean.{i}": mean for i, mean in enumerate(norm.means)}
    return arrays


def _kinds(alignment: Alignment) -> str:
    """The kinds of the maps of each view and its weight, as JSON."""
    names = {cls: kind for kind, cls in KINDS.items()}
    return json.dumps([[names[type(view.source)], names[type(view.target)], view.weight] for view in alignment.views])


def alignment_of(translator: Translator) -> tuple[Alignment, Normaliser, Normaliser]:
    """The mappings and normalisers of a translator, to place new vectors: ``alignment.place_source(norm(x))``.

    Raises:
        ValueError: the translator holds no mapping, or one that is not of a known kind.
    """
    weights, details = translator.weights, translator.details

    def mapping(kind: str, prefix: str) -> VectorMap:
        parts = {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}
        return KINDS[kind](**{name: jnp.asarray(array) for name, array in parts.items()})

    try:
        views = tuple(
            View(mapping(one, f"{i}.source."), mapping(other, f"{i}.target."), float(weight))
            for i, (one, other, weight) in enumerate(json.loads(details["views"]))
        )
        steps = tuple(step for step in details["normalise"].split(",") if step)
        means = [[weights[f"{side}.mean.{i}"] for i in range(steps.count("centre"))] for side in ("source", "target")]
    except (KeyError, ValueError, TypeError) as error:
        raise ValueError(f"the translator does not hold its mapping ({error!r})") from error
    return Alignment(views), Normaliser(steps, tuple(means[0])), Normaliser(steps, tuple(means[1]))
