"""Commands on one space or one language of a translator: near, analogy."""

from collections.abc import Callable, Container, Iterable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from align.checks import at_least
from align.cli.options import READ_ALL, Count, Flag, Reading, is_bulk, names_translator, one_of, words_of
from align.cli.output import report_unknown, say, write, write_json, write_tsv
from align.cli.translation import open_translator
from align.message import one_line

if TYPE_CHECKING:
    from align.bilingual.translator import Translator
    from align.space import Space, WordScore


class KnownWord(NamedTuple):
    """A word from the user, its form that has a vector, and the space of that vector."""

    word: str
    form: str
    space: "Space"


class WordFinder(NamedTuple):
    """Finds words in a space or translator.

    Attributes:
        find: returns the form of a word; raises KeyError for a word without a vector, with suggestions.
        knows: returns whether a word has a vector.
    """

    find: "Callable[[str], KnownWord]"
    knows: "Callable[[str], bool]"

    def report(self, words: Sequence[str], known: Container[str], *, bulk: bool) -> int:
        """Reports the words that are not ``known``, and returns the exit status; see ``report_unknown``."""
        unknown = [word for word in words if word not in known]
        return report_unknown(map(self._problem, unknown), len(unknown), len(words), bulk=bulk)

    def _problem(self, word: str) -> str:
        """Returns the message about a word without a vector."""
        try:
            self.find(word)
        except KeyError as error:
            return one_line(error)
        return ""


def near(
    space: str, /, *words: str, k: Count = 10, json: Flag = False, tsv: Flag = False, reading: Reading = READ_ALL
) -> int:
    """Show the words with the highest cosine to each word, in a space or in the word's language of a translator.

    If a word on the command line is unknown, the exit status is 2; unknown words on standard input are counted.

    **Examples**

        align near googlenews-small horse donkey
        align near vectors.vec 国王 --k 5 --json
        align near en-zh.align horse 马

    Args:
        space: A file of word vectors, a name from the catalogue, or a translator (its name ends in .align).
        words: The words. Without any, or with -, read from standard input, one per line.
        k: Number of neighbours of each word.
        json: Print one JSON document.
        tsv: Print tab-separated lines: word, neighbour, cosine.
        reading: How vector files are read.
    """
    one_of(json=json, tsv=tsv)
    at_least(k, 1, "--k")
    listed = list(words_of(words))
    finder = open_finder(space, reading)
    known = [finder.find(word) for word in listed if finder.knows(word)]
    found = [one.space.most_similar(one.form, k=k) for one in known]
    if json:
        answers = {
            one.word: {"word": one.word, "found": one.form, "neighbours": [near._asdict() for near in neighbours]}
            for one, neighbours in zip(known, found, strict=True)
        }
        shown = [answers.get(word) or {"word": word, "found": None, "neighbours": []} for word in listed]
        write_json({"name": space_name(space), "k": k, "words": shown})
    elif tsv:
        write_tsv(
            (one.word, near.word, f"{near.score:.4f}")
            for one, neighbours in zip(known, found, strict=True)
            for near in neighbours
        )
    else:
        for one, neighbours in zip(known, found, strict=True):
            write(one.form)
            _write_scores(neighbours)
    return finder.report(listed, {one.word for one in known}, bulk=is_bulk(words))


def analogy(
    space: str,
    a: str,
    b: str,
    c: str,
    /,
    *,
    k: Count = 10,
    method: Literal["add", "mul"] = "add",
    json: Flag = False,
    tsv: Flag = False,
    reading: Reading = READ_ALL,
) -> None:
    """Answer `a is to b as c is to ?`; the answer to `man woman king` should be queen.

    **Examples**

        align analogy googlenews-small man woman king
        align analogy chinese-synonym 男人 女人 国王 --method mul
        align analogy en-zh.align 男人 女人 国王

    Args:
        space: A file of word vectors, a name from the catalogue, or a translator (its name ends in .align).
        a: The first word.
        b: The second word, which relates to the first.
        c: The third word; the answer relates to it in the same way.
        k: Number of answers.
        method: `add` (3CosAdd) scores a word by its cosine to b - a + c; `mul` (3CosMul) by a product of cosines.
        json: Print one JSON document.
        tsv: Print tab-separated lines: word, score.
        reading: How vector files are read.
    """
    from align.evaluate.analogy import answers, three_cos_add, three_cos_mul
    from align.space import WordScore

    one_of(json=json, tsv=tsv)
    at_least(k, 1, "--k")
    known = known_words(space, [a, b, c], reading)
    if len({id(one.space) for one in known}) > 1:
        raise ValueError(f"{a}, {b}, {c}: three words of one language were expected")
    a, b, c = (one.form for one in known)
    solve = three_cos_mul if method == "mul" else three_cos_add
    found = [WordScore(*answer) for answer in answers(known[0].space, a, b, c, k, method=solve)]
    if json:
        question = {"a": a, "b": b, "c": c, "method": method}
        write_json({"name": space_name(space), **question, "answers": [one._asdict() for one in found]})
    elif tsv:
        write_tsv((one.word, f"{one.score:.4f}") for one in found)
    else:
        write(f"{a} : {b} = {c} : ?")
        _write_scores(found)


def _write_scores(found: "Iterable[WordScore]") -> None:
    """Writes words with their scores, indented."""
    for one in found:
        write(f"  {one.score:6.3f}  {one.word}")


def space_name(source: str) -> str:
    """Returns the name of a space or translator in JSON documents: the file's name, or the catalogue's."""
    from pathlib import Path

    return Path(source).name


def known_words(source: str, words: list[str], reading: Reading) -> list[KnownWord]:
    """Returns the form of each word in the space or translator ``source``.

    Raises:
        KeyError: a word has no vector; the message names words of similar spelling.
    """
    finder = open_finder(source, reading)
    return [finder.find(word) for word in words]


def open_finder(source: str, reading: Reading) -> WordFinder:
    """Returns the finder of words in the space or translator ``source``."""
    if names_translator(source, reading):
        return finder_of(open_translator(source), build=True)
    return finder_in(reading.space(source))


def finder_in(space: "Space") -> WordFinder:
    """Returns the finder of words in a space."""
    from align.text.forms import find_form

    def knows(word: str) -> bool:
        if word not in space and space.build([word]):
            return True
        form = find_form(word, space.vocab)
        return form is not None and bool(space[form.word].any())

    return WordFinder(lambda word: KnownWord(word, known_form(word, space), space), knows)


def finder_of(translator: "Translator", *, build: bool) -> WordFinder:
    """Returns the finder of words in both spaces of a translator; ``build``: also of words built from their parts."""
    from align.bilingual.query import is_known, known_queries, parse_query, side

    def find(word: str) -> KnownWord:
        (one,) = known_queries(translator, [word], build=build)
        _say_form(one.word, one.form, one.why)
        return KnownWord(one.word, one.form, side(translator, one.reverse))

    def knows(word: str) -> bool:
        query = parse_query(translator, word)
        return is_known(query, build=build) and bool(side(translator, query.reverse)[query.form].any())

    return WordFinder(find, knows)


def known_form(word: str, space: "Space") -> str:
    """Returns ``word``, or its form that has a vector in ``space``; prints a message if they differ.

    Raises:
        KeyError: no form of the word has a vector; the message names words of similar spelling.
    """
    from align.space import BUILT, check_vectors, unknown
    from align.text.forms import find_form

    if word in space or space.build([word]):
        check_vectors(space, [word])
        if word not in space:
            say(f"align: {word!r} is not in the vocabulary; its vector is {BUILT}")
        return word
    form = find_form(word, space.vocab)
    if form is None:
        raise KeyError(unknown(word, space.vocab))
    check_vectors(space, [form.word])
    _say_form(word, form.word, form.why)
    return form.word


def _say_form(word: str, form: str, why: str) -> None:
    """Writes the form of a word that is looked up, if it differs from the word."""
    if why:
        say(f"align: {word!r} is read as {form!r} ({why})")


COMMANDS = {"near": near, "analogy": analogy}
