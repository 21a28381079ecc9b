"""From two spaces and a dictionary to a translator."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import jax.numpy as jnp
import numpy as np

from align.bilingual.dictionary import Dictionary
from align.bilingual.linear import LeastSquares, Procrustes
from align.bilingual.mapping import KINDS, Alignment, Method, Pairs, Progress, Watch
from align.bilingual.mapping import Mapping as VectorMap
from align.bilingual.mlp import MLP
from align.bilingual.normalise import DEFAULT, Normaliser, normaliser
from align.bilingual.translator import Translator
from align.retrieval import neighbourhood_means
from align.space import Space
from align.text.vocab import Vocab

METHODS: Mapping[str, type[Method]] = {"procrustes": Procrustes, "least-squares": LeastSquares, "mlp": MLP}
NEIGHBOURS = 10

Tell = Callable[[str, int, int], object]
"""Told the stage, how much of it is done, and of how much."""


def pairs_of(dictionary: Dictionary, source: Vocab, target: Vocab) -> Pairs:
    """The covered pairs of ``dictionary`` as row numbers, each pair weighing the same.

    Raises:
        ValueError: no pair is covered; the message is the coverage.
    """
    covered = dictionary.covered(source, target).pairs
    if not covered:
        raise ValueError(f"no pair to fit on; {dictionary.coverage(source, target)}")
    ones, others = zip(*covered, strict=True)
    return Pairs(source.ids(ones), target.ids(others), np.ones(len(covered), np.float32))


def fit(
    english: Space,
    chinese: Space,
    dictionary: Dictionary,
    method: Method,
    *,
    normalise: Sequence[str] = DEFAULT,
    seed: int = 0,
    tell: Tell = lambda *_: None,
    watch: Watch = lambda _: None,
) -> Translator:
    """Fit ``method`` on the pairs that both spaces cover, place both vocabularies, and compute CSLS's means once.

    The Chinese vocabulary is made simplified first. ``tell`` is called with the stage and how far it is,
    ``watch`` with every report of a method that takes steps.

    Raises:
        ValueError: no covered pair, an unknown normalisation, or training that diverges.
    """
    chinese = chinese.simplified()
    pairs = pairs_of(dictionary, english.vocab, chinese.vocab)
    norms = normaliser(english.vectors, normalise), normaliser(chinese.vectors, normalise)
    x, y = norms[0](english.vectors), norms[1](chinese.vectors)

    def told(progress: Progress) -> None:
        tell("training", progress.step, progress.steps)
        watch(progress)

    alignment = method.fit(x, y, pairs, seed=seed, watch=told)
    source, target = alignment.place_source(x), alignment.place_target(y)
    done = 0

    def counted(rows: int) -> None:
        nonlocal done
        done += rows
        tell("neighbourhoods", done, len(source))

    means = neighbourhood_means(source, target, NEIGHBOURS, progress=counted)
    details = {
        "method": type(method).__name__,
        "settings": json.dumps(asdict(method)),  # pyright: ignore[reportArgumentType, reportCallIssue]
        "dictionary": dictionary.name,
        "pairs": str(len(pairs.source)),
        "seed": str(seed),
        "normalise": ",".join(normalise),
    }
    spaces = Space(english.vocab, source, name=english.name), Space(chinese.vocab, target, name=chinese.name)
    return Translator(*spaces, *means, details, _weights(alignment, norms))


def _weights(alignment: Alignment, norms: tuple[Normaliser, Normaliser]) -> dict[str, np.ndarray]:
    """The arrays of an alignment and its normalisers by name, for a translator's file."""
    kinds = {cls: kind for kind, cls in KINDS.items()}
    arrays: dict[str, np.ndarray] = {}
    for side, mapping in zip(("forward", "backward"), alignment, strict=True):
        if mapping is not None:
            parts = vars(mapping)
            arrays |= {f"{side}.{kinds[type(mapping)]}.{name}": np.asarray(parts[name]) for name in parts}
    for side, norm in zip(("source", "target"), norms, strict=True):
        arrays |= {f"{side}.mean.{i}": mean for i, mean in enumerate(norm.means)}
    return arrays


def alignment_of(translator: Translator) -> tuple[Alignment, Normaliser, Normaliser]:
    """The mappings and normalisers of a translator, to place new vectors: ``alignment.place_source(norm(x))``.

    Raises:
        ValueError: the translator holds no mapping, or one of a kind that is not known.
    """
    steps = tuple(step for step in translator.details.get("normalise", "").split(",") if step)
    sides: dict[str, Any] = {"forward": None, "backward": None}
    for side in sides:
        parts = {
            tuple(name.split(".")[1:]): jnp.asarray(array)
            for name, array in translator.weights.items()
            if name.startswith(f"{side}.")
        }
        if parts:
            kind = next(iter(parts))[0]
            if kind not in KINDS:
                raise ValueError(f"the translator's mapping is of kind {kind!r}; known are {', '.join(KINDS)}")
            sides[side] = KINDS[kind](**{name: array for (_, name), array in parts.items()})
    if not isinstance(sides["forward"], VectorMap):
        raise ValueError("the translator holds no mapping")  # noqa: TRY004
    centres = steps.count("centre")
    norms = [
        Normaliser(steps, tuple(translator.weights[f"{side}.mean.{i}"] for i in range(centres)))
        for side in ("source", "target")
    ]
    return Alignment(sides["forward"], sides["backward"]), norms[0], norms[1]
