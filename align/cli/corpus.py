"""Commands on text: corpus."""

import signal
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import Parameter

from align.checks import MAX_WORKERS, at_least, at_most
from align.cli.options import Flag, Maybe, MaybeOutput, refuse
from align.cli.output import output_file, say, write
from align.message import number_of, size_text
from align.text.scripts import Language

if TYPE_CHECKING:
    from align.progress import Report
    from align.text.corpus import Corpus
    from align.text.phrases import Phrases


@Parameter(name="*")
@dataclass(frozen=True)
class PhraseOptions:
    """Options for joining phrases."""

    phrases: Flag = False
    """Join words that often occur together into phrases (new_york)."""
    phrase_threshold: float = 100.0
    """The score above which two words are a phrase; higher gives fewer phrases."""
    phrase_passes: int = 2
    """Number of passes that search for phrases; each can double their length."""

    def settings(self) -> "Phrases | None":
        """Returns the settings, or None to join no phrases; raises ValueError for a wrong setting."""
        from align.text.phrases import Phrases

        found = Phrases(self.phrase_threshold, self.phrase_passes)
        if not self.phrases and self != PhraseOptions():
            raise ValueError("--phrase-threshold and --phrase-passes need --phrases")
        return found if self.phrases else None


NO_PHRASES = PhraseOptions()


def corpus(
    *files: str,
    output: MaybeOutput = "",
    language: Language | None = None,
    default: Language | None = None,
    tokenise: Maybe = "",
    dictionary: Maybe = "",
    encoding: Maybe = "",
    min_count: int = 5,
    max_vocab: int | None = None,
    workers: int | None = None,
    dask: Maybe = "",
    replace_invalid: Flag = False,
    joining: PhraseOptions = NO_PHRASES,
) -> None:
    """Make a corpus to train on: the words of texts by frequency, and the texts as word numbers, in one file.

    Texts may be plain or packed (gzip, bzip2, xz), folders, MediaWiki dumps, names from the catalogue, or `-` for
    standard input. They need not fit in memory. A line is a sentence.

    **Examples**

        align corpus --default en
        align corpus zhwiki-latest-pages-articles.xml.bz2 -o zhwiki.corpus --language zh
        align corpus books/ news.txt.gz -o english.corpus --language en --min-count 10
        align corpus news.txt -o news.corpus --language en --phrases
        align corpus old.txt -o old.corpus --language zh --encoding gb18030
        align corpus wiki/ -o wiki.corpus --language en --dask tcp://10.0.0.1:8786
        zcat segmented.gz | align corpus - -o zh.corpus --language zh --tokenise split
        align corpus novel.txt -o novel.corpus --language zh --tokenise novel.words

    Args:
        files: Texts, in this order.
        output: The file to write, ending in .corpus. With --default and without -o, the corpus is written to the cache.
        language: The language of the texts.
        default: Make the default corpus of this language, from texts of the catalogue.
        tokenise: The tokeniser: english for en; jieba or characters (hanzi) for zh; split for text with blanks
            between words; or a file of words that `align discover` wrote, for zh. By default english or jieba.
        dictionary: A file of your own words for jieba, one per line: WORD [COUNT] [TAG].
        encoding: Text encoding of the texts: gb18030, big5, utf-16, latin-1 ... UTF-8 if not given.
        min_count: Leave out words that occur less often.
        max_vocab: Keep only the MAX_VOCAB most frequent words.
        workers: Number of processes that tokenise. By default one per core.
        dask: The address of a Dask scheduler whose workers tokenise, or `local`. The file is the same.
        replace_invalid: Treat bytes that do not decode as the end of a word instead of refusing them.
        joining: Options for joining phrases.
    """
    from align.text.build import build_corpus
    from align.text.defaults import default_path, default_texts
    from align.text.tokenise import tokeniser_of

    spoken = _language(files, output, language, default, encoding=bool(encoding), replace_invalid=replace_invalid)
    _check_numbers(min_count, max_vocab, workers)
    tokeniser = tokeniser_of(spoken, tokenise, dictionary)
    kept = default_path(spoken, tokeniser, min_count, max_vocab, phrases := joining.settings())
    target = output_file(output, (".corpus",), inputs=(*files, tokenise, dictionary)) if output else kept
    if not output and target.is_file():
        write(str(target))
        say("align: the corpus exists already")
        return
    texts = default_texts(spoken) if default else files
    with _bars() as (report, read), _stopped_as_interrupted():
        start = time.perf_counter()
        made = build_corpus(
            texts, target, language=spoken, tokenise=tokeniser, min_count=min_count, max_vocab=max_vocab, dask=dask,
            phrases=phrases, encoding=encoding, workers=workers, replace_invalid=replace_invalid, report=report,
        )  # fmt: skip
    if not output:
        write(str(target))
    _say_result(made, target, read[0], time.perf_counter() - start)


def _check_numbers(min_count: int, max_vocab: int | None, workers: int | None) -> None:
    """Raises SettingError for a number out of range."""
    for option, value in (("--min-count", min_count), ("--max-vocab", max_vocab), ("--workers", workers)):
        at_least(1 if value is None else value, 1, option)
    at_most(workers or 1, MAX_WORKERS, "--workers")


def _say_result(made: "Corpus", target: Path, size: int, seconds: float) -> None:
    """Writes the size of a corpus, the speed, and a warning if the language seems wrong."""
    from align.text.build import language_warning

    speed = f"{size_text(size)} read in {seconds:.1f} s, {size_text(size / seconds)}/s"
    words = f"{number_of(made.tokens, 'word')}, {len(made.vocab):,} of them different"
    say(f"align: {target}: {words}, {number_of(made.sentences, 'sentence')}; {speed}")
    if warning := language_warning(made):
        say(f"align: warning: {warning}")


def _language(
    files: tuple[str, ...], output: str, language: Language | None, default: Language | None, **own: bool
) -> Language:
    """Returns the language that the options agree on.

    Raises:
        ValueError: they do not agree, or an option of ``own``, which are for named texts, is given with --default.
    """
    if files and default:
        raise ValueError("--default makes a corpus of texts from the catalogue; name no texts with it")
    if default:
        refuse("only for texts that are named, not with --default", **own)
        if language not in (None, default):
            raise ValueError(f"--default {default} and --language {language} exclude each other")
        return default
    if not files:
        raise ValueError("no text given; name texts, or - for standard input, or give --default en or --default zh")
    if not output:
        raise ValueError("-o CORPUS was expected: the file to write, ending in .corpus")
    if language is None:
        raise ValueError("--language was expected: en or zh")
    return language


@contextmanager
def _bars() -> Generator[tuple["Report", list[int]]]:
    """Yields a progress callback that draws a bar per stage, and a list with the number of bytes read so far."""
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
    """Handles SIGTERM like Ctrl-C, so that temporary files are removed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


COMMANDS = {"corpus": corpus}
