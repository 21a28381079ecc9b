"""word2vec's binary format: a header ``v d``, then for each word its bytes, a space and d little-endian float32.

The original tool writes a newline after each vector and gensim does not; both are read, the first is written.
A word may hold spaces, because gensim writes such words. If the fast reader loses track of the entries, the file is
read again, entry by entry (`align.files.careful`).
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int

from align.files.careful import MIN_VALUE, careful_entries
from align.files.gather import EntryBlock, Gathered, ReadOptions, gather
from align.files.header import Header, read_header
from align.files.sanity import AbsurdRowError, RowCheck
from align.files.stream import VectorFile, progress
from align.files.words import MAX_WORD, Unreadable, check_storable, decode_lines, decode_words, unreadable
from align.space import Space

_CHUNK = 1 << 20
_ROWS = 512


class _OutOfStepError(ValueError):
    """The fast reader takes part of a vector for a word, or part of a word for a vector."""


def read_binary(source: VectorFile, options: ReadOptions) -> Gathered:
    """Reads word2vec's binary format.

    Args:
        source: the open file, at the start of its header.
        options: the words to read, and their encoding.

    Raises:
        ValueError: the header and the rest of the file disagree, an entry cannot be read with certainty, or a vector
            is not finite or absurdly long; names the entry.
    """
    begin = source.file.tell()
    header = read_header(source)
    least = header.words * (4 * header.dim + 1)
    if source.size is not None and least > source.size and options.limit is None:
        raise ValueError(
            f"{source.name}:1: the header says {header.words} words of {header.dim} dimensions, which is at least "
            f"{least} bytes; the file has {source.size}: it is cut short, or its header is wrong"
        )
    count = None if source.size is None else min(header.words, source.size // (4 * header.dim))
    try:
        blocks = _entries(source, header, options)
        return gather(blocks, header.dim, options, name=source.name, unit="word ", count=count)
    except (_OutOfStepError, AbsurdRowError):
        source.file.seek(begin)
        blocks = careful_entries(source, read_header(source), options)
        return gather(blocks, header.dim, options, name=source.name, unit="word ", count=count)


def _entries(source: VectorFile, header: Header, options: ReadOptions) -> Iterator[EntryBlock]:
    """Yields the entries of the file, read on the assumption that no word holds a space."""
    width, done = 4 * header.dim, 0
    memory = bytearray(max(_CHUNK, 4 * (width + MAX_WORD)))
    advance, held, more = progress(source), 0, True
    while more:
        more = (size := held + source.fill(memoryview(memory)[held:])) > held
        raw, starts = _spans(memoryview(memory)[:size], width, header.words - done)
        for i in range(0, len(raw), _ROWS):
            part = starts[i : i + _ROWS]
            yield _block(memory, raw[i : i + _ROWS], part, header.dim, first=done + i + 1, options=options)
        done += len(raw)
        rest = memory[starts[-1] + width if raw else 0 : size]
        if done == header.words and rest.strip(b"\r\n"):
            raise _OutOfStepError(header.trailing(source.name))
        if done < header.words and len(rest) > MAX_WORD and b" " not in rest[: MAX_WORD + 1]:
            raise _OutOfStepError(header.no_word(source.name, done + 1, bytes(rest[:20])))
        held = 0 if done == header.words else len(rest)
        memory[:held] = rest[:held]
        advance()
    if done < header.words:
        raise _OutOfStepError(header.cut(source.name, done))


def _spans(buffer: memoryview, width: int, count: int) -> tuple[list[bytes], Int[np.ndarray, " n"]]:
    """Returns the words of the complete entries in ``buffer``, at most ``count``, and the start of each vector."""
    # Entries follow one another. The second branch takes an incomplete entry, to the end of the buffer.
    entry = re.compile(rb"([^ ]{0,%d}) .{%d}|.+" % (MAX_WORD, width), re.DOTALL)
    raw: list[bytes] = entry.findall(buffer)
    starts = np.cumsum(np.fromiter(map(len, raw), np.int64, len(raw)) + (width + 1)) - width
    if raw and (starts[-1] + width > len(buffer) or buffer[starts[-1] - 1] != ord(" ")):
        raw.pop()
    count = min(count, len(raw))
    return raw[:count], starts[:count]


def _block(
    buffer: bytearray, raw: list[bytes], starts: Int[np.ndarray, " n"], dim: int, *, first: int, options: ReadOptions
) -> EntryBlock:
    """Decodes the words of ``raw`` and copies the rows of the requested ones, each once."""
    numbers = range(first, first + len(raw))
    words, ended = _words(raw, first, options.encoding)
    lost: list[Unreadable] = []
    if words is None:
        words, lost, ended = _stray(raw, first, options.encoding)
    places = options.places(words)
    if lost:
        skipped = {one.number - first for one in lost}
        places = [place for place in (range(len(words)) if places is None else places) if place not in skipped]
    if places is not None:
        words, starts, numbers = [words[place] for place in places], starts[places], [numbers[p] for p in places]
    # Every byte offset of the buffer as the start of a row: picking the true starts copies each row once.
    anywhere = np.ndarray((max(len(buffer) - 4 * dim + 1, 0),), f"V{4 * dim}", buffer, strides=(1,))
    rows = anywhere[starts].view("<f4").reshape(len(words), dim)
    if not ended and _tiny(rows):
        raise _OutOfStepError("a value so close to 0 that it may be letters of a word")
    return EntryBlock(words, rows, numbers, lost, len(raw) - len(words) - len(lost))


def _tiny(rows: Float32[np.ndarray, "n d"]) -> bool:
    """Returns whether one of the first values of a row is so close to 0 that it may be bytes of a word and a space."""
    sizes = np.abs(rows[:, :4])
    return bool(((sizes > 0) & (sizes < MIN_VALUE)).any())


def _words(raw: list[bytes], first: int, encoding: str) -> tuple[list[str] | None, bool]:
    """Returns the words as text, and whether a newline precedes each except the file's first.

    The words are None if one of them is unreadable, or if a newline precedes only some of them.
    """
    joined = b"\n".join(raw) if first == 1 else b"\n" + b"\n".join(raw)
    single = joined.replace(b"\n\n", b"\n")
    newlines, inner = len(joined) - len(single), len(raw) - (first == 1)
    if newlines not in (0, inner):
        return None, False
    return decode_lines(single if first == 1 else single[1:], len(raw), encoding), newlines == inner > 0


def _stray(raw: list[bytes], first: int, encoding: str) -> tuple[list[str], list[Unreadable], bool]:
    """Returns the words, the unreadable ones, and whether a newline precedes each except the file's first.

    Raises:
        _OutOfStepError: no newline shows that an unreadable word begins where an entry does.
    """
    inner = raw[first == 1 :]
    ended = bool(inner) and all(word.startswith(b"\n") for word in inner)
    bare = [word.removeprefix(b"\n") for word in raw] if ended else raw
    words, bad = decode_words(bare, encoding)
    lost = [unreadable(bare[place], first + place, encoding) for place in bad]
    if lost and not (ended and all(one.undecodable for one in lost)):
        raise _OutOfStepError(f"word {lost[0].number}")
    return words, lost, ended


def write_binary(space: Space, path: Path) -> None:
    """Writes ``space`` to ``path`` in word2vec's binary format.

    Raises:
        ValueError: a word that the format cannot hold (one with a space or a control character), or a vector that
            is not finite or absurdly long.
    """
    words = space.vocab.words
    check = RowCheck("word ")
    with path.open("wb") as file:
        file.write(f"{len(space)} {space.dim}\n".encode())
        for start in range(0, len(words), _ROWS):
            rows = np.asarray(space.vectors[start : start + _ROWS], "<f4")
            check(rows, words[start : start + _ROWS], range(start + 1, len(words) + 1))
            batch = [_writable(word) for word in words[start : start + _ROWS]]
            file.write(
                b"".join([part for word, row in zip(batch, rows, strict=True) for part in (word, row.tobytes(), b"\n")])
            )


def _writable(word: str) -> bytes:
    if " " in word or len(word) > MAX_WORD // 4:
        raise ValueError(
            f"the word {word[:40]!r} cannot be written to word2vec's binary format (no spaces, at most {MAX_WORD // 4} "
            "characters); write .txt, .vec or .safetensors"
        )
    check_storable(word, "word2vec's binary format")
    return word.encode() + b" "
