"""Tours: views of the page that one click opens, made of the project's word lists."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from align.meaning.axes import built_in_file, rows_of

MAX_PAIRS = 16
CONCEPTS = {
    "numbers": "One to ten and 一 to 十: do they have the same shape in both languages?",
    "animals": "Horse, cow, donkey and 马 牛 驴: do animals lie in the same places in both languages?",
    "family": "Members of the family in both languages, each joined to its translation.",
    "colours": "Colours in both languages, each joined to its translation.",
}
MIN_WORDS = 3


class Tour(NamedTuple):
    """A view that one click opens.

    Args:
      name: its name in the page's address.
      title: the text of its button.
      note: one sentence that says what to look at.
      pairs: pairs of words that lines join; a pair is of one language or of both.
      axes: the two axes of the map; without them the map is the plane of the tour's own words.
      analogy: three words a, b, c of "a is to b as c is to ?".
    """

    name: str
    title: str
    note: str
    pairs: tuple[tuple[str, str], ...] = ()
    axes: tuple[str, str] | None = None
    analogy: tuple[str, str, str] | None = None

    def words(self) -> list[str]:
        """Returns the words of the tour, each once."""
        return list(dict.fromkeys([*(word for pair in self.pairs for word in pair), *(self.analogy or ())]))


def tours() -> list[Tour]:
    """Returns the tours, in the order of their buttons."""
    concepts = _lists("concepts.tsv")
    relations = _lists("relations.tsv")
    found = [Tour(name, name, note, tuple(concepts[name])[:MAX_PAIRS]) for name, note in CONCEPTS.items()]
    found.append(
        Tour(
            "capitals", "capitals", "Countries and their capitals: are the lines parallel?", _both(relations, "capital")
        )
    )
    gender = _both(relations, "gender")
    found.append(
        Tour(
            "gender", "gender pairs", "Pairs that differ in gender, in both languages: are the lines parallel?", gender
        )
    )
    found.append(
        Tour(
            "class",
            "gender and class",
            "Every word by gender (from left to right) and wealth (upwards); lines join pairs of gender.",
            gender,
            axes=("gender", "affluence"),
        )
    )
    questions = {
        "king": ("man − woman = king − queen?", ("man", "woman", "king")),
        "国王": ("男人 − 女人 = 国王 − 王后?", ("男人", "女人", "国王")),
        "awesome": ("awesome − eagle + person = ?", ("eagle", "person", "awesome")),
    }
    for name, (title, analogy) in questions.items():
        found.append(
            Tour(name, title, "Is the figure a parallelogram? The fourth corner is the answer.", analogy=analogy)
        )
    return found


def known_tours(
    ids: Mapping[str, int], axes: Iterable[str], listed: Iterable[Tour] | None = None
) -> list[dict[str, Any]]:
    """Returns the tours as the page stores them, with word numbers; a tour of too few known words is left out.

    ``missing`` of a tour is the number of its pairs that lack a word on the page.

    Args:
      ids: the number of each word of the page.
      axes: names of the axes that the page has.
      listed: the tours; None means those of ``tours``.
    """
    kept: list[dict[str, Any]] = []
    have = set(axes)
    for tour in tours() if listed is None else listed:
        pairs = [[ids[a], ids[b]] for a, b in tour.pairs if a in ids and b in ids]
        analogy = [ids[word] for word in tour.analogy or () if word in ids]
        if len({word for pair in pairs for word in pair}) < MIN_WORDS and len(analogy) < MIN_WORDS:
            continue
        if tour.axes is not None and not have.issuperset(tour.axes):
            continue
        missing = len(tour.pairs) - len(pairs)
        kept.append({**tour._asdict(), "pairs": pairs, "analogy": analogy, "missing": missing})
    return kept


def _both(relations: Mapping[str, list[tuple[str, str]]], name: str) -> tuple[tuple[str, str], ...]:
    """Returns the first pairs of a relation in each language."""
    return tuple(pair for language in ("en", "zh") for pair in relations[f"{name} {language}"][:MAX_PAIRS])


def _lists(file: str) -> dict[str, list[tuple[str, str]]]:
    """Returns the pairs of each list of a file; in a file with a language column, of each list and language."""
    found: dict[str, list[tuple[str, str]]] = {}
    for _, columns in rows_of(built_in_file(file)):
        *name, first, second = columns
        found.setdefault(" ".join(name), []).append((first, second))
    return found
