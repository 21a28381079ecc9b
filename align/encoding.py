"""Text encodings: decoding with errors that name file and line, and suggestions for files that are not UTF-8."""

import codecs
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

UTF8 = "utf-8"
_SUGGESTED = ("gb18030", "big5", "utf_16_le", "utf_16_be", "cp1252")
_SAMPLE = 1 << 16
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")


def check_encoding(encoding: str, *, option: str = "--encoding") -> str:
    """Returns Python's name of a text encoding.

    Args:
        encoding: a name such as ``utf-8``, ``gb18030``, ``big5``, ``utf-16`` or ``latin-1``; empty for UTF-8.
        option: the command-line option that sets it, for the message.

    Raises:
        ValueError: no text encoding has this name.

    Example:
        >>> check_encoding("GB18030"), check_encoding("")
        ('gb18030', 'utf-8')
    """
    try:
        "".encode(encoding or UTF8)
        return codecs.lookup(encoding or UTF8).name
    except (LookupError, ValueError) as error:  # ValueError: a NUL byte in the name
        raise ValueError(
            f"{option} {encoding}: not a text encoding; examples are utf-8, gb18030, big5, utf-16 and latin-1"
        ) from error


def suggest_encoding(sample: bytes) -> str:
    """Returns the most probable encoding of bytes that are not UTF-8, or an empty string if none is probable.

    It is used in messages only: no file is read in a guessed encoding.

    Example:
        >>> suggest_encoding("国王 王后 男人 女人".encode("gb18030"))
        'gb18030'
    """
    from charset_normalizer import from_bytes  # late: needed for a message only

    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in sample:  # the high bytes of Latin letters in UTF-16
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        encoding = "utf-16-le" if odd > even else "utf-16-be"
        plain = max(even, odd) > max(1, 4 * min(even, odd)) and not _CONTROL.search(sample.decode(encoding, "ignore"))
        return encoding if plain else ""
    best = from_bytes(sample[:_SAMPLE], cp_isolation=list(_SUGGESTED)).best()
    return best.encoding.replace("_", "-") if best else ""


def decode(data: bytes, name: str, *, encoding: str = UTF8, first_line: int = 1, option: str = "--encoding") -> str:
    r"""Decodes whole lines of a text file, strictly.

    Args:
        data: the bytes of one or more lines.
        name: the file, for messages.
        encoding: the text encoding.
        first_line: the number of the first line in ``data``, for messages. A byte-order mark on line 1 is dropped.
        option: the command-line option that sets the encoding, for messages; empty if there is none.

    Raises:
        ValueError: bytes that do not decode, or a NUL character. The message gives file and line, and suggests an
            encoding for text that is not UTF-8.

    Example:
        >>> decode("naïve\nking".encode("latin-1"), "en.txt", encoding="latin-1")
        'naïve\nking'
        >>> decode(b"king\nna\xefve", "en.txt")
        Traceback (most recent call last):
        ValueError: en.txt:2: byte 0xef is not UTF-8; --encoding cp1252 may read it
    """
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise undecodable(data, error, name, encoding=encoding, first_line=first_line, option=option) from error
    except UnicodeError as error:  # some codecs do not say where
        raise ValueError(f"{name}: is not {encoding.upper()} ({error})") from error
    if "\0" in text:
        line = first_line + text.count("\n", 0, text.index("\0"))
        raise ValueError(f"{name}:{line}: a NUL byte found; text was expected{_hint(data, option)}")
    return text.removeprefix("\ufeff") if first_line == 1 else text


def undecodable(
    data: bytes,
    error: UnicodeDecodeError,
    name: str,
    *,
    encoding: str = UTF8,
    first_line: int = 1,
    option: str = "--encoding",
) -> ValueError:
    """Returns the error for ``data`` that cannot be decoded: file, line, byte, and an encoding that may read it."""
    line = first_line + data.count(b"\n", 0, error.start)
    start = data.rfind(b"\n", 0, error.start) + 1
    hint = _hint(data[start:], option) if encoding in (UTF8, "utf-8-sig") else ""
    return ValueError(f"{name}:{line}: byte {data[error.start]:#04x} is not {encoding.upper()}{hint}")


def _hint(sample: bytes, option: str) -> str:
    """Returns the end of a message that suggests an encoding, or an empty string."""
    suggested = suggest_encoding(sample)
    if not suggested:
        return ""
    return f"; {option} {suggested} may read it" if option else f"; it may be {suggested}"


def numbered_lines(path: Path, *, encoding: str = UTF8, option: str = "--encoding") -> Iterator[tuple[int, str]]:
    """Yields the number, from 1, and the text of each line of a file, without its line end.

    Raises:
        ValueError: a line does not decode; the message gives file and line.
        OSError: the file cannot be read.
    """
    text = decode(path.read_bytes(), str(path), encoding=encoding, option=option)
    for number, line in enumerate(text.split("\n"), 1):
        yield number, line.removesuffix("\r")


def as_utf8(chunks: Iterable[bytes], name: str, *, encoding: str, replace: bool = False) -> Iterator[bytes]:
    """Converts a stream of chunks to UTF-8; a byte-order mark is dropped.

    Args:
        chunks: the bytes of a file, in order.
        name: the file, for messages.
        encoding: the text encoding.
        replace: replace bytes that do not decode by U+FFFD instead of refusing them.

    Raises:
        ValueError: bytes do not decode; the message gives file and line.
    """
    decoder = codecs.getincrementaldecoder(encoding)("replace" if replace else "strict")
    line, begun = 1, False

    def decoded(chunk: bytes, *, final: bool) -> bytes:
        nonlocal line, begun
        try:
            text = decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(encoding, "replace")
            raise ValueError(
                f"{name}:{line + before.count(chr(10))}: byte {error.object[error.start]:#04x} is not "
                f"{encoding.upper()}"
            ) from error
        except UnicodeError as error:  # UTF-16 without a byte-order mark, and codecs that do not say where
            raise ValueError(f"{name}: is not {encoding.upper()} ({error})") from error
        line += text.count("\n")
        if text and not begun:
            text, begun = text.removeprefix("\ufeff"), True
        return text.encode(errors="surrogatepass")

    for chunk in chunks:
        yield decoded(chunk, final=False)
    yield decoded(b"", final=True)
