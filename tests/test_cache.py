"""Programs compiled by JAX are cached and read by the next process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from align.cache import keep_compiled

PROGRAM = """
from align.cache import keep_compiled
keep_compiled()
import jax, jax.numpy as jnp
hits = []
jax.monitoring.register_event_listener(lambda event, **_: hits.append(event))
jax.jit(lambda x: jnp.sort(jnp.linalg.svd(x)[1]) @ jnp.sin(x))(jnp.ones((30, 30))).block_until_ready()
print(sum(event.endswith("compilation_cache/cache_hits") for event in hits))
"""


def run(cache: Path, **more: str) -> int:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    environment |= {"ALIGN_CACHE": str(cache), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0", **more}
    return int(
        subprocess.run([sys.executable, "-c", PROGRAM], env=environment, stdout=-1, text=True, check=True).stdout
    )


def test_a_second_process_reads_what_the_first_has_compiled(tmp_path: Path) -> None:
    assert run(tmp_path) == 0
    assert list((tmp_path / "compiled").iterdir())
    assert run(tmp_path) > 0


def test_the_environment_has_the_last_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, JAX_ENABLE_COMPILATION_CACHE="0")
    assert not (tmp_path / "compiled").exists()
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "elsewhere")
    monkeypatch.delenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", raising=False)
    keep_compiled()
    assert os.environ["JAX_COMPILATION_CACHE_DIR"] == "elsewhere"
    assert "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" not in os.environ
