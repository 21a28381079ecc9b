"""``import align`` costs nothing, and every public name is there when it is asked for."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import align


@pytest.mark.parametrize("name", align.__all__)
def test_every_public_name_is_that_of_its_module(name: str) -> None:
    module = import_module(align._HOME[name])
    assert getattr(align, name) is getattr(module, name)
    assert name in dir(align)


def test_type_checkers_and_the_interpreter_see_the_same_names() -> None:
    tree = ast.parse(Path(align.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed == align._HOME
    assert sorted(align.__all__) == sorted(align._HOME)


def test_what_is_not_public_is_told() -> None:
    with pytest.raises(AttributeError, match="module 'align' has no attribute 'nothing'"):
        _ = align.nothing


def test_importing_align_imports_nothing_heavy() -> None:
    code = "import sys, align; print(*sorted({name.partition('.')[0] for name in sys.modules} & set(sys.argv[1:])))"
    heavy = ["numpy", "jax", "equinox", "optax", "scipy", "matplotlib", "gensim", "opencc", "jieba", "rich", "requests"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
