"""A small training with checkpoints, which tests stop from outside: ``python -m tests.train.kept FILE SECONDS``."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np

from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.checkpoint import CheckpointPolicy, StoppedError, fingerprint, run_with_checkpoints
from align.train.model import Plan, Request
from align.train.step import State
from align.train.window_models import SGNS

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


def plan_of(text: Corpus) -> Plan:
    """Three segments an epoch, 180 in all."""
    plan = MODEL.plan(text, Request(SEED))
    return plan._replace(source=replace(plan.source, segment_tokens=4000))


def train(path: Path | None, every: float = 600.0, **options: Any) -> tuple[State, np.ndarray]:
    """A whole run; with checkpoints in ``path`` if one is given."""
    text = corpus()
    plan, resume = plan_of(text), options.pop("resume", False)
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
