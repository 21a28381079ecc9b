"""Checks of the settings that choose the contexts of a word."""

from align.checks import SettingError
from align.text.contexts import Features, Place


def check_features(features: Features, window: int, *, characters: Place) -> None:
    """Checks the contexts of a word.

    Raises:
        SettingError: ``characters`` is set but characters are no contexts, or bigrams are contexts in a window of one
            word.
    """
    if characters != "window" and "character" not in features:
        raise SettingError("characters", characters, "the contexts have no characters: set --features word+character")
    if "ngram" in features and window < 2:
        raise SettingError("window", window, "must be at least 2, so that it holds bigrams")
