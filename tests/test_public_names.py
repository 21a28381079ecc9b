"""``import align`` is fast, and every public name exists, is documented and has a short repr."""

import ast
import doctest
import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import align

STUB = Path(align.__file__).with_suffix(".pyi")
HOMES = {
    alias.name: f"align.{node.module}"
    for node in ast.parse(STUB.read_text(encoding="utf-8")).body
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
}


@pytest.mark.parametrize("name", sorted(HOMES))
def test_every_public_name_is_that_of_its_module(name: str) -> None:
    assert getattr(align, name) is getattr(import_module(HOMES[name]), name)


def test_dir_lists_the_public_names_alone() -> None:
    import_module("align.bilingual.fitting")
    assert dir(align) == sorted(HOMES) == sorted(align.__all__)


def test_a_function_with_the_name_of_a_folder_stays_a_function() -> None:
    code = (
        "import align, align.train.models\nassert inspect.isfunction(align.train), align.train\n"
        "from align.train.models import train\nassert align.train is train\nfrom align import train as again\n"
        "assert again is train"
    )
    subprocess.run([sys.executable, "-c", f"import inspect\n{code}"], check=True)


def test_what_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="align attribute nothing"):
        _ = align.nothing


def test_importing_align_imports_nothing_heavy() -> None:
    code = "import sys, align; print(*sorted({name.partition('.')[0] for name in sys.modules} & set(sys.argv[1:])))"
    heavy = ["numpy", "jax", "equinox", "optax", "scipy", "matplotlib", "gensim", "opencc", "jieba", "rich", "requests"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_type_checker_finds_the_types() -> None:
    assert STUB.with_name("py.typed").is_file()


@pytest.mark.parametrize("name", sorted(HOMES))
def test_help_of_every_public_name_is_a_text_with_an_example(name: str) -> None:
    found = getattr(align, name)
    if inspect.isclass(found) or inspect.isroutine(found):
        text = inspect.getdoc(found) or ""
        assert len(text) > 20
        assert doctest.DocTestParser().get_examples(text)


def _examples() -> dict[str, object]:
    """One object of each kind that users print, with more words than a terminal has room for."""
    words = [f"word{i}" for i in range(2000)]
    numbers = np.arange(len(words))
    points = np.eye(2, dtype=np.float32)[numbers % 2]
    vocab, means = align.Vocab(words, numbers[::-1] + 1), np.zeros(len(words), np.float32)
    space, dictionary = align.Space(vocab, points, name="many"), align.Dictionary(tuple(zip(words, words, strict=True)))
    pairs = align.Pairs.equal(numbers, numbers)
    task = align.MappingTask(vocab, vocab, points, points, pairs, pairs)
    return {
        "Vocab": vocab,
        "Space": space,
        "Dictionary": dictionary,
        "Split": align.Split(dictionary, dictionary, dictionary),
        "Pairs": pairs,
        "MappingTask": task,
        "Fitted": align.Procrustes().fit(task),
        "Translator": align.Translator(space, space, means, means),
        "Corpus": align.Corpus(vocab, np.repeat(numbers, numbers[::-1] + 1).astype(np.int32)),
        "Cedict": align.Cedict(tuple(words), tuple(words)),
        "Lexicon": align.Lexicon("many", numbers, numbers + 1, len(words)),
        "Axis": align.Axis("axis", points[0], points, tuple(dictionary.pairs), tuple(words)),
        "Resource": align.resources()["cedict"],
        "Coverage": dictionary.coverage(vocab, vocab),
    }


def test_the_repr_of_every_object_is_one_short_line() -> None:
    settings = {kind.__name__: kind() for kind in (*align.METHODS.values(), *align.MODELS.values(), align.Classifier)}
    for name, one in {**_examples(), **settings}.items():
        assert len(repr(one)) < 300, (name, repr(one)[:400])
        assert "\n" not in repr(one), name


def test_no_two_public_classes_share_a_name() -> None:
    homes: dict[str, list[str]] = {}
    for path in sorted(STUB.parent.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(str(path.relative_to(STUB.parent)))
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}
