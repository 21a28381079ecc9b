"""The command that glosses a sentence word by word: gloss."""

import shutil
from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from align.cli.answers import open_cedict, open_placed
from align.cli.options import Flag, Maybe, words_of
from align.cli.output import say, write, write_json
from align.cli.translation import Retrieval, open_translator
from align.message import BY_CHANCE

if TYPE_CHECKING:
    from align.bilingual.interlinear import GlossedWord


def gloss(
    sentence: str,
    /,
    *,
    translator: Annotated[Maybe, Parameter(name=["--translator", "--with"])] = "",
    dictionary: Maybe = "",
    retrieval: Retrieval = "best",
    senses: Annotated[tuple[str, ...], Parameter(show_default=False, negative="")] = (),
    json: Flag = False,
) -> None:
    """Translate a sentence word by word: under each word its best translation, with pinyin and probability.

    Each word gets the candidate that best fits the rest of the sentence. The longest phrases that CC-CEDICT lists are
    taken as one word. CC-CEDICT also translates the words without a vector. A word
    without any translation has `-` below it. Word order and grammar stay those of the sentence.

    **Examples**

        align gloss "The king rides a white horse in New York"
        align gloss 国王骑着白马 --json
        align gloss - --translator en-zh.align < sentences.txt

    Args:
        sentence: An English or Chinese sentence. With -, sentences from standard input, one per line.
        translator: A file written by `align map`. Without it, the default translator; a quick one is fitted on first
            use.
        dictionary: A file of CC-CEDICT, or a name from the catalogue. Without it, the edition that `align fetch cedict`
            fetches.
        retrieval: `best` re-ranks if the translator has a re-ranker, else it is CSLS; `csls`, `nn` (cosine)
            and `inverted-softmax` sort by that score.
        senses: A file of `align train adagram`, whose senses help to choose; may be given once for each language.
        json: Print one JSON document. `used` in it names the score that ordered the candidates.
    """
    if not any(letter.isalnum() for letter in sentence):
        raise ValueError(f"{sentence!r} has no words: an English or Chinese sentence was expected")

    from align.bilingual.interlinear import gloss as gloss_of
    from align.bilingual.interlinear import gloss_lines

    typed = words_of((sentence,))
    first = list(islice(typed, 1))  # a missing file is an error before the translator is fitted
    cedict = open_cedict(dictionary)
    opened = open_translator(translator, quick=True)
    if opened.by_chance:
        say(f"align: {BY_CHANCE}")
    placed = open_placed(opened, senses)
    documents: list[dict[str, Any]] = []
    for number, text in enumerate(chain(first, typed)):
        words = gloss_of(opened, cedict, text, retrieval, senses=placed)
        if json:
            documents.append({"sentence": text, "words": [_document(one) for one in words]})
            continue
        if number:
            write("")
        for line in gloss_lines(words, shutil.get_terminal_size((100, 24)).columns):
            write(line)
    if json:
        used = {"retrieval": retrieval, "used": opened.resolved(retrieval)}
        write_json({"name": translator or "default", **used, "sentences": documents})


def _document(one: "GlossedWord") -> dict[str, Any]:
    """Returns one word's part of the JSON document, with null for missing values."""
    return {
        "word": one.word,
        "translation": one.translation or None,
        "pinyin": one.reading or None,
        "direction": "zh-en" if one.reverse else "en-zh",
        "probability": one.probability,
        "from": one.origin or None,
    }


COMMANDS = {"gloss": gloss}
