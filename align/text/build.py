"""From texts to a corpus: read, tokenise, count, number, write; memory stays bounded however large the texts."""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np

from align.catalogue import resolve
from align.progress import Report, running_total
from align.tensors import save_growing
from align.text.catalogued import READERS, texts_of
from align.text.corpus import ENDING, Corpus, corpus_metadata, open_corpus
from align.text.counting import TABLE, choose, count, final_ids
from align.text.reading import STDIN, Block, Text, blocks, size_of, texts_in
from align.text.tokenise import Language, Tokeniser, tokeniser_of
from align.text.vocab import PackedWords
from align.text.workers import Work, number_all

PathLike = str | os.PathLike[str]


def build_corpus(
    texts: PathLike | Text | Iterable[PathLike | Text],
    out: PathLike,
    *,
    language: Language,
    tokenise: Tokeniser | str = "",
    min_count: int = 5,
    max_vocab: int | None = None,
    workers: int | None = None,
    replace_invalid: bool = False,
    name: str = "",
    report: Report = lambda *_: None,
    table: int = TABLE,
) -> Corpus:
    r"""Make a corpus of ``texts``, write it to ``out`` whole or not at all, and open it.

    A text is a file, a folder (every file in it), ``-`` (standard input) or a name from the catalogue: plain or packed
    with gzip, bzip2 or xz, running text or a MediaWiki dump, told by content. The vocabulary is of the words that occur
    ``min_count`` times, at most ``max_vocab`` of them, by falling count and then by word; it depends on neither the
    number of ``workers`` (processes that tokenise; default: one a core) nor on ``table`` (how many different words are
    held in memory while counting).

    Args:
        texts: What to read, in this order.
        out: The file to write; its name ends in ``.corpus``.
        language: ``en`` or ``zh``.
        tokenise: A tokeniser or the name of one; without it English for ``en`` and jieba for ``zh``.
        min_count: How often a word must occur.
        max_vocab: The most words to keep.
        workers: How many processes tokenise.
        replace_invalid: Bytes that are not UTF-8 become U+FFFD, which is no letter, instead of being refused.
        name: What the corpus is called; without it, ``out`` without its ending.
        report: Told the progress in bytes.
        table: Different words held in memory while counting.

    Raises:
        ValueError: a wrong option, invalid UTF-8 or damaged packed data (file and line are named), no word at all, or
            none that occurs often enough.
        KeyError: no such tokeniser, language or catalogue name.
        OSError: a file cannot be read or written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "a.txt").write_text("a king and a queen\n")
        ...     build_corpus(Path(folder, "a.txt"), Path(folder, "a.corpus"), language="en", min_count=1, workers=1)
        Corpus(5 words in 1 sentences, 4 of them different)
    """
    target = Path(out)
    if target.suffix != ENDING:
        raise ValueError(f"{target}: a corpus file's name ends in {ENDING}")
    for option, value in {"min_count": min_count, "max_vocab": max_vocab, "workers": workers, "table": table}.items():
        if value is not None and value < 1:
            raise ValueError(f"{option} is {value}; at least 1 was expected")
    tokeniser = tokeniser_of(language, tokenise) if isinstance(tokenise, str) else tokenise
    files = _files(texts)
    target.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        read = _read(files, tokeniser.block, report)
        work = Work(tokeniser, replace_invalid)
        counting = stack.enter_context(closing(number_all(read, work, workers or os.cpu_count() or 1)))
        counted = count(counting, target.parent, stack, table=table)
        vocab = choose(counted.parts, min_count, max_vocab)
        advance = running_total(report, "writing", 4 * sum(part.length for part in counted.parts))
        arrays = {"counts": np.asarray(vocab.counts), "words": PackedWords.pack(vocab.words).block}
        said = corpus_metadata(len(vocab), name or target.stem, language)
        save_growing(target, "ids", final_ids(counted, vocab, advance), arrays, said)
    return open_corpus(target)


def _files(texts: PathLike | Text | Iterable[PathLike | Text]) -> list[Text]:
    """The files that ``texts`` stand for."""
    files: list[Text] = []
    for text in [texts] if isinstance(texts, str | os.PathLike | Text) else texts:
        if isinstance(text, Text):
            files += [Text(path, text.lines) for path in texts_in(text.path)]
        else:
            known = os.fspath(text)
            if known in READERS and not Path(text).exists():
                files += texts_of(known)
            else:
                path = Path(text) if known in STDIN else resolve(text)
                files += [Text(one) for one in texts_in(path)]
    if not files:
        raise ValueError("no text given")
    return files


def _read(files: list[Text], size: int, report: Report) -> Iterator[Block]:
    """The blocks of all files, one after the other."""
    advance = running_total(report, "reading", size_of(text.path for text in files))
    for text in files:
        yield from blocks(text, size, advance)
