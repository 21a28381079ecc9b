"""``import align`` costs nothing, and every public name is there, documented and short to print."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

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
