"""A small training with checkpoints, which tests stop from outside: ``python -m tests.train.kept FILE SECONDS``."""

import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np

from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.checkpoint import CheckpointPolicy, StoppedError, fingerprint, run_with_checkpoints
from align.train.skipgram import SGNS
from align.train.step import State

SEED = 3
MODEL = SGNS(dim=8, epochs=60, batch=256, group=64, shared=8, window=2, sample=0.0)


def corpus() -> Corpus:
    """Ten thousand words of twenty, in sentences of ten."""
    rng = np.random.default_rng(0)
    ids = np.minimum(rng.geometric(0.15, (1000, 11)) - 1, 19)
    ids[:, -1] = -1
    order = np.argsort(-np.bincount(ids[ids >= 0], minlength=20), kind="stable")
    rank = np.argsort(order)
    ids = np.where(ids >= 0, rank[ids], -1).astype(np.int32).reshape(-1)
    counts = np.bincount(ids[ids >= 0], minlength=20).astype(np.int64)
    return Corpus(Vocab([f"w{i}" for i in range(20)], counts), ids, name="small")


def train(path: Path | None, every: float = 600.0, **options: Any) -> tuple[State, np.ndarray]:
    """Three segments an epoch, 180 in all; with checkpoints to ``path`` where one is given."""
    text = corpus()
    plan = MODEL.plan(text, seed=SEED, segment=4000)
    resume = options.pop("resume", False)
    policy = None if path is None else CheckpointPolicy(path, fingerprint(MODEL, text, seed=SEED), every, resume)
    return run_with_checkpoints(
        plan.objective, plan.source, plan.config, key=jax.random.key(SEED), policy=policy, **options
    )


if __name__ == "__main__":
    try:
        train(Path(sys.argv[1]), float(sys.argv[2]), callback=lambda done, *_: print(done, flush=True))
    except StoppedError as stopped:
        print(stopped, file=sys.stderr)
        sys.exit(stopped.status)
