"""Checks of the settings that choose the contexts of a word."""

from align.checks import SettingError
from align.text.contexts import Features, Place

BIGRAM_MIN_COUNT = 10
"""The smallest count of a bigram that is a context, if no other is given."""


def check_features(features: Features, window: int, *, characters: Place, bigram_min_count: int) -> None:
    """Checks the contexts of a word.

    Raises:
        SettingError: ``characters`` is set but characters are no contexts, ``bigram_min_count`` is set but bigrams are
            none, or bigrams are contexts in a window of one word.
    """
    if characters != "window" and "character" not in features:
        raise SettingError("characters", characters, "the contexts have no characters: set --features word+character")
    if bigram_min_count != BIGRAM_MIN_COUNT and "ngram" not in features:
        problem = "the contexts have no bigrams: set --features word+ngram"
        raise SettingError("bigram_min_count", bigram_min_count, problem)
    if "ngram" in features and window < 2:
        raise SettingError("window", window, "must be at least 2, so that it holds bigrams")
