"""A neural network by hand: a neuron, a layer, back-propagation, gradient descent and its batches, a curve.

Each part is a module with a function ``run(options) -> tuple[Section, ...]``, listed in ``__main__.PARTS``.
"""
