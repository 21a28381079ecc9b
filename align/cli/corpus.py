"""Commands over text: corpus."""

import signal
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from align.checks import at_least
from align.cli.options import Flag
from align.cli.output import output_file, say, write

if TYPE_CHECKING:
    from align.progress import Report

MaybeOutput = Annotated[str, Parameter(name=["-o", "--output"], show_default=False)]
Language = Literal["en", "zh"]


def corpus(
    *files: str,
    output: MaybeOutput = "",
    language: Language | None = None,
    default: Language | None = None,
    tokenise: Literal["english", "jieba", "characters", "split"] | None = None,
    dictionary: Annotated[str, Parameter(show_default=False)] = "",
    min_count: int = 5,
    max_vocab: int | None = None,
    workers: int | None = None,
    replace_invalid: Flag = False,
) -> None:
    """Make a corpus of texts: words by frequency, and the text as their numbers, in one file to train on.

    Texts may be plain or packed (gzip, bzip2, xz), folders, MediaWiki dumps, names from the catalogue, or `-` for
    standard input. They need not fit in memory. A line is a sentence.

    **Examples**

        align corpus --default en
        align corpus zhwiki-latest-pages-articles.xml.bz2 -o zhwiki.corpus --language zh
        align corpus books/ news.txt.gz -o english.corpus --language en --min-count 10
        zcat segmented.gz | align corpus - -o zh.corpus --language zh --tokenise split

    Args:
        files: Texts, in this order.
        output: The file to write, ending in .corpus; with --default the cache if not given.
        language: The language of the texts.
        default: Make the default corpus of this language from texts of the catalogue instead.
        tokenise: What parts words: english; jieba or characters (hanzi) for zh; split for text segmented already.
            Without it english for en, jieba for zh.
        dictionary: Words of your own for jieba, one a line: WORD [COUNT] [TAG].
        min_count: Leave out words that occur less often.
        max_vocab: Keep the MAX_VOCAB most frequent words only.
        workers: Processes that part words; without it one a core.
        replace_invalid: Take bytes that are not UTF-8 for a word's end instead of refusing them.
    """
    from align.text.build import build_corpus
    from align.text.defaults import default_path, default_texts
    from align.text.tokenise import tokeniser_of

    spoken = _language(files, language, default)
    if files and not output:
        raise ValueError("-o CORPUS was expected: the file to write, ending in .corpus")
    for option, value in (("--min-count", min_count), ("--max-vocab", max_vocab), ("--workers", workers)):
        at_least(1 if value is None else value, 1, option)
    tokeniser = tokeniser_of(spoken, tokenise or "", dictionary)
    target = output_file(output, (".corpus",)) if output else default_path(spoken, tokeniser, min_count, max_vocab)
    if not output:
        write(str(target))
        if target.is_file():
            say("align: it was made before")
            return
    with _bars() as (report, read), _stopped_as_interrupted():
        start = time.perf_counter()
        made = build_corpus(
            default_texts(spoken) if default else files,
            target,
            language=spoken,
            tokenise=tokeniser,
            min_count=min_count,
            max_vocab=max_vocab,
            workers=workers,
            replace_invalid=replace_invalid,
            report=report,
        )
        seconds = time.perf_counter() - start
    size = read[0] / 1e6
    held = f"{made.tokens:,} words, {len(made.vocab):,} of them different, {made.sentences:,} sentences"
    say(f"align: {target}: {held}; {size:.1f} MB read in {seconds:.1f} s, {size / seconds:.1f} MB/s")


def _language(files: tuple[str, ...], language: Language | None, default: Language | None) -> Language:
    """The language that the options agree on; raises ValueError where they do not."""
    if files and default:
        raise ValueError("--default makes a corpus of texts from the catalogue; name no texts with it")
    if default:
        if language not in (None, default):
            raise ValueError(f"--default {default} and --language {language} exclude each other")
        return default
    if not files:
        raise ValueError("no text given; name texts, or - for standard input, or give --default en or --default zh")
    if language is None:
        raise ValueError("--language was expected: en or zh")
    return language


@contextmanager
def _bars() -> Generator[tuple["Report", list[int]]]:
    """Yield what draws a bar for each stage, and a list whose one number says how many bytes were read so far."""
    from align.progress import bytes_bar

    with ExitStack() as bars:
        current, read = "", [0]
        advance: Callable[[int], object] = int
        moved = 0

        def report(stage: str, done: int, of: int) -> None:
            nonlocal current, moved, advance
            if stage != current:
                bars.close()
                current, moved, advance = stage, 0, bars.enter_context(bytes_bar(stage, of or None))
            advance(done - moved)
            moved = done
            if stage == "reading":
                read[0] = done

        yield report, read


@contextmanager
def _stopped_as_interrupted() -> Generator[None]:
    """Let a request to end (SIGTERM) be answered as one from the keyboard is, so that nothing is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


COMMANDS = {"corpus": corpus}
