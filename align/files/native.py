"""The native format: words and vectors in one memory-mapped safetensors file."""

from pathlib import Path

import numpy as np

from align.space import Space
from align.tensors import load_tensors, save_tensors
from align.text.vocab import PackedWords, Vocab

FORMAT = "align space 1"


def write_native(space: Space, path: Path) -> None:
    """Write ``space`` to ``path`` as safetensors: ``words`` (UTF-8, a newline after each) and ``vectors`` (v, d)."""
    words = space.vocab.words
    packed = words if isinstance(words, PackedWords) else PackedWords.pack(list(words))
    arrays = {"words": packed.block, "vectors": np.asarray(space.vectors, np.float32)}
    save_tensors(path, arrays, {"format": FORMAT, "count": str(len(words))})


def read_native(path: Path, name: str) -> Space:
    """Open a native file; the vectors are views of the mapped file and the words are decoded when first needed."""
    arrays, metadata = load_tensors(path)
    if metadata.get("format") != FORMAT:
        raise ValueError(f"{path}: a safetensors file, but not one of word vectors made here")
    return Space(Vocab(PackedWords(arrays["words"], int(metadata["count"]))), arrays["vectors"], name=name)
