"""gensim's own files (``.kv``, ``.model``): Python pickles, read only if the user trusts their author."""

from pathlib import Path
from typing import Any

import numpy as np

from align.encoding import UTF8
from align.files.gather import ReadOptions, block_of, gather
from align.files.header import MAX_DIM
from align.files.stream import VectorFile, unpacked
from align.space import Space, Units
from align.text.units import HashedNgrams
from align.text.vocab import Vocab


def read_gensim(source: VectorFile, options: ReadOptions, name: str, *, trust: bool) -> Space:
    """Reads word vectors, or a model that contains them, as saved by gensim, with the ``.npy`` files next to them.

    Sub-word vectors of gensim's FastText become the space's ``units``.

    Args:
        source: the open file.
        options: the words to read.
        name: the name of the space.
        trust: whether the user trusts the author of the file.

    Raises:
        ValueError: ``trust`` is False, gensim cannot read the file, or it holds no word vectors.
    """
    if not trust:
        raise ValueError(
            f"{source.name}: is a Python pickle, gensim's format, and unpickling runs any code that the file holds; "
            "if you trust its author, use trust=True or --trust"
        )
    if source.packing in ("gzip", "bzip2") and source.path.suffix in (".gz", ".bz2"):
        saved = _load(source.path, source.name)  # gensim packs the file itself, and names the side files after it
    else:
        with unpacked(source) as path:
            saved = _load(path, source.name)
    vectors = getattr(saved, "wv", saved)
    words = getattr(vectors, "index_to_key", None)
    matrix = getattr(vectors, "vectors", None)
    if not isinstance(words, list) or not isinstance(matrix, np.ndarray) or matrix.dtype.kind != "f":
        raise ValueError(f"{source.name}: a pickled {type(saved).__name__}; gensim word vectors were expected")
    if matrix.ndim != 2 or len(matrix) != len(words) or not 1 <= matrix.shape[1] <= MAX_DIM:
        raise ValueError(f"{source.name}: {len(words)} words but vectors of shape {matrix.shape}")
    raw = [str(word).encode(errors="surrogatepass") for word in words]
    block = block_of(raw, matrix, range(1, len(words) + 1), UTF8)
    found = gather([block], matrix.shape[1], options, name=source.name, unit="word ", count=len(words))
    counts = getattr(vectors, "expandos", {}).get("count")
    if counts is not None:
        counts = np.asarray(counts, np.int64)[found.numbers - 1]
    return Space(Vocab(found.words, counts), found.vectors, _units(vectors), name)


def _load(path: Path, name: str) -> Any:
    from gensim.utils import SaveLoad

    try:
        return SaveLoad.load(str(path))
    except Exception as error:  # a pickle can raise anything
        raise ValueError(f"{name}: gensim cannot load it ({type(error).__name__}: {error})") from error


def _units(vectors: Any) -> Units | None:
    table = getattr(vectors, "vectors_ngrams", None)
    if table is None or not len(table) or not getattr(vectors, "compatible_hash", True):
        return None
    if vectors.max_n < max(vectors.min_n, 1):
        return None
    return HashedNgrams(np.asarray(table, np.float32), vectors.min_n, vectors.max_n)
