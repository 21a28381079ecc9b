"""Optimisers of dense weights: optax transformations that take the learning rate of each step from the loop.

An objective returns its optimiser from ``Objective.optimiser``. It may be any optax gradient transformation; its
updates are added to the weights. The loop passes the learning rate of the step as the extra argument ``rate``. Put
``scale_by_rate`` last in a chain to apply it:

    optax.chain(optax.clip_by_global_norm(1.0), adamw(config))
    optax.chain(optax.scale_by_adam(b1=0.5), scale_by_rate(100.0))
    optax.partition({"map": ..., "network": ...}, labels)
"""

from typing import Any

import jax
import optax
from jaxtyping import Array, Float

from align.train.config import TrainingConfig


def scale_by_rate(factor: float = 1.0) -> optax.GradientTransformationExtraArgs:
    """Multiplies updates by minus the learning rate of the step, times ``factor``."""

    def init(params: Any) -> optax.EmptyState:
        del params
        return optax.EmptyState()

    def update(updates: Any, state: Any, params: Any = None, **extra: Any) -> tuple[Any, Any]:
        del params
        rate: Float[Array, ""] = extra["rate"]
        scale = -rate if factor == 1 else -factor * rate
        return jax.tree.map(lambda update: scale * update, updates), state

    return optax.GradientTransformationExtraArgs(init, update)


def adamw(config: TrainingConfig) -> optax.GradientTransformationExtraArgs:
    """Adam with decoupled weight decay, the default optimiser of dense weights.

    Source: Loshchilov and Hutter 2019, algorithm 2.
    """
    decay = optax.add_decayed_weights(config.weight_decay)
    return optax.with_extra_args_support(optax.chain(optax.scale_by_adam(), decay, scale_by_rate()))
