"""The translator that is used when none is named: made on first use, and kept in the cache."""

import hashlib
from dataclasses import replace
from pathlib import Path

from align.bilingual.best import Best
from align.bilingual.dictionary.dictionary import Dictionary, read_dictionary
from align.bilingual.dictionary.split import split
from align.bilingual.fitting import fit
from align.bilingual.mapping import Method
from align.bilingual.translator import Translator
from align.catalogue import cache_folder, fetch
from align.files import load
from align.progress import Report
from align.space import Space

ENGLISH, CHINESE, DICTIONARY = "googlenews-small", "chinese-synonym", "cedict"
_PACKAGE = Path(__file__).parents[1]
CODE = (_PACKAGE / "bilingual", _PACKAGE / "train", _PACKAGE / "retrieval.py", _PACKAGE / "largest.py")


def default_path(method: Method | None = None) -> Path:
    """Where the default translator is kept; other spaces, dictionary, settings or code give another name."""
    recipe = f"{ENGLISH} {CHINESE} {DICTIONARY} {method or Best()} {_code()}"
    return cache_folder() / "translators" / f"default-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}.align"


def _code() -> str:
    """A hash of the code that a translator comes from: the modules beside this one, training, retrieval."""
    files = [path for room in CODE for path in (sorted(room.rglob("*.py")) if room.is_dir() else (room,))]
    return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)).hexdigest()


def make_default(path: Path, *, method: Method | None = None, report: Report = lambda *_: None) -> Translator:
    """Fetch the default spaces, fit the default translator on CC-CEDICT, and keep it at ``path``.

    The test words of the usual split are left out of what it is fitted on, so that it may be judged on them.

    Raises:
        CatalogueError: a space cannot be fetched.
        OSError: ``path`` cannot be written.
    """
    english = load(fetch(ENGLISH), name=ENGLISH)
    chinese = load(fetch(CHINESE), name=CHINESE).simplified()
    pairs = without_tests(read_dictionary(DICTIONARY), english, chinese)
    made = fit(english, chinese, pairs, method or Best(), report=report)
    made.save(path)
    return made


def without_tests(dictionary: Dictionary, english: Space, chinese: Space) -> Dictionary:
    """The covered pairs of ``dictionary`` without the test words of either direction of the usual split."""
    cut = split(dictionary, english.vocab, chinese.vocab)
    kept = tuple(
        (source, target)
        for source, target in dictionary.covered(english.vocab, chinese.vocab).pairs
        if source not in cut.test.targets and target not in cut.reverse_test.targets
    )
    return replace(dictionary, pairs=kept, name=f"{dictionary.name} without test words")
