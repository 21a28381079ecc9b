"""Commands on one space or one language of a translator: near, analogy."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

from align.checks import at_least
from align.cli.options import READ_ALL, Count, Flag, Reading, names_translator, one_of, words_of
from align.cli.output import say, write, write_json, write_tsv
from align.cli.translation import open_translator

if TYPE_CHECKING:
    from align.space import Space, WordScore


class KnownWord(NamedTuple):
    """A word from the user, its form that has a vector, and the space of that vector."""

    word: str
    form: str
    space: "Space"


def near(
    space: str, /, *words: str, k: Count = 10, json: Flag = False, tsv: Flag = False, reading: Reading = READ_ALL
) -> None:
    """Show the words with the highest cosine to each word, in a space or in the word's language of a translator.

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
    known = known_words(space, list(words_of(words)), reading)
    found = [one.space.most_similar(one.form, k=k) for one in known]
    if json:
        answers = [
            {"word": one.word, "found": one.form, "neighbours": [near._asdict() for near in neighbours]}
            for one, neighbours in zip(known, found, strict=True)
        ]
        write_json({"name": space_name(space), "k": k, "words": answers})
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
    if not names_translator(source, reading):
        space = reading.space(source)
        return [KnownWord(word, known_form(word, space), space) for word in words]
    from align.bilingual.query import known_queries, side

    translator = open_translator(source)
    found = known_queries(translator, words, build=True)
    for one in found:
        _say_form(one.word, one.form, one.why)
    return [KnownWord(one.word, one.form, side(translator, one.reverse)) for one in found]


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
