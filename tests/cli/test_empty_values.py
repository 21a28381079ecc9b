"""Options whose value is empty, as a shell leaves it for a variable that is not set."""

import pytest

EMPTY = [
    ("translate", "king", "--context", ""),
    ("translate", "king", "--with", " "),
    ("senses", "s.safetensors", "bank", "--context="),
    ("map", "en.vec", "zh.bin", "-o", ""),
    ("convert", "t.align", "--target", ""),
    ("eval", "analogy", "en.vec", "--set", ""),
    ("corpus", "en.txt", "--language", "en", "--dask", ""),
    ("near", "en.vec", "king", "--encoding", ""),
    ("map", "en.vec", "zh.bin", "-o", "t.align", "--normalise", ""),
    ("explore", "t.align", "--serve", "--host", ""),
    ("train", "bilingual", "pairs.tsv", "-o", "t.align", "--english", ""),
    ("documents", "compare", "en.vec", "a.txt", "b.txt", "--idf", ""),
]


@pytest.mark.parametrize("arguments", EMPTY, ids=" ".join)
def test_the_empty_value_of_an_unset_variable_is_refused(run, arguments):
    status, written, said = run(*arguments)
    assert (status, written) == (2, "")
    assert said.endswith(": it is empty\n")
    assert any(f"for {word.rstrip('=')}:" in said for word in arguments if word.startswith("-"))
