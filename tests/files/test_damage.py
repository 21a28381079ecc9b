"""Damaged files of every format and packing: an error of our own kind, quickly, and never a large allocation."""

import bz2
import functools
import gzip
import io
import lzma
import struct
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from align.files import load, save
from align.space import Space
from align.text.units import HashedNgrams
from align.text.vocab import Vocab

PEAK = 48 << 20


def fasttext_model(words: list[str], vectors: np.ndarray, table: np.ndarray) -> bytes:
    dim, buckets = vectors.shape[1], len(table)
    parts = [struct.pack("<ii12id", 793712314, 12, dim, 5, 1, 1, 5, 1, 2, 2, buckets, 2, 4, 100, 1e-4)]
    parts.append(struct.pack("<iiiqq", len(words), len(words), 0, 100, -1))
    parts += [word.encode() + b"\0" + struct.pack("<qb", 9, 0) for word in words]
    parts.append(struct.pack("<?qq", False, len(words) + buckets, dim) + vectors.tobytes() + table.tobytes())
    return b"".join([*parts, struct.pack("<?qq", False, len(words), dim), vectors.tobytes()])


@functools.cache
def samples() -> dict[str, bytes]:
    draw = np.random.default_rng(0)
    words = ["the", "国王", "New York", "naïve", *(f"w{i}" for i in range(30))]
    vectors = draw.standard_normal((len(words), 5)).astype(np.float32)
    table = draw.standard_normal((20, 5)).astype(np.float32)
    space = Space(Vocab(words, np.arange(len(words))), vectors, HashedNgrams(table, 2, 4))
    plain = Space(Vocab([word.replace(" ", "_") for word in words]), vectors)
    found: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        for ending, what in ((".bin", plain), (".txt", space), (".safetensors", space)):
            save(what, Path(folder) / f"s{ending}")
            found[ending] = (Path(folder) / f"s{ending}").read_bytes()
    found["glove"] = found[".txt"].partition(b"\n")[2]
    found["fasttext"] = fasttext_model(words, vectors, table)
    for name, write in (("npz", np.savez), ("packed npz", np.savez_compressed)):
        buffer = io.BytesIO()
        write(buffer, words=np.array(words), vectors=vectors)
        found[name] = buffer.getvalue()
    packs: list[Callable[[bytes], bytes]] = [gzip.compress, bz2.compress, lzma.compress]
    for kind in (".bin", ".txt", "fasttext", ".safetensors"):
        found |= {f"{kind} {pack.__module__}": pack(found[kind]) for pack in packs}
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("s", found[kind])
        found[f"{kind} zip"] = buffer.getvalue()
    return found


def read(data: bytes, **options: int) -> Space | None:
    """Load ``data`` and touch all of it; None where it was refused as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged"
        path.write_bytes(data)
        tracemalloc.start()
        try:
            space = load(path, **options)
            assert len(list(space.vocab.words)) == len(space.vectors)
            np.abs(space.vectors).sum()
            if space.units is not None:
                space.units.vector("unseen")
        except (ValueError, OSError, KeyError) as error:
            space, message, kind = None, str(error), type(error).__module__
        else:
            message, kind = "", "builtins"
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    assert peak < PEAK
    assert "\n" not in message
    assert kind == "builtins" or kind.startswith("align."), message
    return space


def test_the_samples_themselves_load() -> None:
    for name, data in samples().items():
        space = read(data)
        assert space is not None, name
        assert len(space) == 34


@pytest.mark.parametrize("name", samples())
def test_cut_short_is_refused_or_no_more_than_its_start(name: str) -> None:
    data = samples()[name]
    for size in sorted({*range(0, 40, 3), *range(40, len(data), max(1, len(data) // 25)), len(data) - 1}):
        space = read(data[:size])
        if name == "glove":  # nothing says where such a file ends
            continue
        assert space is None or size >= len(data) - 250, (size, len(data))


EDIT = st.tuples(
    st.sampled_from(["flip", "insert", "delete", "overwrite"]),
    st.floats(0, 1) | st.floats(0, 0.05),
    st.binary(min_size=1, max_size=8) | st.sampled_from([b"\xff" * 8, b"\0" * 8, b"999999999", b"\n", b" ", b"-1"]),
)


def damaged(data: bytes, kind: str, where: float, what: bytes) -> bytes:
    at = int(where * len(data))
    if kind == "flip":
        mask = what[0] or 1
        return data[:at] + bytes(byte ^ mask for byte in data[at : at + 1]) + data[at + 1 :]
    if kind == "insert":
        return data[:at] + what + data[at:]
    return data[:at] + (b"" if kind == "delete" else what) + data[at + len(what) :]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@settings(max_examples=500, deadline=5000, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(sorted(samples())), edits=st.lists(EDIT, min_size=1, max_size=3))
@example(name=".safetensors", edits=[("overwrite", 0.0, b"\xff\xff\xff\x7f")])
@example(name="fasttext", edits=[("overwrite", 0.01, b"\xff" * 8)])
def test_any_damage_gives_our_error_or_a_space(name: str, edits: list[tuple[str, float, bytes]]) -> None:
    data = samples()[name]
    for edit in edits:
        data = damaged(data, *edit)
    read(data)


@settings(max_examples=150, deadline=5000)
@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_bytes_give_our_error_or_a_space(data: bytes) -> None:
    read(data)
    read(b"3 2\n" + data)
