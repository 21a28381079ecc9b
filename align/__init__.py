r"""English and Chinese word vectors: train spaces, map one onto the other, translate words, explore.

A ``Space`` holds words and their vectors. A ``Translator`` maps two spaces into a common one and translates words.

>>> import align
>>> import numpy as np
>>> vectors = np.array([[1, 1], [1, -1], [0.1, 1], [0.1, -1]], np.float32)
>>> space = align.Space(align.Vocab(["king", "queen", "man", "woman"]), vectors)
>>> space.analogy("man", "woman", "king", k=1)[0].word
'queen'

With real data:

```python
english, chinese = align.load("googlenews-small"), align.load("chinese-synonym")
translator = align.fit(english, chinese, align.read_dictionary("cedict"), align.MLP())
translator.translate(["king", "国王"], k=3)
align.plot(english, ["horse", "cow", "donkey"], "animals.png")
```

``align.bilingual.which_method`` says which mapping suits which data, with measured accuracy, time and memory.

The public names are listed in ``__init__.pyi``, once, and are imported on first use: ``import align`` takes no time.

Axis letters, the same in every signature: ``v`` words (``w`` the other language's), ``d`` dims, ``e`` target dims,
``j`` dims of a common space, ``t`` tokens, ``b`` blocks or batch, ``c`` context, ``n`` negatives or pairs, ``q``
queries, ``k`` neighbours, ``u`` units, ``s`` senses, ``l`` labels, ``h`` hidden units. They are jaxtyping axis names:
within one call a letter denotes one size, and the tests check this at run time. ``Float[np.ndarray, ...]`` is on
the host, ``Float[Array, ...]`` on the device.
"""

import lazy_loader

__docformat__ = "google"  # of docstrings, for pdoc

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
