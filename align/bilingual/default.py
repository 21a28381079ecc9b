"""The default translator: used if no translator is named, fitted on first use and stored in the cache.

There are two default translators. The full one is ``best``, which takes minutes to fit. The quick one is a re-weighted
linear map, which takes seconds to fit and is used until the full one is ready.
"""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from align.bilingual.translator import Translator
from align.cache import cache_folder
from align.message import one_line

if TYPE_CHECKING:
    from align.bilingual.dictionary.dictionary import Dictionary
    from align.bilingual.method import Method
    from align.progress import Report
    from align.space import Space

FULL = "Best(Ensemble, Reranking, SelfLearning, Unsupervised, few=300, many=4000)"
QUICK = "Reweighted(power=1.0)"
"""The settings of both translators as text, so that a cached translator is found without importing its method."""
ENGLISH, CHINESE, DICTIONARY = "googlenews-small", "chinese-synonym", "cedict"
FORMAT = 3
"""Version of the arrays of a fitted translator. Raise it when they change: a translator in the cache is then fitted
again. ``tests/bilingual/test_default.py`` compares the arrays with the arrays recorded for this version."""


class OpenedDefault(NamedTuple):
    """The default translator, whether it is the quick one, and notes for the user, one line each."""

    translator: Translator
    quick: bool
    notes: tuple[str, ...]


def default_path(method: "Method | str" = FULL) -> Path:
    """Returns the path of a default translator; its name depends on spaces, dictionary, settings and format."""
    recipe = f"{ENGLISH} {CHINESE} {DICTIONARY} {method} format {FORMAT}"
    return cache_folder() / "translators" / f"default-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}.align"


def make_default(path: Path, *, method: "Method | None" = None, report: "Report" = lambda *_: None) -> Translator:
    """Fetches the default spaces, fits the default translator on CC-CEDICT, and saves it at ``path``.

    The readings of its Chinese words are written to the cache as well. The test words of the default split are left
    out of the dictionary, so that the translator can be evaluated on them.

    Args:
      path: the file to write.
      method: the method to fit; None means ``Best()``.
      report: receives the stage, the steps done and the number of steps.

    Raises:
      CatalogueError: a space cannot be fetched.
      OSError: ``path`` cannot be written.
    """
    from align.bilingual.best import Best
    from align.bilingual.dictionary.dictionary import read_dictionary
    from align.bilingual.fitting import fit, with_means
    from align.catalogue import fetch
    from align.files import load
    from align.text.readings import keep_readings

    english = load(fetch(ENGLISH), name=ENGLISH)
    chinese = load(fetch(CHINESE), name=CHINESE).simplified()
    pairs = without_tests(read_dictionary(DICTIONARY), english, chinese)
    made = with_means(fit(english, chinese, pairs, method or Best(), report=report), report)
    made.save(path)
    keep_readings(made.target.vocab.words)
    return made


def open_default(*, quick: bool = False, report: "Report" = lambda *_: None) -> OpenedDefault:
    """Returns the default translator from the cache, or fits it.

    Args:
      quick: if the full translator has not been fitted yet, use the quick one instead.
      report: receives the progress of a fit.

    Raises:
      CatalogueError: a space cannot be fetched.
      OSError: the cache cannot be written.
    """
    notes: list[str] = []
    full = _from_cache(default_path(), notes)
    if full is not None:
        return OpenedDefault(full, False, tuple(notes))
    if not quick:
        return OpenedDefault(make_default(default_path(), report=report), False, tuple(notes))
    path = default_path(QUICK)
    found = _from_cache(path, notes)
    return OpenedDefault(found or _make_quick(path, report), True, tuple(notes))


def _make_quick(path: Path, report: "Report") -> Translator:
    from align.bilingual.supervised.linear import Reweighted

    return make_default(path, method=Reweighted(), report=report)


def _from_cache(path: Path, notes: list[str]) -> Translator | None:
    """Returns the translator at ``path``; None if there is none or the file is damaged, which adds a note."""
    if not path.exists():
        return None
    try:
        return Translator.load(path)
    except ValueError as error:
        notes.append(f"{one_line(error)}; it is fitted again")
        return None


def without_tests(dictionary: "Dictionary", english: "Space", chinese: "Space") -> "Dictionary":
    """Returns the covered pairs of ``dictionary`` without the test words of both directions of the default split.

    As in ``split``, words that differ only in script, case, width or apostrophes count as one word, and pairs with a
    test word in either column are left out.
    """
    from align.bilingual.dictionary.dictionary import word_keys
    from align.bilingual.dictionary.split import split

    cut = split(dictionary, english.vocab, chinese.vocab)
    covered = dictionary.covered(english.vocab, chinese.vocab).pairs
    key = word_keys([word for pair in covered for word in pair])
    held_out = {key(word) for word in (*cut.test.targets, *cut.reverse_test.targets)}
    kept = tuple(pair for pair in covered if not held_out.intersection(map(key, pair)))
    return replace(dictionary, pairs=kept, name=f"{dictionary.name} without test words")
