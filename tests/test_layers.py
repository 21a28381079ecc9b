"""The rules of the code that a machine can check: imports, lengths of files and functions, forbidden words."""

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Container, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAYERS = (
    (
        "atomic",
        "encoding",
        "cache",
        "checks",
        "cores",
        "interrupts",
        "locking",
        "message",
        "progress",
        "tables",
        "tensors",
        "unpacking",
    ),
    ("catalogue",),
    ("text",),
    ("inverted_softmax", "largest", "means", "search", "retrieval"),  # below `space`, which searches with them
    ("networks",),
    ("space", "senses", "encoder"),
    ("files",),
    ("neighbours",),
    ("train",),
    ("bilingual", "classify"),
    ("evaluate", "meaning"),
    ("confusion_plot", "explore", "fonts", "labels", "plotting", "transport_plot"),
    ("repl",),
    ("cli", "__main__"),
    ("experiments",),
)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
NAMELESS = {"utils", "util", "common", "helpers", "helper", "misc"}
DIALECT = re.compile(
    r"\b(?:(?:is|are|was|were) (?:told|asked)|told (?:of|from|apart)|asked of|stands?(?! for)|hangs? on"
    r"|(?:is|are) to be|judges?|set beside)\b",
    re.IGNORECASE,
)
"""Phrases that a reader has to decode."""
TOP = {"align", "experiments", "data", "tests", "pyproject.toml", "README.md", "LICENSE"}


def listed(*patterns: str) -> list[Path]:
    """The files of the repository, those that git would take."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:  # an unpacked copy without git
        return [path for pattern in patterns or ("*",) for path in ROOT.rglob(pattern) if path.is_file()]
    return [ROOT / name for name in done.stdout.split("\n") if name and (ROOT / name).is_file()]


SOURCES = [path for path in listed("*.py") if path.parts[len(ROOT.parts)] in TOP]
PACKAGE = [path for path in SOURCES if path.parts[len(ROOT.parts)] in ("align", "experiments")]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}


def room_of(module: str) -> str:
    """The room of a module: ``align.text.vocab`` is in ``text``, ``experiments.homework`` in ``experiments``."""
    parts = module.split(".")
    return parts[1] if parts[0] == "align" and len(parts) > 1 else parts[0]


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def at(path: Path, node: ast.AST | None = None) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def imported_names(path: Path) -> Iterator[tuple[ast.AST, str, str]]:
    """Every import of our own modules, at the top or late or for types only: the module, and the name taken from it."""
    for node in ast.walk(TREES[path]):
        names: list[tuple[str, str]] = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{at(path, node)}: relative import"
            names = [(node.module or "", alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [(alias.name, "") for alias in node.names]
        yield from ((node, name, more) for name, more in names if name.split(".")[0] in ("align", "experiments"))


def imported(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Every import of our own modules."""
    for node, name, more in imported_names(path):
        yield node, f"align.{more}" if name == "align" else name


def home_of(name: str, modules: Container[str]) -> str:
    """The module that the dotted ``name`` is, or is defined in; "" if it is none of ``modules``.

    A folder's ``__init__`` counts only if something is taken from it.
    """
    while name and name.rstrip(".") not in modules:
        name = name.rpartition(".")[0]
    return name.rstrip(".")


def test_imports_go_downward_only() -> None:
    modules = {path: module_of(path) for path in PACKAGE}
    del modules[ROOT / "align" / "__init__.py"]  # the public names; see test_public_names
    new = {room_of(module) for module in modules.values()} - set(LEVEL)
    assert not new, "a new room: give it a layer"
    upward = [
        f"{at(path, node)}: {module} imports {other}"
        for path, module in modules.items()
        for node, other in imported(path)
        if LEVEL[room_of(other)] > LEVEL[room_of(module)]
    ]
    assert upward == []


def test_no_module_imports_itself_through_others() -> None:
    modules = {module_of(path): path for path in PACKAGE}
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        if module != "align":
            names = (f"{name}.{more}" for _, name, more in imported_names(path))
            graph[module] = {home_of(name, modules) for name in names} - {module, "align", ""}
    cycles: list[list[str]] = []
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        cycles.append(error.args[1])
    assert cycles == []


def test_files_and_functions_fit_in_a_readers_head() -> None:
    files = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n") for path in SOURCES}
    assert {name: lines for name, lines in files.items() if lines > 350} == {}
    functions = {
        f"{at(path, node)} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: lines for name, lines in functions.items() if lines > 70} == {}


def test_nothing_is_left_undone_or_silenced() -> None:
    phrases = ("TODO", "FIXME", "raise NotImplemented", "type: ignore", "from __future__", "typing import Self")
    texts = {path: path.read_text(encoding="utf-8") for path in PACKAGE}
    assert [(at(path), phrase) for path, text in texts.items() for phrase in phrases if phrase in text] == []
    handlers = [
        (path, node) for path in PACKAGE for node in ast.walk(TREES[path]) if isinstance(node, ast.ExceptHandler)
    ]
    bare = [at(path, node) for path, node in handlers if node.type is None]
    silent = [at(path, node) for path, node in handlers if all(isinstance(line, ast.Pass) for line in node.body)]
    assert (bare, silent) == ([], [])


def prose_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yields the line number and the text of each docstring and comment, or of each paragraph of a Markdown file."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        yield from (
            (source[: found.start()].count("\n") + 1, found.group()) for found in re.finditer(r".+(\n.+)*", source)
        )
        return
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_prose_is_plain() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {match.group()!r}; say it in plain English"
        for path in (*SOURCES, *listed("*.md"))
        for line, text in prose_of(path)
        for match in DIALECT.finditer(" ".join(text.split()))
    ]
    assert not found, "\n".join(found)


def test_names_say_what_is_inside() -> None:
    assert [at(path) for path in SOURCES if NAMELESS & set(path.relative_to(ROOT).with_suffix("").parts)] == []


def test_the_top_level_is_the_owners() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in listed()}
    assert {name for name in found if not name.startswith(".")} == TOP


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    hosts = "|".join(("pypi" + r"\.org", "python" + "hosted", "pypi" + r"\.tuna", "mirrors" + r"\.aliyun"))
    pattern = re.compile(rf"{hosts}|(?<![\w.~*/-])/(?:root|work|home/\w+)/\w")
    found = {at(path): pattern.search(path.read_text(encoding="utf-8", errors="replace")) for path in listed()}
    assert {name: match.group() for name, match in found.items() if match} == {}


def test_no_file_is_large() -> None:
    assert {at(path): path.stat().st_size for path in listed() if path.stat().st_size > 100_000} == {}
