"""``import align`` costs nothing, and every public name is there, documented and short to print."""

import ast
import doctest
import inspect
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


WITHOUT_EXAMPLE = {
    *("Alignment", "Best", "CBOW", "CBOWHS", "CBOWSoftmax", "CCA", "Candidate", "Cedict", "Contrastive", "Coverage"),
    *("Ensemble", "GeoMM", "GloVe", "KernelRidge", "LeastSquares", "Lexicon", "MLP", "PPMISVD", "Procrustes", "RCSLS"),
    *("Refined", "Resource", "Reweighted", "SelfLearning", "SimplerGloVe", "SkipGramHS", "Softmax", "Split"),
    *("Unsupervised", "VecMap", "alignment_of", "build_corpus", "compare", "fetch", "fit", "load_cedict"),
    *("open_corpus", "read_dictionary", "resources", "save", "split"),
}
"""Public names whose docstring has no runnable example yet; a new name must have one."""


@pytest.mark.parametrize("name", sorted(HOMES))
def test_help_of_every_public_name_is_a_text_with_an_example(name: str) -> None:
    found = getattr(align, name)
    if inspect.isclass(found) or inspect.isroutine(found):
        text = inspect.getdoc(found) or ""
        assert len(text) > 20
        assert name in WITHOUT_EXAMPLE or doctest.DocTestParser().get_examples(text)


def test_no_two_public_classes_share_a_name() -> None:
    homes: dict[str, list[str]] = {}
    for path in sorted(STUB.parent.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(str(path.relative_to(STUB.parent)))
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}
