"""Training on eight devices and on one, in a process that has eight: prints one JSON document."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.adagram import AdaGram
from align.train.config import TrainingConfig
from align.train.glove import GloVe
from align.train.loop import Place, all_devices, devices_mesh, run
from align.train.model import Request
from align.train.models import train
from align.train.step import RunContext, State
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


def table_of(state: State, name: str) -> np.ndarray:
    return np.asarray(state.parameters.tables[name])


def divided() -> dict[str, Any]:
    """The runs of ``factors`` and ``skipgram`` with divided tables and with copies, and a resumed one."""
    cells = matrix(63, 41)
    objective, source = Factors((63, 41), 3, ruled=AdaGrad(1e-6)), Listed(ListedCells(cells, 8), 640, 12)
    runs = [run(objective, source, TrainingConfig(0.3), key=KEY, devices=8, shard=shard)[0] for shard in (True, False)]
    half, _ = run(
        objective, source, TrainingConfig(0.3), key=KEY, devices=8, shard=True, callback=lambda done, *_: done == 7
    )
    again, _ = run(objective, source, TrainingConfig(0.3), key=KEY, devices=8, shard=True, start=(7, half))
    plan = MODEL.plan(corpus(), Request(SEED, devices=8, shard=True))
    text = replace(plan.source, segment_tokens=4000)
    sizes: dict[str, int] = {}

    def size(done: int, state: State, _: float) -> bool:
        table = state.parameters.tables["word"]
        sizes["word"], sizes["device"] = table.nbytes, table.addressable_shards[0].data.nbytes
        return done == 9

    words = [
        run(plan.objective, text, plan.config, key=KEY, devices=8, shard=shard, callback=call)[0]
        for shard, call in ((True, size), (False, lambda done, *_: done == 9))
    ]
    return {
        "shapes": [table_of(state, "left").shape for state in runs],
        "factors": float(np.abs(table_of(runs[0], "left") - table_of(runs[1], "left")).max()),
        "resumed": bool((table_of(again, "left") == table_of(runs[0], "left")).all()),
        "words": [float(np.abs(table_of(words[0], name) - table_of(words[1], name)).max()) for name in words[0][1][0]],
        "learned": float(np.abs(table_of(words[1], "context")).max()),
        "bytes": sizes,
    }


def program() -> dict[str, Any]:
    """The compiled segment of skip-gram over 4,096 words with divided tables: the shapes in it."""
    vocab = Vocab([f"w{i}" for i in range(4096)], np.arange(4096, 0, -1))
    text = Corpus(vocab, np.tile(np.arange(16, dtype=np.int32), 256))
    plan = MODEL.plan(text, Request(SEED, devices=8, shard=True))
    with ThreadPoolExecutor(1) as pool:
        place = Place(devices_mesh(8), pool, sharded=True)
        context = place.replicate(RunContext(plan.objective, plan.source.batcher, plan.config, KEY))
        state = place.begin(plan.objective, plan.config, key=KEY, copies=8)
        data, span = place.put(plan.source.load(0)), (jnp.float32(0), jnp.float32(1))
        lowered: Any = all_devices.lower((context, place.mesh, True), state, data, span)  # pyright: ignore
        hlo = lowered.compile().compiled.as_text()
    return {
        "whole": re.findall(r"\w+\[4096,\d+\]", hlo),
        "parts": hlo.count("f32[512,8]"),
        "gathers": hlo.count("all-gather("),
    }


def glove() -> float:
    """The largest difference between GloVe's vectors of divided tables and of copies; all its cells are in tiles."""
    found = [train(GloVe(dim=4, epochs=1), corpus(), devices=8, shard=shard).vectors for shard in (True, False)]
    return float(np.abs(found[0] - found[1]).max())


if __name__ == "__main__":
    alone: dict[str, Any] = {what.__name__: what() for what in (divided, program, glove)}
    print(
        json.dumps(alone | {what.__name__: [what(count) for count in (1, 8)] for what in (factors, skipgram, senses)})
    )
