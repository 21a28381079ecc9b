"""Texts of three topics, most of whose words belong to the topic."""

import numpy as np

TOPICS = {"sea": ("ship wave fish salt", 3), "air": ("wing cloud bird wind", 2), "land": ("road hill cow grass", 1)}
OTHER = ["the", "a", "of", "and", "in"]


def texts(count: int, seed: int) -> tuple[list[str], list[str]]:
    """``count`` texts and their labels, sorted by label."""
    rng = np.random.default_rng(seed)
    names = [name for name, (_, share) in TOPICS.items() for _ in range(count * share // 6)]
    made = [" ".join(rng.choice([*TOPICS[name][0].split(), *OTHER], rng.integers(4, 9))) for name in names]
    return made, names
