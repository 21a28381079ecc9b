"""Errors of the user: those raised by a raise statement of this project, whatever frames they passed."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from align.checks import at_least
from align.message import explain, is_refusal, one_line
from align.repl.background import in_background
from align.space import Space
from align.text.vocab import Vocab


def caught(call):
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def refuse():
    at_least(0, 1, "--k")


def through_blocks():
    with contextlib.suppress(TypeError), contextlib.ExitStack():
        try:
            refuse()
        finally:
            _ = "passed"


def raised_again():
    try:
        refuse()
    except ValueError as error:
        if "--k" in str(error):
            raise


def in_a_thread():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(refuse).result()


def in_the_background():
    in_background(refuse)()


def unknown_word():
    _ = Space(Vocab(["a"]), np.ones((1, 2), np.float32))["b"]


@pytest.mark.parametrize(
    "call",
    [refuse, through_blocks, raised_again, in_a_thread, in_the_background, unknown_word, Path("/no/file").read_text],
)
def test_what_our_own_code_refuses_is_the_users(call):
    error = caught(call)
    assert is_refusal(error)
    assert explain(error) == one_line(error)


def bad_shapes():
    space = Space(Vocab(["a", "b"]), np.ones((2, 2), np.float32))
    space.restrict(words=iter([np.ones(2) @ np.ones(3)]))


def numpy_raises_in_python():
    np.concatenate([np.ones((1, 2)), np.ones((1, 3))])


@pytest.mark.parametrize(
    "call",
    [
        bad_shapes,
        numpy_raises_in_python,
        lambda: int("x"),
        lambda: {}["x"],
        lambda: np.linalg.inv(np.zeros((2, 2))),
        lambda: 1 / 0,
        lambda: Vocab(["a"]).take(np.array([3])),
    ],
)
def test_what_libraries_and_operators_raise_is_ours(call):
    error = caught(call)
    assert not is_refusal(error)
    assert explain(error).startswith(f"internal failure: {type(error).__name__}: ")


def test_an_error_without_a_traceback_is_not_a_refusal():
    assert not is_refusal(ValueError("made, not raised"))


def test_a_very_long_message_is_shortened():
    text = one_line(KeyError(f"{'a' * 10**6!r} is not in the vocabulary"))
    assert len(text) < 2100
    assert text.startswith("'aaa")
    assert text.endswith("aaa' is not in the vocabulary")


def test_messages_are_one_line():
    assert one_line(KeyError("no\nword")) == "no word"
    assert one_line(FileNotFoundError(2, "No such file", "a.vec")) == "a.vec: no such file"
    assert one_line(RuntimeError()) == "RuntimeError"


@pytest.mark.parametrize("error", [MemoryError("no 7 TiB"), RuntimeError("RESOURCE_EXHAUSTED: no 7 TiB")])
def test_a_lack_of_memory_is_the_users(error: Exception) -> None:
    assert is_refusal(error)
    assert explain(error).startswith("too little memory: ")
    assert "no 7 TiB" in explain(error)
