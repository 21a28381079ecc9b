"""Checks of the settings that choose the contexts of a word."""

from align.text.contexts import Features, Place
from align.train.model import SettingError


def check_features(features: Features, window: int, *, characters: Place) -> None:
    """Checks the contexts of a word.

    Raises:
        SettingError: characters of the word itself without characters, or bigrams in a window of one word.
    """
    if characters != "window" and "character" not in features:
        raise SettingError("characters", characters, f"features {features} have no characters")
    if "ngram" in features and window < 2:
        raise SettingError("window", window, "must be at least 2, so that it holds bigrams")
