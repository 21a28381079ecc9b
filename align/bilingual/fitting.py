"""Fits a translator to two spaces and a dictionary."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import numpy as np
from jaxtyping import Float, Int

from align.bilingual.alignment_file import alignment_arrays, restored_alignment, views_text
from align.bilingual.best import Best
from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.dictionary.identical import identical
from align.bilingual.mapping import Alignment, Pairs
from align.bilingual.method import Fitted, MappingTask, Method, Progress, Watch, ignore
from align.bilingual.normalise import DEFAULT, Normaliser, check_steps, normaliser
from align.bilingual.placed_units import PlacedUnits
from align.bilingual.reranking.reranker import arrays_of, over_all_words
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
from align.retrieval import NEIGHBOURS, neighbourhood_means, nonzero_rows
from align.space import Space
from align.text.units import HashedNgrams
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


def pairs_of(dictionary: Dictionary, source: Vocab, target: Vocab) -> Pairs:
    """Returns the covered pairs of ``dictionary`` as row numbers, with weights 1 / sqrt(n_x n_y).

    n_x and n_y are the numbers of translations of the two words, so that words of many senses do not dominate the fit.

    Args:
        dictionary: word pairs.
        source: the source words.
        target: the target words.

    Raises:
        ValueError: the vocabularies cover no pair; the message states the coverage.

    Example:
        >>> pairs_of(Dictionary((("ox", "牛"), ("ox", "公牛"))), Vocab(["cow", "ox"]), Vocab(["牛", "公牛"])).source
        array([1, 1])
    """
    covered = dictionary.covered(source, target).pairs
    if not covered:
        raise ValueError(f"no pair to fit on; {dictionary.coverage(source, target)}")
    ones, others = zip(*covered, strict=True)
    rows, columns = source.ids(ones), target.ids(others)
    weight = (np.bincount(rows)[rows] * np.bincount(columns)[columns]) ** -0.5
    return Pairs(rows, columns, weight.astype(np.float32))


def first_words(dictionary: Dictionary, count: int, source: Vocab, target: Vocab) -> Dictionary:
    """Returns the covered pairs of the ``count`` most frequent covered source words, most frequent first.

    Raises:
        ValueError: ``count`` is below 1.
    """
    if count < 1:
        raise ValueError(f"first {count} words: must be at least 1")
    targets = dictionary.covered(source, target).targets
    words = sorted(targets, key=source.index.__getitem__)[:count]
    return replace(dictionary, pairs=tuple((word, other) for word in words for other in targets[word]))


def check_pairs(method: Method, dictionary: Dictionary) -> None:
    """Raises ValueError if ``method`` requires pairs and ``dictionary`` has none, or uses none and it has some."""
    name = type(method).__name__
    if method.uses_pairs == "required" and not dictionary.pairs:
        able = ", ".join(name for name, kind in METHODS.items() if kind.uses_pairs != "required")
        raise ValueError(f"{name} needs a dictionary with pairs; methods that need none: {able}")
    if method.uses_pairs == "none" and dictionary.pairs:
        raise ValueError(f"{name} uses no pairs, but a dictionary of {len(dictionary):,} pairs was given")


def training_pairs(method: Method, dictionary: Dictionary) -> Dictionary:
    """Returns ``dictionary``, or an empty dictionary for a method that uses no pairs."""
    return dictionary if method.uses_pairs != "none" else Dictionary(())


def fit(
    english: Space,
    chinese: Space,
    dictionary: Dictionary,
    method: Method,
    *,
    normalise: Sequence[str] = DEFAULT,
    seed: int = 0,
    report: Report = lambda *_: None,
    watch: Watch = ignore,
) -> Translator:
    """Fits ``method`` and returns a translator of both vocabularies.

    The Chinese vocabulary is simplified first. A word whose vector is zero, before or after normalisation, is
    ignored, and its point in the translator is zero.

    Args:
        english: the source space, shape (v, d).
        chinese: the target space, shape (w, e).
        dictionary: English-Chinese pairs; empty for methods that use none.
        method: the settings of a mapping method (``METHODS``).
        normalise: normalisation steps of both spaces.
        seed: seed of all random numbers.
        report: receives the stage, the steps done and the total number of steps.
        watch: receives the same, with the loss and the current alignment if the method has them.

    Returns:
        A translator. ``details["method"]`` and ``details["settings"]`` name the procedure that ran. After a fit without
        pairs, ``details["quality"]`` and ``details["chance_quality"]`` hold the map's quality and the quality
        that chance reaches; ``details["chance"]`` is "1" if the map is no better.

    Raises:
        ValueError: no covered pair, pairs for a method that uses none, an unknown normalisation step, a space without
            two different vectors, or training that diverges.

    Example:
        >>> vectors = np.array([[1, 0.1], [0.2, 1], [-1, 0.3], [0.1, -1]], np.float32)
        >>> english = Space(Vocab(["cow", "king", "water", "red"]), vectors)
        >>> chinese = Space(Vocab(["牛", "国王", "水", "红"]), vectors[:, ::-1].copy())
        >>> dictionary = Dictionary((("cow", "牛"), ("king", "国王"), ("water", "水")))
        >>> translator = fit(english, chinese, dictionary, Procrustes())
        >>> translator.translate(["red"], k=1)[0][0].word
        '红'
    """
    check_pairs(method, dictionary)
    chinese, normalise = chinese.simplified(), check_steps(normalise)
    norms = normaliser(english.vectors, normalise), normaliser(chinese.vectors, normalise)
    x, y = norms[0](english.vectors), norms[1](chinese.vectors)
    rows = _usable(english, x), _usable(chinese, y)
    task = _task(_taken(english.vocab, x, rows[0]), _taken(chinese.vocab, y, rows[1]), dictionary)

    def watched(progress: Progress) -> None:
        report(progress.stage, progress.step, progress.steps)
        watch(progress)

    fitted = method.fit(task, seed=seed, watch=watched)
    if fitted.points is None:
        source, target = fitted.alignment.place_source(x), fitted.alignment.place_target(y)
    else:
        source, target = _spread(fitted.points[0], rows[0], len(x)), _spread(fitted.points[1], rows[1], len(y))
    means = (None, None) if _needs_no_means(fitted, english, chinese) else _means(source, target, rows, report)
    made_of = {"dictionary": dictionary.name, "pairs": str(len(task.pairs.source)), "seed": str(seed)}
    details = _details(fitted) | made_of | {"normalise": ",".join(normalise)}
    arrays = alignment_arrays(fitted.alignment, norms)
    if fitted.reranker is not None:
        second = over_all_words(arrays_of(fitted.reranker), rows, (len(x), len(y)))
        arrays |= {f"{RERANKER}{name}": array for name, array in second.items()}
    spaces = _placed(english, source, arrays, details), _placed(chinese, target, arrays, details, reverse=True)
    return Translator(*spaces, *means, details, arrays)


def with_means(translator: Translator, report: Report = lambda *_: None) -> Translator:
    """Returns the translator with the CSLS means of all words, so that repeated CSLS searches do not compute them.

    Example:
        >>> from align import Space, Vocab
        >>> points = np.eye(2, dtype=np.float32)
        >>> made = Translator(Space(Vocab(["horse", "king"]), points), Space(Vocab(["马", "国王"]), points))
        >>> with_means(made).source_means.tolist()
        [0.5, 0.5]
    """
    index = translator.index.complete(progress=running_total(report, "neighbourhoods", len(translator.source)))
    return replace(translator, source_means=index.source_means, target_means=index.target_means)


def _needs_no_means(fitted: Fitted, *spaces: Space) -> bool:
    """Returns whether CSLS means can be computed later, by the searches that need them.

    The re-ranker has its own means. But words that are built from their parts are not re-ranked, so a space with
    n-grams needs means at once.
    """
    return fitted.reranker is not None and not any(isinstance(space.units, HashedNgrams) for space in spaces)


def _means(
    source: Float[np.ndarray, "v p"],
    target: Float[np.ndarray, "w p"],
    rows: tuple[Int[np.ndarray, " n"], Int[np.ndarray, " m"]],
    report: Report,
) -> tuple[Float[np.ndarray, " v"], Float[np.ndarray, " w"]]:
    """Returns the CSLS neighbourhood means of each side; the words that are not in ``rows`` have 0."""
    counted = running_total(report, "neighbourhoods", len(rows[0]))
    one, other = neighbourhood_means(_rows(source, rows[0]), _rows(target, rows[1]), NEIGHBOURS, progress=counted)
    return _spread(one, rows[0], len(source)), _spread(other, rows[1], len(target))


def _placed(
    space: Space,
    points: Float[np.ndarray, "v p"],
    arrays: dict[str, np.ndarray],
    details: dict[str, str],
    *,
    reverse: bool = False,
) -> Space:
    """Returns ``space`` with the vectors ``points``; if it has n-grams, they also place unseen words."""
    units = PlacedUnits(space.units, arrays, details, reverse) if isinstance(space.units, HashedNgrams) else None
    return Space(space.vocab, points, units, space.name)


def _usable(space: Space, vectors: Float[np.ndarray, "v d"]) -> Int[np.ndarray, " n"]:
    """Returns the rows whose normalised vector is not zero; raises ValueError unless two of them differ."""
    rows = np.flatnonzero(nonzero_rows(vectors))
    name = space.name or "the space"
    if not len(rows):
        same = "are zero" if not space.vectors.any() else "are the same"
        raise ValueError(f"{name}: all {len(space):,} vectors {same}; nothing can be mapped")
    if np.allclose(vectors[rows], vectors[rows[0]], rtol=1e-6, atol=0):
        raise ValueError(f"{name}: all {len(rows):,} vectors other than zero are the same; nothing can be mapped")
    return rows


def _rows(vectors: Float[np.ndarray, "v d"], rows: Int[np.ndarray, " n"]) -> Float[np.ndarray, "n d"]:
    return vectors if len(rows) == len(vectors) else vectors[rows]


def _taken(
    vocab: Vocab, vectors: Float[np.ndarray, "v d"], rows: Int[np.ndarray, " n"]
) -> tuple[Vocab, Float[np.ndarray, "n d"]]:
    """Returns the words and vectors of ``rows``; makes no copy if they are all rows."""
    return (vocab if len(rows) == len(vocab) else vocab.take(rows)), _rows(vectors, rows)


def _spread(values: Float[np.ndarray, "n *p"], rows: Int[np.ndarray, " n"], size: int) -> Float[np.ndarray, "v *p"]:
    """Returns ``size`` values or points: ``values`` at ``rows`` and 0 elsewhere."""
    if len(rows) == size:
        return values
    spread = np.zeros((size, *values.shape[1:]), np.float32)
    spread[rows] = values
    return spread


def _task(
    english: tuple[Vocab, Float[np.ndarray, "v d"]],
    chinese: tuple[Vocab, Float[np.ndarray, "w e"]],
    dictionary: Dictionary,
) -> MappingTask:
    (source, x), (target, y) = english, chinese
    spelt = identical(source, target)
    pairs, identical_pairs = (
        pairs_of(one, source, target) if one.pairs else Pairs.none() for one in (dictionary, spelt)
    )
    return MappingTask(source, target, x, y, pairs, identical_pairs)


def _details(fitted: Fitted) -> dict[str, str]:
    """Returns the entries of a translator's file that describe the procedure that ran."""
    details = {
        "method": type(fitted.method).__name__,
        "settings": json.dumps(asdict(fitted.method)),  # pyright: ignore[reportArgumentType, reportCallIssue]
        "views": views_text(fitted.alignment),
    }
    if fitted.quality is not None:
        details |= {
            "quality": f"{fitted.quality.value:.4f}",
            "chance_quality": f"{fitted.quality.threshold():.4f}",
            "chance": "1" if fitted.quality.is_chance() else "0",
        }
    return details


def alignment_of(translator: Translator) -> tuple[Alignment, Normaliser, Normaliser]:
    """Returns the alignment and the two normalisers of a translator, to place vectors of other words.

    Args:
        translator: a translator made by ``fit``.

    Returns:
        The alignment, the source normaliser and the target normaliser: ``alignment.place_source(norm(x))``.

    Raises:
        ValueError: the translator holds no mapping, or one of an unknown kind.

    Example:
        >>> vectors = np.array([[1, 0.1], [0.2, 1], [-1, 0.3], [0.1, -1]], np.float32)
        >>> english = Space(Vocab(["cow", "king", "water", "red"]), vectors)
        >>> chinese = Space(Vocab(["牛", "国王", "水", "红"]), vectors[:, ::-1].copy())
        >>> dictionary = Dictionary((("cow", "牛"), ("king", "国王"), ("water", "水")))
        >>> translator = fit(english, chinese, dictionary, Procrustes())
        >>> alignment, norm, _ = alignment_of(translator)
        >>> alignment.place_source(norm(english.vectors)).shape
        (4, 2)
    """
    return restored_alignment(translator.weights, translator.details)
