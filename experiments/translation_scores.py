"""Translation in experiments: methods by name, scores in both directions of a split, percentages."""

from collections.abc import Sequence

from align.bilingual.dictionary.split import Split
from align.bilingual.fitting import METHODS
from align.bilingual.method import Method
from align.bilingual.translator import Translator
from align.evaluate.lexicon import Lexicon, evaluate

DIRECTIONS = {"en-zh": "English → Chinese", "zh-en": "Chinese → English"}
RETRIEVALS = {"nn": "nearest", "csls": "CSLS"}
TITLES = {"procrustes": "Procrustes", "least-squares": "least squares", "reweighted": "re-weighted", "mlp": "MLP"}


def methods_named(names: Sequence[str]) -> dict[str, Method]:
    """Returns the mapping methods of ``names`` with their default settings.

    Raises:
        ValueError: a name is not a method.
    """
    for name in names:
        if name not in METHODS:
            raise ValueError(f"{name!r} is not a method; choose from {', '.join(METHODS)}")
    return {name: METHODS[name]() for name in names}


def evaluate_both_ways(translator: Translator, split: Split) -> dict[str, Lexicon]:
    """Scores a translator on the test words of both directions, with its default retrieval."""
    return {"en-zh": evaluate(translator, split.test), "zh-en": evaluate(translator, split.reverse_test, reverse=True)}


def percent(share: float) -> str:
    """Formats a share as a percentage with one decimal.

    >>> percent(0.3456)
    '34.6'
    """
    return f"{100 * share:.1f}"
