"""Word2vec by hand: its tables, its two losses and their gradients on one sentence, and a real training run.

Each part is a module with a function ``run(options) -> tuple[Section, ...]``, listed in ``__main__.PARTS``.
"""
