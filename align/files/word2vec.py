"""word2vec's binary format: a header ``v d``, then for each word its UTF-8, a space and d little-endian float32.

The original tool ends an entry with a newline and gensim does not; both are read, the first is written.
But: a word that is not UTF-8 (the original tool cut long words between bytes) is kept, with U+FFFD for what cannot be
read; words that become the same by it count as repeated.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Int

from align.files.gather import Block, Gathered, Keep, check_finite, gather
from align.files.stream import Source, progress
from align.space import Space

MAX_DIM = 100_000
MAX_WORD = 2_000
_CHUNK = 1 << 20
_ROWS = 512


def read_header(source: Source) -> tuple[int, int]:
    """The numbers of words and of dimensions that the first line says.

    Raises:
        ValueError: the line is not two numbers, or no file of dense vectors has such dimensions.
    """
    line = source.file.readline(200)
    fields = line.split()
    if len(fields) != 2 or not line.endswith(b"\n") or not all(field.isdigit() for field in fields):
        raise ValueError(f"{source.name}:1: {line[:60]!r} found; the header 'words dimensions' was expected")
    count, dim = map(int, fields)
    if not 1 <= dim <= MAX_DIM:
        raise ValueError(
            f"{source.name}:1: the header says {dim} dimensions; 1 to {MAX_DIM} were expected"
            + ("; sparse (PPMI) vectors cannot be read" if dim > MAX_DIM else "")
        )
    return count, dim


def read_binary(source: Source, keep: Keep) -> Gathered:
    """Read word2vec's binary format from the start of ``source``.

    Raises:
        ValueError: the header and the rest of the file disagree, or a vector is not finite.
    """
    count, dim = read_header(source)
    least = count * (4 * dim + 1)
    if source.size is not None and least > source.size and keep.limit is None:
        raise ValueError(
            f"{source.name}:1: the header says {count} words of {dim} dimensions, which is at least {least} bytes; "
            f"the file has {source.size}: it is cut short, or its header lies"
        )
    believed = None if source.size is None else min(count, source.size // (4 * dim))
    return gather(_entries(source, count, dim, keep), dim, keep, name=source.name, unit="word ", count=believed)


def _entries(source: Source, count: int, dim: int, keep: Keep) -> Iterator[Block]:
    width, done, said = 4 * dim, 0, f"the header says {count} words of {dim} dimensions"
    memory = bytearray(max(_CHUNK, 4 * (width + MAX_WORD)))
    advance, held, more = progress(source), 0, True
    while more:
        more = (size := held + source.fill(memoryview(memory)[held:])) > held
        raw, starts = _spans(memoryview(memory)[:size], width, count - done)
        if done == 0 and 2 * sum("\ufffd" in word.decode(errors="replace") for word in raw[:99]) > len(raw[:99]):
            raise ValueError(f"{source.name}:word 1: {raw[0][:20]!r} is not UTF-8 text; {said}, which may be wrong")
        for i in range(0, len(raw), _ROWS):
            yield _block(memory, raw[i : i + _ROWS], starts[i : i + _ROWS], dim, first=done + i + 1, keep=keep)
        done += len(raw)
        rest = memory[starts[-1] + width if raw else 0 : size]
        if done == count and rest.strip(b"\r\n"):
            raise ValueError(f"{source.name}:word {count + 1}: more follows; {said} (limit={count} reads those)")
        if done < count and len(rest) > MAX_WORD and b" " not in rest[: MAX_WORD + 1]:
            found = bytes(rest[:20])
            raise ValueError(f"{source.name}:word {done + 1}: {found!r} found; a word and a space were expected")
        held = 0 if done == count else len(rest)
        memory[:held] = rest[:held]
        advance()
    if done < count:
        raise ValueError(f"{source.name}:word {done + 1}: cut short here; {said} (limit={done} reads what is there)")


def _spans(buffer: memoryview, width: int, most: int) -> tuple[list[bytes], Int[np.ndarray, " n"]]:
    """The words of the whole entries in ``buffer``, at most ``most``, and where each one's vector begins."""
    # Entries follow one another; what is no whole entry is taken by the second branch, to the end of the buffer.
    entry = re.compile(rb"([^ ]{0,%d}) .{%d}|.+" % (MAX_WORD, width), re.DOTALL)
    raw: list[bytes] = entry.findall(buffer)
    starts = np.cumsum(np.fromiter(map(len, raw), np.int64, len(raw)) + (width + 1)) - width
    if raw and (starts[-1] + width > len(buffer) or buffer[starts[-1] - 1] != ord(" ")):
        raw.pop()
    most = min(most, len(raw))
    return raw[:most], starts[:most]


def _block(
    buffer: bytearray, raw: list[bytes], starts: Int[np.ndarray, " n"], dim: int, *, first: int, keep: Keep
) -> Block:
    """Decode the words of ``raw`` and copy the rows of those that are wanted, one copy a row."""
    words = b" ".join([b"", *raw]).decode(errors="replace").replace(" \n", " ").split(" ")[1:]
    numbers = range(first, first + len(raw))
    places = keep.places(words)
    if places is not None:
        words, starts, numbers = [words[place] for place in places], starts[places], [numbers[p] for p in places]
    # Every byte offset of the buffer as the start of a row: picking the true starts copies each row once.
    anywhere = np.ndarray((max(len(buffer) - 4 * dim + 1, 0),), f"V{4 * dim}", buffer, strides=(1,))
    return Block(words, anywhere[starts].view("<f4").reshape(len(words), dim), numbers)


def write_binary(space: Space, path: Path) -> None:
    """Write ``space`` to ``path`` in word2vec's binary format.

    Raises:
        ValueError: a word that the format cannot hold (one with a space, or that begins with a newline),
            or a vector that is not finite.
    """
    words = space.vocab.words
    with path.open("wb") as file:
        file.write(f"{len(space)} {space.dim}\n".encode())
        for start in range(0, len(words), _ROWS):
            rows = np.asarray(space.vectors[start : start + _ROWS], "<f4")
            check_finite(rows, words[start : start + _ROWS], range(start + 1, len(words) + 1), "word ")
            batch = [_writable(word) for word in words[start : start + _ROWS]]
            file.write(
                b"".join([part for word, row in zip(batch, rows, strict=True) for part in (word, row.tobytes(), b"\n")])
            )


def _writable(word: str) -> bytes:
    if " " in word or word.startswith("\n") or len(word) > MAX_WORD // 4:
        raise ValueError(
            f"the word {word[:40]!r} cannot stand in word2vec's binary format (no spaces, no leading newline, at most "
            f"{MAX_WORD // 4} characters); write .txt, .vec or .safetensors"
        )
    return word.encode() + b" "
