"""Training on eight devices and on one, in a process that has eight: prints one JSON document."""

import json
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from align.train.adagram import AdaGram
from align.train.config import TrainingConfig
from align.train.loop import run
from align.train.model import Request
from align.train.step import State
from align.train.update import AdaGrad
from tests.train.factors import TRACES, Factors, Listed, ListedCells, matrix
from tests.train.kept import MODEL, SEED, corpus

KEY = jax.random.key(3)


def differences(state: State) -> float:
    """The largest difference between the devices' copies of any array of a state."""
    found = [0.0]
    for leaf in jax.tree.leaves(state):
        if isinstance(leaf, jax.Array):
            copies = [np.asarray(shard.data, np.float64) for shard in leaf.addressable_shards]
            assert all(copy.shape == leaf.shape for copy in copies)
            found += [float(np.abs(copy - copies[0]).max()) for copy in copies]
    return max(found)


def factors(devices: int) -> dict[str, Any]:
    """A matrix learned by steps of 64 cells: 8 by each device, or 64 by one."""
    before, cells = len(TRACES), matrix(64, 40)
    size = 64 // devices
    objective = Factors(
        (64, 40), 3, ruled=AdaGrad(1e-6)
    )  # as with Adam, its steps do not depend on the scale of the loss
    config = TrainingConfig(0.3)
    source = Listed(ListedCells(cells, size), 640, 12)
    stopped: list[np.ndarray] = []

    def callback(done: int, state: State, _: float) -> None:
        if done == 7:
            stopped.append(np.asarray(state.parameters.tables["left"]).copy())

    state, losses = run(objective, source, config, key=KEY, callback=callback, devices=devices)
    half, _ = run(objective, source, config, key=KEY, callback=lambda done, *_: done == 7, devices=devices)
    assert (np.asarray(half.parameters.tables["left"]) == stopped[0]).all()
    again, _ = run(objective, source, config, key=KEY, start=(7, half), devices=devices)
    resumed = (np.asarray(again.parameters.tables["left"]) == np.asarray(state.parameters.tables["left"])).all()
    return {
        "losses": losses.tolist(),
        "differences": differences(state),
        "traces": len(TRACES) - before,
        "devices": len(state.parameters.tables["left"].sharding.device_set),
        "resumed": bool(resumed),
    }


def skipgram(devices: int) -> dict[str, Any]:
    """The loss of the last batches, for each of which 256 words were read by every device."""
    plan = MODEL.plan(corpus(), Request(SEED, devices=devices))
    source = replace(plan.source, segment_tokens=4000)
    state, losses = run(plan.objective, source, plan.config, key=KEY, devices=devices)
    return {"losses": losses.tolist(), "differences": differences(state)}


def senses(devices: int) -> dict[str, Any]:
    """AdaGram, whose counts of senses are carried from step to step."""
    model = AdaGram(dim=4, senses=2, epochs=1, batch=128, group=32, shared=8, window=2, sample=0.0, split=0.2)
    plan = model.plan(corpus(), Request(SEED, devices=devices))
    state, losses = run(
        plan.objective, replace(plan.source, segment_tokens=5000), plan.config, key=KEY, devices=devices
    )
    return {"losses": losses.tolist(), "differences": differences(state)}


if __name__ == "__main__":
    print(json.dumps({what.__name__: [what(count) for count in (1, 8)] for what in (factors, skipgram, senses)}))
