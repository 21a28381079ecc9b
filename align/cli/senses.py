"""Commands over a space with several senses a word: senses, eval senses."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from align.checks import at_least
from align.cli.options import Count, Flag, Maybe, one_of
from align.cli.output import say, write, write_json, write_table, write_tsv
from align.encoding import check_encoding
from align.message import number_of

if TYPE_CHECKING:
    from align.evaluate.induction import ClusterAgreement
    from align.senses import SenseSpace


def senses(
    space: str, word: str, /, *, context: Maybe = "", k: Count = 8, json: Flag = False, tsv: Flag = False
) -> None:
    """Show the senses of a word: the probability of each, and the words nearest to it.

    With --context, also show the probability of each sense in that text, which depends on the words around the word.

    **Examples**

        align senses senses.safetensors apple
        align senses senses.safetensors bank --context "the river bank was steep"
        align senses senses-zh.safetensors 苹果 --context "我吃了一个苹果" --json

    Args:
        space: A file of `align train adagram`.
        word: The word.
        context: A text around the word.
        k: Number of neighbours of each sense.
        json: Print one JSON document.
        tsv: Print tab-separated lines: sense, probability, probability in the context (empty without --context),
            neighbours.
    """
    one_of(json=json, tsv=tsv)
    at_least(k, 1, "--k")
    opened = open_senses(space)
    form = _known(opened, word)
    found = opened.senses(form)
    near = [opened.neighbours(form, sense.number, k=k) for sense in found]
    there = _in_context(opened, form, context)
    if json:
        parts: list[dict[str, Any]] = [
            {
                "sense": sense.number,
                "probability": sense.probability,
                **({"in_context": float(there.probability[i])} if there else {}),
                "neighbours": [one._asdict() for one in near[i]],
            }
            for i, sense in enumerate(found)
        ]
        given = {"context": context, "context_words": list(there.known)} if there else {}
        write_json({"name": Path(space).name, "word": word, "found": form, **given, "senses": parts})
        return
    rows: list[tuple[object, ...]] = []
    for i, sense in enumerate(found):
        digits = 4 if tsv else 3
        inside = [f"{there.probability[i]:.{digits}f}"] if there else [""] if tsv else []
        rows.append((sense.number, f"{sense.probability:.{digits}f}", *inside, ", ".join(one.word for one in near[i])))
    if tsv:
        write_tsv(rows)
        return
    write(form)
    write_table(("sense", "probability", *(["in context"] if there else []), "neighbours"), rows)


def _in_context(space: "SenseSpace", word: str, context: str) -> Any:
    """The probability of each sense in the context; None without a context."""
    from align.senses import context_words

    if not context:
        return None
    found = space.in_context(word, context_words(context, space.language_of(word)))
    if not found.known:
        say("align: the space has no word of the context, so each sense is as probable as without it")
    return found


def open_senses(path: str) -> "SenseSpace":
    """Returns the space with senses in a file.

    Raises:
        ValueError: the file is not such a space.
        OSError: the file cannot be read.
    """
    from align.senses import SenseSpace, holds_senses

    file = Path(path).expanduser()
    if file.is_file() and not holds_senses(file):
        raise ValueError(f"{path}: not a space with senses; a file of `align train adagram` was expected")
    return SenseSpace.load(file, name=file.name)


def _known(space: "SenseSpace", word: str) -> str:
    """The form of a word that the space has; raises KeyError if it has none."""
    from align.space import unknown
    from align.text.forms import find_form

    if word in space:
        return word
    form = find_form(word, space.vocab)
    if form is None:
        raise KeyError(unknown(word, space.vocab))
    say(f"align: {word!r} is read as {form.word!r} ({form.why})")
    return form.word


def evaluate(space: str, file: str, /, *, set_encoding: Maybe = "", json: Flag = False, tsv: Flag = False) -> None:
    """Score the senses of a space on contexts with gold senses: adjusted Rand index and V-measure.

    Each context is assigned its most probable sense, and these clusters are compared with the gold senses of the word.
    The figures are means over words; those of a single cluster per word are shown for comparison. A context is covered
    if the space has the word and a word of its context.

    **Examples**

        align eval senses senses.safetensors contexts.tsv
        align eval senses senses.safetensors contexts.tsv --json

    Args:
        space: A file of `align train adagram`.
        file: Lines `word TAB context TAB sense`.
        set_encoding: Text encoding of the file: gb18030, big5, utf-16 ... UTF-8 if not given.
        json: Print one JSON document.
        tsv: Print tab-separated lines, one a word.
    """
    from align.evaluate.induction import induce, read_examples

    one_of(json=json, tsv=tsv)
    encoding = check_encoding(set_encoding, option="--set-encoding")
    opened = open_senses(space)
    found = induce(opened, read_examples(Path(file).expanduser(), encoding=encoding))
    if json:
        words = [
            {
                "word": one.word,
                **_figures(one.found),
                "one-cluster": _figures(one.one_cluster),
                "contexts": one.contexts,
                "gold": one.gold,
                "clusters": one.clusters,
            }
            for one in found.words
        ]
        figures = {**_figures(found.found), "one-cluster": _figures(found.one_cluster)}
        counts = {"covered": found.covered, "total": found.total}
        write_json({"name": Path(file).name, "space": opened.name, **counts, **figures, "words": words})
        return
    if tsv:
        head = ("word", "contexts", "gold", "clusters", "ari", "v-measure")
        lines = [(*(one.word, one.contexts, one.gold, one.clusters), *_cells(one.found, 4)) for one in found.words]
        write_tsv([head, *lines])
        return
    shares = [("senses of the space", *_cells(found.found)), ("one cluster a word", *_cells(found.one_cluster))]
    write_table(("clusters", "ARI", "V-measure"), shares)
    covered = f"{found.covered:,} of {found.total:,} contexts"
    say(f"align: {covered} of {number_of(len(found.words), 'word')} are covered; figures are means over words")


def _cells(one: "ClusterAgreement", digits: int = 3) -> tuple[str, str]:
    from align.evaluate.score import shown

    return shown(one.ari, digits), shown(one.v_measure, digits)


def _figures(one: "ClusterAgreement") -> dict[str, float | None]:
    from align.evaluate.score import defined

    return {"ari": defined(one.ari), "v-measure": defined(one.v_measure)}


COMMANDS = {"senses": senses, "eval senses": evaluate}
