"""Builds a corpus file from texts: read, tokenise, count, number, write, in bounded memory."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
from jaxtyping import Int32

from align.encoding import check_encoding
from align.progress import Report, running_total
from align.tensors import save_growing
from align.text.catalogued import text_files
from align.text.chinese import has_hanzi
from align.text.corpus import ENDING, Corpus, check_counts, corpus_metadata, open_corpus
from align.text.counting import TABLE, Counted, Part, choose, count, sentences, vocabulary_ids
from align.text.dask_cluster import number_on_cluster
from align.text.phrases import Phrases, join_phrases
from align.text.reading import Block, Text, blocks, size_of
from align.text.scripts import Language
from align.text.tokenise import Tokeniser, tokeniser_of
from align.text.vocab import PackedWords
from align.text.workers import Work, number_all

PathLike = str | os.PathLike[str]
_CHECKED_WORDS = 2000
"""The number of words whose script is checked, the most frequent ones."""
_MIXED = 0.2
"""A text with a larger share of words with hanzi is taken for Chinese, one with a smaller share for English."""


def build_corpus(
    texts: PathLike | Text | Iterable[PathLike | Text],
    out: PathLike,
    *,
    language: Language,
    tokenise: Tokeniser | str = "",
    min_count: int = 5,
    max_vocab: int | None = None,
    phrases: Phrases | None = None,
    encoding: str = "",
    workers: int | None = None,
    dask: str = "",
    replace_invalid: bool = False,
    name: str = "",
    report: Report = lambda *_: None,
    table: int = TABLE,
) -> Corpus:
    r"""Builds a corpus from texts, writes it to a file, whole or not at all, and opens it memory-mapped.

    A text is a file, a folder (every file in it), ``-`` (standard input) or a name of the catalogue. It may be a
    MediaWiki dump, and compressed with gzip, bzip2 or xz. The vocabulary is sorted by descending count, then by word.

    Args:
      texts: the texts to read, in this order.
      out: the file to write; its name ends in ``.corpus``.
      language: ``en`` or ``zh``.
      tokenise: a tokeniser or the name of one; by default English for ``en`` and jieba for ``zh``.
      min_count: leave out words that occur less often.
      max_vocab: keep this many of the most frequent words.
      phrases: join pairs of words that occur together often; None: join none.
      encoding: text encoding of the files, such as ``gb18030``; empty: UTF-8, or UTF-16 with a byte-order mark.
      workers: number of processes that tokenise; by default one per usable core.
      dask: the address of a Dask scheduler whose workers tokenise, or ``local``; the corpus does not depend on it.
      replace_invalid: replace bytes that do not decode by U+FFFD, which is not a letter, instead of refusing them.
      name: the name of the corpus; by default ``out`` without its ending.
      report: progress callback, in bytes.
      table: number of distinct words held in memory while counting.

    Raises:
      ValueError: a wrong option, undecodable or damaged data (with file and line), or no word that is frequent enough.
      KeyError: no such tokeniser, language or catalogue name.
      OSError: a file cannot be read or written, or no Dask cluster answers.

    Example:
      >>> import tempfile
      >>> with tempfile.TemporaryDirectory() as folder:
      ...     _ = Path(folder, "a.txt").write_text("The king rode.\nThe queen rode.\n")
      ...     build_corpus(Path(folder, "a.txt"), Path(folder, "a.corpus"), language="en", min_count=2)
      Corpus(4 words, 2 of them different, in 2 sentences)
    """
    target = Path(out)
    if target.suffix != ENDING:
        raise ValueError(f"{target}: a corpus file's name ends in {ENDING}")
    check_counts(min_count=min_count, max_vocab=max_vocab, workers=workers, table=table)
    tokeniser = tokeniser_of(language, tokenise) if isinstance(tokenise, str) else tokenise
    files = text_files(texts, check_encoding(encoding))
    folder = next(folder for folder in target.absolute().parents if folder.is_dir())
    with ExitStack() as stack:
        read, work = _read(files, tokeniser.block, report, replace_invalid), Work(tokeniser, replace_invalid)
        numbers = number_on_cluster(read, work, dask, workers) if dask else number_all(read, work, workers)
        counted = count(stack.enter_context(closing(numbers)), folder, stack, table=table)
        if phrases is not None:
            counted = _with_phrases(counted, phrases, min_count, folder, stack)
        vocab = choose(counted.parts, min_count, max_vocab)
        advance = running_total(report, "writing", 4 * sum(part.length for part in counted.parts))
        arrays = {"counts": np.asarray(vocab.counts), "words": PackedWords.pack(vocab.words).block}
        metadata = corpus_metadata(len(vocab), name or target.stem, language)
        ids = sentences(_reported(vocabulary_ids(counted, vocab), advance))
        save_growing(target, "ids", ids, arrays, metadata)
    return open_corpus(target)


def _with_phrases(counted: Counted, phrases: Phrases, min_count: int, folder: Path, files: ExitStack) -> Counted:
    """Returns a counted text with its phrases joined, without words rarer than ``min_count``."""
    vocab = choose(counted.parts, min_count, None)
    joined = join_phrases(
        vocabulary_ids(counted, vocab), vocab, phrases, min_count=min_count, folder=folder, files=files
    )
    size = len(joined.words)
    entries = list(zip(joined.words, joined.counts.tolist(), range(size), strict=True))
    return Counted([Part(entries.__iter__, size, joined.file.seek(0, 2) // 4)], joined.file)


def _reported(
    blocks: Iterable[Int32[np.ndarray, " t"]], advance: Callable[[int], object]
) -> Iterator[Int32[np.ndarray, " t"]]:
    """Yields ``blocks``, and reports their bytes."""
    for block in blocks:
        advance(block.nbytes)
        yield block


def language_warning(corpus: Corpus) -> str:
    """Returns a warning if the script of a corpus's words does not fit its language, else an empty string.

    Example:
      >>> language_warning(Corpus.from_sentences([["the"]], min_count=1, language="zh"))
      'only 0.0% of the words contain Chinese characters, but the language is zh: if the text is English, use en'
    """
    words, counts = list(corpus.vocab.words[:_CHECKED_WORDS]), corpus.vocab.occurrences[:_CHECKED_WORDS]
    hanzi = np.fromiter(map(has_hanzi, words), bool, len(words))
    share = float(counts[hanzi].sum() / counts.sum())
    expected = {"zh": share >= _MIXED, "en": share <= _MIXED}
    if expected.get(corpus.language, True):
        return ""
    other = "if the text is English, use en" if corpus.language == "zh" else "if the text is Chinese, use zh"
    only = "only " if corpus.language == "zh" else ""
    return f"{only}{share:.1%} of the words contain Chinese characters, but the language is {corpus.language}: {other}"


def _read(files: list[Text], size: int, report: Report, replace: bool) -> Iterator[Block]:
    """Yields the blocks of all files in order."""
    advance = running_total(report, "reading", size_of(text.path for text in files))
    for text in files:
        yield from blocks(text, size, advance, replace=replace)
