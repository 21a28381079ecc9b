"""Commands on Chinese text without a dictionary: discover, segment."""

import sys
import time
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from align.checks import MAX_WORKERS, at_least, at_most
from align.cli.options import STDIN, Flag, Maybe, Output, StandardInput, say_how_to_end
from align.cli.output import output_file, say, write_json
from align.message import number_of

if TYPE_CHECKING:
    from align.text.discovery.learning import Discovered

_SHOWN = 50


def discover(
    *files: str,
    output: Output,
    known: Maybe = "",
    max_length: int = 5,
    min_count: int | None = None,
    min_pmi: float = 1.0,
    spelling: float = 0.3,
    encoding: Maybe = "",
    workers: int | None = None,
    replace_invalid: Flag = False,
    as_json: Annotated[bool, Parameter(name="--json", show_default=False)] = False,
) -> None:
    """Discover the words of Chinese text without a dictionary, and write them with their counts.

    Words are the n-grams that minimise the length of the description of text and words together. Texts are given as for
    `align corpus`. Each line of the file has a word, a tab and the count of the word. In a word, 0 is any number.

    **Examples**

        align discover novel.txt -o novel.words
        align discover news/ -o news.words --max-length 8
        align discover more.txt -o all.words --known novel.words
        align discover peoples-daily -o daily.words --json

    Args:
        files: Texts, in this order; `-` for standard input.
        output: The file of words to write.
        known: A file of words discovered before. Their counts are added, to continue learning with more text.
        max_length: Largest number of characters in a word. A number is one character.
        min_count: Least count of a word in the first segmentation. By default 2, or in long texts one in a million.
        min_pmi: Least pointwise mutual information of the parts of a candidate, in nats. More gives fewer candidates.
        spelling: Weight of the words' spelling in the description length. More gives fewer words.
        encoding: Text encoding of the texts: gb18030, big5, utf-16, latin-1 ... UTF-8 if not given.
        workers: Worker processes. By default one per core, and none for a short text.
        replace_invalid: Replace bytes that do not decode instead of refusing them.
        as_json: Write the number of words, the description length by round, and the words that save most, as JSON.
    """
    from align.progress import stage_bars
    from align.text.discovery.learning import Discovery
    from align.text.discovery.learning import discover as learn
    from align.text.discovery.lexicon import read_word_counts

    if not files:
        raise ValueError("no text given; name texts, or - for standard input")
    at_most(at_least(1 if workers is None else workers, 1, "--workers"), MAX_WORKERS, "--workers")
    settings = Discovery(max_length, min_count, min_pmi, spelling)
    target = output_file(output, ("",), inputs=files)
    before = read_word_counts(known) if known else None
    start = time.perf_counter()
    with stage_bars() as report:
        found = learn(
            files, settings, known=before, encoding=encoding, workers=workers, replace_invalid=replace_invalid,
            report=report,
        )  # fmt: skip
    found.lexicon.save(target)
    if as_json:
        write_json(_document(found))
    first, last = found.rounds[0], min(found.rounds, key=lambda one: one.bits)
    say(
        f"align: {target}: {number_of(len(found.lexicon), 'word')} in {number_of(found.symbols, 'symbol')} of text, "
        f"{time.perf_counter() - start:.1f} s; the description fell from {first.bits:.3f} to {last.bits:.3f} bits a "
        f"symbol in {number_of(len(found.rounds), 'round')} (the credit for word boundaries deducted)"
    )


def _document(found: "Discovered") -> dict[str, object]:
    """Returns the result as a JSON document."""
    best = sorted(found.saved, key=lambda word: -found.saved[word])[:_SHOWN]
    return {
        "words": len(found.lexicon),
        "symbols": found.symbols,
        "rounds": [one._asdict() for one in found.rounds],
        "best": [
            {"word": word, "count": found.lexicon.counts[word], "bits": round(found.saved[word], 1)} for word in best
        ],
    }


def segment(
    words: str,
    file: StandardInput = STDIN,
    /,
    *,
    encoding: Maybe = "",
    replace_invalid: Flag = False,
) -> None:
    """Write Chinese text with blanks between its words, line by line.

    Adds blanks and removes invisible characters; nothing else changes.

    **Examples**

        align segment novel.words novel.txt
        echo 话说天下大势 | align segment novel.words

    Args:
        words: A file of words that `align discover` wrote.
        file: The text, or `-` for standard input.
        encoding: Text encoding of the text: gb18030, big5, utf-16, latin-1 ... UTF-8 if not given.
        replace_invalid: Replace bytes that do not decode instead of refusing them.
    """
    from align.encoding import check_encoding
    from align.text.catalogued import text_files
    from align.text.discovery.lexicon import read_word_counts
    from align.text.reading import blocks, text_of

    lexicon = read_word_counts(words)
    if file == STDIN:
        say_how_to_end()
    for text in text_files(file, check_encoding(encoding)):
        for block in blocks(text, 1 << 20, lambda _: None, replace=replace_invalid):
            line = lexicon.segment(text_of(block, replace=replace_invalid))
            sys.stdout.write(line if line.endswith("\n") else f"{line} ")


COMMANDS = {"discover": discover, "segment": segment}
