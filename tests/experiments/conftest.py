"""Two tiny vector files."""

import numpy as np
import pytest


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(0)
    for name, words in (("en.vec", ("king", "queen", "man")), ("zh.vec", ("國王", "王后", "男人"))):
        rows = "".join(f"{w} {' '.join(f'{x:.4f}' for x in rng.normal(size=4))}\n" for w in words)
        (tmp_path / name).write_text(f"3 4\n{rows}", "utf-8")
    return tmp_path
