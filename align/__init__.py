"""English and Chinese word-vector spaces: train, map, translate, look.

Axis letters, the same in every signature: ``v`` words (``w`` the other language's), ``d`` dims, ``e`` target dims,
``j`` dims of a common space, ``t`` tokens, ``b`` blocks or batch, ``c`` context, ``n`` negatives or pairs, ``q``
queries, ``k`` neighbours, ``u`` units, ``h`` hidden units. They are jaxtyping axis names: within one call a letter
stands for one size, and the tests check this at run time. ``Float[np.ndarray, ...]`` is on the host,
``Float[Array, ...]`` on the device.

The public names below are imported when first asked for, so that ``import align`` costs nothing. ``align.evaluate``,
``align.neighbours`` and ``align.plotting`` are modules; their functions are imported from them.

>>> import align
>>> align.Vocab(["the", "cat"]).ids(["cat"])
array([1])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from align.bilingual.dictionary.dictionary import Dictionary, read_dictionary
    from align.bilingual.dictionary.split import split
    from align.bilingual.fitting import METHODS, alignment_of, fit
    from align.bilingual.supervised.linear import LeastSquares, Procrustes, Reweighted
    from align.bilingual.supervised.mlp import MLP
    from align.bilingual.translator import Translator
    from align.catalogue import fetch, resources
    from align.evaluate.lexicon import Lexicon, compare
    from align.evaluate.score import Score
    from align.files import load, save
    from align.space import Space
    from align.text.build import build_corpus
    from align.text.corpus import Corpus, open_corpus
    from align.text.vocab import Vocab
    from align.train.glove import GloVe, SimplerGloVe
    from align.train.ppmi_svd import PPMISVD
    from align.train.window_models import CBOW, CBOWHS, SGNS, CBOWSoftmax, SkipGramHS, Softmax

__all__ = [
    "CBOW",
    "CBOWHS",
    "METHODS",
    "MLP",
    "PPMISVD",
    "SGNS",
    "CBOWSoftmax",
    "Corpus",
    "Dictionary",
    "GloVe",
    "LeastSquares",
    "Lexicon",
    "Procrustes",
    "Reweighted",
    "Score",
    "SimplerGloVe",
    "SkipGramHS",
    "Softmax",
    "Space",
    "Translator",
    "Vocab",
    "alignment_of",
    "build_corpus",
    "compare",
    "fetch",
    "fit",
    "load",
    "open_corpus",
    "read_dictionary",
    "resources",
    "save",
    "split",
]

_HOMES = {
    "align.bilingual.dictionary.dictionary": ("Dictionary", "read_dictionary"),
    "align.bilingual.fitting": ("METHODS", "alignment_of", "fit"),
    "align.bilingual.supervised.linear": ("LeastSquares", "Procrustes", "Reweighted"),
    "align.bilingual.supervised.mlp": ("MLP",),
    "align.bilingual.dictionary.split": ("split",),
    "align.bilingual.translator": ("Translator",),
    "align.catalogue": ("fetch", "resources"),
    "align.evaluate.lexicon": ("Lexicon", "compare"),
    "align.evaluate.score": ("Score",),
    "align.files": ("load", "save"),
    "align.space": ("Space",),
    "align.text.build": ("build_corpus",),
    "align.text.corpus": ("Corpus", "open_corpus"),
    "align.text.vocab": ("Vocab",),
    "align.train.glove": ("GloVe", "SimplerGloVe"),
    "align.train.ppmi_svd": ("PPMISVD",),
    "align.train.window_models": ("CBOW", "CBOWHS", "CBOWSoftmax", "SGNS", "SkipGramHS", "Softmax"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name from its module on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'align' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
