"""The network lecture: a neuron, a layer, back-propagation by hand, gradient descent and its batches, a curve.

Each part is a module with a function ``run(options) -> tuple[Section, ...]``, listed in ``__main__.PARTS``.
"""
