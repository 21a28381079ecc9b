"""Array types are checked at run time; compiled programs are shared by all tests and processes of a run.

Without the shared programs, a third of the time is compilation.
"""

import os
import signal
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from jaxtyping import install_import_hook

# Only modules with array types are checked: a check costs 10 to 20 microseconds a call, and some functions of other
# modules are called a million times.
_ROOT = Path(__file__).parents[1]
_TYPED = [
    ".".join(path.relative_to(_ROOT).with_suffix("").parts)
    for folder in ("align", "experiments")
    for path in sorted(_ROOT.glob(f"{folder}/**/*.py"))
    if "\nfrom jaxtyping import" in path.read_text(encoding="utf-8") and path.stem != "__init__"
]
install_import_hook(_TYPED, "beartype.beartype")

# A busy machine is slow at times.
settings.register_profile("align", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("align")

# Two tests run at a time, so each has one thread: threads that share a core wait for each other.
# This saves a third of the time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("NPROC", "1")  # the number of threads of XLA
# Programs of small shapes cost more to optimise than to run. Child processes with real data set this back.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
# This release compiles in less than half the time without its newer fusion emitters. Other releases may lack the flags.
if version("jaxlib").startswith("0.10."):
    _FASTER = "--xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_FASTER}".strip()
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    _FOLDER = tempfile.TemporaryDirectory(prefix="align-compiled-")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = _FOLDER.name
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"


@pytest.fixture
def default_signals() -> Iterator[None]:
    """SIGINT and SIGTERM have their usual effect, here and in child processes, even if they were ignored.

    A process under nohup or in the background of a shell inherits an ignored SIGINT.
    """
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
