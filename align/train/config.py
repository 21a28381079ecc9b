"""Settings of a training run: learning-rate schedule, weight decay, workers."""

from dataclasses import dataclass
from typing import Literal

import jax.numpy as jnp
from jaxtyping import Array, Float

from align.checks import SettingError, above_zero, at_least_one, check_choices, not_negative, within

Schedule = Literal["linear", "cosine"]


@dataclass(frozen=True)
class TrainingConfig:
    """The learning-rate schedule of a run and how its segments are computed.

    If p is the share of the run that is done, from 0 to 1, the learning rate is

        rate p / warmup                             while p < warmup
        final_rate + (rate - final_rate) fall(q)    after that, q = (p - warmup) / (1 - warmup)

    where fall(q) is 1 - q for the ``linear`` schedule and (1 + cos(pi q)) / 2 for ``cosine``.

    >>> round(float(TrainingConfig(0.1, schedule="linear").rate_at(jnp.float32(0.25))), 3)
    0.075

    Raises:
        SettingError: a field is out of range.
    """

    rate: float
    """Largest learning rate, above 0."""
    final_rate: float = 0.0
    """Learning rate at the end of the run, from 0 to ``rate``."""
    warmup: float = 0.0
    """Share of the run, from 0 to 1, over which the learning rate rises from 0."""
    schedule: Schedule = "cosine"
    """How the learning rate falls: ``linear``, or as half a period of a ``cosine``."""
    weight_decay: float = 0.0
    """Decoupled weight decay of the dense weights under the default optimiser."""
    loss_every_step: bool = True
    """Whether the loss of a segment is the mean over its steps. If not, it is the loss of the segment's last batch
    after the update; the other steps then save the time of computing it."""
    workers: int = 1
    """Threads of one processor. Each trains a copy of the state on its part of a segment; the copies are then merged
    (``workers.merge``). This keeps all cores busy when the operations of one step are too small to share."""

    def __post_init__(self) -> None:
        check_choices(self)
        above_zero(self, "rate")
        if not 0 <= self.final_rate <= self.rate:
            raise SettingError("final_rate", self.final_rate, f"must be from 0 to the rate, {self.rate:g}")
        within(self, 0, 1, "warmup")
        not_negative(self, "weight_decay")
        at_least_one(self, "workers")

    def rate_at(self, progress: Float[Array, ""]) -> Float[Array, ""]:
        """Returns the learning rate when the share ``progress`` of the run is done."""
        rest = jnp.clip((progress - self.warmup) / max(1 - self.warmup, 1e-9), 0, 1)
        share = (1 + jnp.cos(jnp.pi * rest)) / 2 if self.schedule == "cosine" else 1 - rest
        falling = self.final_rate + (self.rate - self.final_rate) * share
        return jnp.where(progress < self.warmup, self.rate * progress / max(self.warmup, 1e-9), falling)
