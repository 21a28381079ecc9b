"""Word2vec by hand: its tables, its two losses and their gradients, on one sentence; then a real training run.

Each part is a module with ``run(options) -> tuple[Section, ...]`` and a line in ``__main__.PARTS``.
"""
