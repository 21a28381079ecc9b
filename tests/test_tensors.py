"""Named arrays in a file: compatible with the safetensors library, and no errors but our own."""

import json
import resource
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from align.tensors import is_tensors, load_tensors, save_growing, save_tensors

TYPES = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?"]
ARRAYS = {
    "vectors": np.arange(12, dtype=np.float32).reshape(3, 4) - 5,
    "词 words": np.frombuffer("国王\n".encode(), np.uint8),
    "none": np.zeros((0, 7), np.int64),
    "alone": np.array(3.5),
}
EASY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert set(found) == set(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(found[name], array, strict=array.dtype.isnative)


def with_header(header: object, data: bytes = b"") -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(raw).to_bytes(8, "little") + raw + data


def entry(shape: object, span: object, dtype: object = "F32") -> dict[str, object]:
    return {"a": {"dtype": dtype, "shape": shape, "data_offsets": span}}


@EASY
@given(st.dictionaries(st.text(max_size=8).filter(lambda name: name != "__metadata__"), st.sampled_from(TYPES).flatmap(
    lambda kind: hnp.arrays(kind, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
), max_size=4))  # fmt: skip
def test_the_library_reads_what_we_write_and_we_read_what_it_writes(tmp_path: Path, arrays) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    save_tensors(ours, arrays)
    same(load_file(ours), arrays)
    same(load_tensors(ours)[0], arrays)
    save_file(arrays, theirs)
    same(load_tensors(theirs)[0], arrays)


def test_metadata_come_back(tmp_path: Path) -> None:
    texts = {"format": "1", "说明": "线\n"}
    save_tensors(tmp_path / "a", ARRAYS, texts)
    assert load_tensors(tmp_path / "a")[1] == texts
    with safe_open(tmp_path / "a", "numpy") as file:
        assert file.metadata() == texts
    save_file({"x": np.zeros(2)}, tmp_path / "b", texts)
    assert load_tensors(tmp_path / "b")[1] == texts
    save_tensors(tmp_path / "c", {})
    assert load_tensors(tmp_path / "c") == ({}, {})


def test_arrays_of_any_order_in_memory_are_written(tmp_path: Path) -> None:
    grid = np.arange(24, dtype=np.float32).reshape(4, 6)
    arrays = {"turned": grid.T, "every other": grid[::2, ::-1], "big-endian": grid.astype(">f4")}
    save_tensors(tmp_path / "a", arrays)
    same(load_tensors(tmp_path / "a")[0], arrays)


def test_what_is_read_is_a_view_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    big = np.ones((1 << 22, 4), np.float32)  # 64 MB
    save_tensors(path, {"big": big, "small": big[:1]})
    del big
    arrays, _ = load_tensors(path)
    assert not arrays["big"].flags.writeable
    assert not arrays["big"].flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        arrays["small"][0] = 2
    save_tensors(path, {"big": arrays["small"]})  # replacing the file leaves what is open as it was
    assert arrays["big"][-1, -1] == 1


def test_what_cannot_be_stored_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    for array in (np.array(["a"]), np.array([object()]), np.zeros(2, np.complex64), np.zeros(2, ml_dtypes.bfloat16)):
        with pytest.raises(ValueError, match="array 'x' is of type"):
            save_tensors(tmp_path / "a", {"x": array})
    with pytest.raises(ValueError, match="cannot be named"):
        save_tensors(tmp_path / "a", {"__metadata__": np.zeros(2)})
    assert list(tmp_path.iterdir()) == []


BAD = {
    "empty file": (b"", "not a safetensors file"),
    "text": (b"king 0.1 0.2 0.3\n", "not a safetensors file"),
    "cut in the header": (with_header(entry([1], [0, 4]), b"1234")[:20], "cut short: the header should take"),
    "cut in the data": (
        with_header(entry([2], [0, 8]), b"1234567"),
        r"cut short: \d+ bytes of data expected, \d+ found",
    ),
    "no JSON": (with_header(b"{nothing}"), "header cannot be read"),
    "not UTF-8": (with_header(b'{"\xff": 1}'), "header cannot be read"),
    "deep": (with_header(b'{"a":' * 100_000 + b"}" * 100_000), "header cannot be read"),
    "a number for an entry": (with_header({"a": 3}), "header cannot be read"),
    "no shape": (with_header({"a": {"dtype": "F32", "data_offsets": [0, 0]}}), "header cannot be read"),
    "unknown type": (with_header(entry([1], [0, 2], "BF16"), b"12"), "is of type 'BF16'; expected one of F64, F32"),
    "list for a type": (with_header(entry([1], [0, 4], ["F32"]), b"1234"), "header cannot be read"),
    "text for a shape": (with_header(entry("12", [0, 8]), b"12345678"), "has shape 12"),
    "fractions": (with_header(entry([1.5], [0, 6]), b"123456"), "has shape"),
    "truth": (with_header(entry([True], [0, 4]), b"1234"), "has shape"),
    "infinity": (with_header(b'{"a":{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}}', b"1234"), "has shape"),
    "negative": (with_header(entry([-1, -1], [0, 4]), b"1234"), "has shape"),
    "backwards": (with_header(entry([1], [4, 0]), b"1234"), "but spans bytes 4 to 0"),
    "one offset": (with_header(entry([1], [4]), b"1234"), "has shape"),
    "three offsets": (with_header(entry([1], [0, 4, 8]), b"1234"), "has shape"),
    "shape and span differ": (with_header(entry([3], [0, 4]), b"1234"), r"has shape \(3,\) of float32"),
    "many axes": (with_header(entry([1] * 65, [0, 4]), b"1234"), "has shape"),
    "nothing, hugely": (with_header(entry([0, 10**30], [0, 0])), "has shape"),
    "nothing, largely": (with_header(entry([2**39, 0, 2**39], [0, 0])), "has shape"),
    "texts that are none": (with_header({"__metadata__": [1]}), "metadata is not an object"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD.keys())
def test_a_damaged_file_is_refused_with_its_name(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "damaged.bin"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        load_tensors(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_huge_claimed_shape_allocates_nothing(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    path.write_bytes(with_header(entry([1 << 18, 1 << 18], [0, 1 << 38]), b"1234"))
    limits = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 28), limits[1]))
    try:
        with pytest.raises(ValueError, match="cut short"):
            load_tensors(path)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def read_or_refused(path: Path) -> dict[str, np.ndarray]:
    """The arrays, or none where the file is refused as it should be: by a ValueError that names it."""
    try:
        return load_tensors(path)[0]
    except ValueError as error:
        if not str(error).startswith(f"{path}: "):
            raise
    return {}


WHOLE = with_header(
    {"__metadata__": {"format": "x"}, **entry([2, 3], [0, 24]), "b": {"dtype": "U8", "shape": [4], "data_offsets": [24, 28]}},  # noqa: E501
    bytes(range(28)),
)  # fmt: skip


@settings(EASY, max_examples=300)
@given(st.integers(0, len(WHOLE)), st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=4))
def test_any_damage_gives_our_error_or_arrays(tmp_path: Path, keep: int, changes) -> None:
    content = bytearray(WHOLE)
    for at, byte in changes:
        content[at] = byte
    path = tmp_path / "damaged"
    path.write_bytes(content[:keep] if keep % 2 else content)
    arrays = read_or_refused(path)
    assert sum(array.nbytes for array in arrays.values()) <= 2 * len(WHOLE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["F32", "I8"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["dtype", "shape", "data_offsets", "a"]), inner)
    ),
    max_leaves=8,
)


@settings(EASY, max_examples=300)
@given(st.dictionaries(st.sampled_from(["a", "b", "__metadata__"]), JSON))
def test_any_header_gives_our_error_or_arrays(tmp_path: Path, header) -> None:
    path = tmp_path / "odd"
    path.write_bytes(with_header(header, bytes(64)))
    read_or_refused(path)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_tensors(tmp_path / "missing")
    with pytest.raises(OSError, match="directory"):
        load_tensors(tmp_path)


def test_is_tensors_tells_it_from_other_vector_files(tmp_path: Path) -> None:
    save_tensors(tmp_path / "a", ARRAYS)
    assert is_tensors((tmp_path / "a").read_bytes()[:9])
    for head in (b"", b"3000000 300\n", b"the 0.1 0.2", b"PK\x03\x04\x14\x00\x00\x00\x08\x00", b"\x80\x04\x95" * 4):
        assert not is_tensors(head)


def test_an_array_that_grows_is_written_block_by_block_and_reads_as_if_it_were_one(tmp_path):
    blocks = [np.arange(5, dtype=np.int32), np.zeros(0, np.int32), np.arange(7, dtype=np.int32)]
    save_growing(tmp_path / "grown", "ids", iter(blocks), {"counts": np.arange(3)}, {"what": "国"})
    arrays, metadata = load_tensors(tmp_path / "grown")
    assert arrays["ids"].tolist() == [*range(5), *range(7)]
    assert arrays["ids"].flags.aligned
    assert arrays["counts"].tolist() == [0, 1, 2]
    assert metadata == {"what": "国"}
    assert load_file(tmp_path / "grown")["ids"].tolist() == arrays["ids"].tolist()


def test_an_array_that_grows_has_blocks_of_one_type(tmp_path):
    with pytest.raises(ValueError, match="array 'ids' has no block"):
        save_growing(tmp_path / "grown", "ids", iter(()), {}, {})
    with pytest.raises(ValueError, match="a block of array 'ids' is of type int64, the first was of int32"):
        save_growing(tmp_path / "grown", "ids", iter([np.zeros(1, np.int32), np.zeros(1, np.int64)]), {}, {})
    assert list(tmp_path.iterdir()) == []
