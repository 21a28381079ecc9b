"""Commands over one space: near, analogy."""

from typing import TYPE_CHECKING, Literal

from align.checks import at_least
from align.cli.options import READ_ALL, Count, Flag, Reading, one_of, words_of
from align.cli.output import say, write, write_json, write_tsv

if TYPE_CHECKING:
    from align.neighbours import Near
    from align.space import Space


def near(
    space: str, /, *words: str, k: Count = 10, json: Flag = False, tsv: Flag = False, reading: Reading = READ_ALL
) -> None:
    """Show the words nearest to each word of a space, by cosine.

    **Examples**

        align near googlenews-small horse donkey
        align near vectors.vec 国王 --k 5 --json

    Args:
        space: A file of word vectors, or a name from the catalogue.
        words: The words; with none, or with -, those on standard input, one a line.
        k: How many neighbours of each.
        json: Print one JSON document.
        tsv: Print tab-separated lines: word, neighbour, cosine.
        reading: How vector files are read.
    """
    from align.neighbours import nearest

    one_of(json=json, tsv=tsv)
    at_least(k, 1, "--k")
    asked = list(words_of(words))
    opened = reading.space(space)
    known = [known_form(word, opened) for word in asked]
    found = [nearest(opened, word, k) for word in known]
    if json:
        answers = [
            {"word": word, "found": form, "neighbours": [one._asdict() for one in near]}
            for word, form, near in zip(asked, known, found, strict=True)
        ]
        write_json({"name": opened.name, "k": k, "words": answers})
    elif tsv:
        write_tsv((word, one.word, f"{one.score:.4f}") for word, near in zip(asked, found, strict=True) for one in near)
    else:
        for word, near in zip(known, found, strict=True):
            write(f"{word}")
            write_near(near)


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
    """Answer `a is to b as c is to ?` in a space: `man woman king` asks for queen.

    **Examples**

        align analogy googlenews-small man woman king
        align analogy chinese-synonym 男人 女人 国王 --method mul

    Args:
        space: A file of word vectors, or a name from the catalogue.
        a: The first word.
        b: What a becomes.
        c: The word to do the same to.
        k: How many answers.
        method: `add`, 3CosAdd: nearest to b - a + c; `mul`, 3CosMul: cosines multiplied and divided.
        json: Print one JSON document.
        tsv: Print tab-separated lines: word, score.
        reading: How vector files are read.
    """
    from align.evaluate.analogy import answers, three_cos_add, three_cos_mul
    from align.neighbours import Near

    one_of(json=json, tsv=tsv)
    at_least(k, 1, "--k")
    opened = reading.space(space)
    a, b, c = (known_form(word, opened) for word in (a, b, c))
    solve = three_cos_mul if method == "mul" else three_cos_add
    found = [Near(*answer) for answer in answers(opened, a, b, c, k, method=solve)]
    if json:
        question = {"a": a, "b": b, "c": c, "method": method}
        write_json({"name": opened.name, **question, "answers": [one._asdict() for one in found]})
    elif tsv:
        write_tsv((one.word, f"{one.score:.4f}") for one in found)
    else:
        write(f"{a} : {b} = {c} : ?")
        write_near(found)


def write_near(found: "list[Near]") -> None:
    """Write words with their cosine, indented under what they are near to."""
    for one in found:
        write(f"  {one.score:6.3f}  {one.word}")


def known_form(word: str, space: "Space") -> str:
    """``word``, or the form of it that ``space`` has; says so where they differ; raises KeyError for none."""
    from align.space import unknown
    from align.text.forms import find_form

    if word in space or (space.units is not None and space.units.vector(word) is not None):
        return word
    form = find_form(word, space.vocab)
    if form is None:
        raise KeyError(unknown(word, space.vocab))
    say(f"align: {word!r} is read as {form.word!r} ({form.why})")
    return form.word


COMMANDS = {"near": near, "analogy": analogy}
