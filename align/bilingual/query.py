"""Typed words and phrases as queries of a translator, with their direction and their form in the vocabulary."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from align.bilingual.translator import Candidate, Retrieval, Translator
from align.space import BUILT, Space, check_vectors, unknown
from align.text.chinese import simplify_all
from align.text.forms import find_form, is_word

_WORD = re.compile(r'"([^"]*)"|“([^”]*)”|「([^」]*)」|([^\s,;，；、。]+)')
_INSIDE = re.compile(r"[\s_-]+")
MEAN = "mean of its words"
"""The reason given for a phrase that has no single token in the vocabulary."""


class Query(NamedTuple):
    """A typed word or phrase.

    Args:
      word: the typed text.
      form: the form to look up; "" if none is known.
      why: how ``form`` differs from ``word``; "" if it does not.
      reverse: whether the word is of the second language, Chinese.
      parts: for a phrase that is not one token, the words whose mean is looked up.
    """

    word: str
    form: str
    why: str
    reverse: bool
    parts: tuple[str, ...] = ()


def words_in(line: str) -> list[str]:
    """Returns the words of a line, split at white space, commas and semicolons of either script.

    Quotation marks keep a phrase together.

    >>> words_in("king, queen　国王、王后")
    ['king', 'queen', '国王', '王后']
    >>> words_in('horse "new york"')
    ['horse', 'new york']
    """
    found = ["".join(groups).strip() for groups in _WORD.findall(line)]
    return [word for word in found if word]


def parse_query(translator: Translator, word: str, reverse: bool | None = None) -> Query:
    """Returns the query of a typed word or phrase.

    A phrase is looked up as one token, with ``_`` between its words, or joined. If the vocabulary has none of these,
    the mean of its words is looked up. An unseen word is built from its parts if the space has sub-word units.

    Args:
      translator: the translator.
      word: a word, or a phrase of several.
      reverse: whether the word is Chinese; None: ``translator.direction`` decides.

    >>> import numpy as np
    >>> from align import Space, Vocab
    >>> points = np.eye(3, dtype=np.float32)
    >>> english, chinese = Space(Vocab(["new", "york", "king"]), points), Space(Vocab(["新", "约克", "国王"]), points)
    >>> translator = Translator(english, chinese, *np.zeros((2, 3), np.float32))
    >>> parse_query(translator, "Kings").form
    'king'
    >>> parse_query(translator, "New York")
    Query(word='New York', form='new york', why='mean of its words', reverse=False, parts=('new', 'york'))
    """
    backward = translator.direction(word) == "zh-en" if reverse is None else reverse
    vocab = side(translator, backward).vocab
    form = find_form(word, vocab)
    if form is not None:
        return Query(word, form.word, form.why, backward)
    parts = [find_form(part, vocab) for part in _INSIDE.split(word) if part]
    known = tuple(part.word for part in parts if part is not None)
    if len(parts) == 1 and is_word(word):
        built = simplify_all([word])[0] if backward else word.lower()
        if side(translator, backward).build([built]):
            return Query(word, built, BUILT, backward)
    if len(known) < 2 or len(known) < len(parts):
        return Query(word, "", "", backward)
    return Query(word, " ".join(known), MEAN, backward, known)


def translate_queries(
    translator: Translator, queries: Sequence[Query], k: int = 5, retrieval: Retrieval = "best"
) -> list[list[Candidate]]:
    """Returns the k best candidates of each query; an unknown word has none.

    Args:
      translator: the translator that parsed the queries.
      queries: words and phrases, of both languages.
      k: number of candidates.
      retrieval: as in ``Translator.translate``. Phrases without a token of their own are never re-ranked.
    """
    found: list[list[Candidate]] = [[] for _ in queries]
    for reverse in (False, True):
        places = [i for i, query in enumerate(queries) if query.form and not query.parts and query.reverse is reverse]
        if places:
            answers = translator.translate([queries[i].form for i in places], k, retrieval, reverse)
            for i, candidates in zip(places, answers, strict=True):
                found[i] = candidates
    for i, query in enumerate(queries):
        if query.parts:
            found[i] = translator.translate_mean(query.parts, k, retrieval, reverse=query.reverse)
    return found


def side(translator: Translator, reverse: bool) -> Space:
    """Returns the English space of a translator, or with ``reverse`` its Chinese space."""
    return translator.target if reverse else translator.source


def unknown_line(translator: Translator, query: Query) -> str:
    """Returns a message about an unknown word, with suggestions if it looks like an English or Chinese word."""
    language = "Chinese" if query.reverse else "English"
    return unknown(query.word, side(translator, query.reverse).vocab, f"the {language} vocabulary")


def is_known(query: Query, *, build: bool) -> bool:
    """Returns whether a query is a single token or, with ``build``, a word built from its parts."""
    return bool(query.form) and not query.parts and (build or query.why != BUILT)


def known_queries(
    translator: Translator, words: Sequence[str], reverse: bool | None = None, *, build: bool = False
) -> list[Query]:
    """Returns the queries of ``words``, each a single token or, with ``build``, a word built from its parts.

    Raises:
      KeyError: a word is unknown (the message has suggestions), or its vector is zero.
    """
    queries = [parse_query(translator, word, reverse) for word in words]
    for query in queries:
        if not is_known(query, build=build):
            raise KeyError(unknown_line(translator, query))
        check_vectors(side(translator, query.reverse), [query.form])
    return queries
