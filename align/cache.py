"""The folder where what was fetched or made is kept, what JAX has compiled among it."""

import os
import warnings
from pathlib import Path

_LEAST_SECONDS = "0.1"


def cache_folder() -> Path:
    """The folder where fetched things are kept: ``ALIGN_CACHE``, else the system's place for a user's caches."""
    import platformdirs  # late: the command line begins here

    return Path(os.environ.get("ALIGN_CACHE") or platformdirs.user_cache_dir("align")).expanduser()


def keep_compiled() -> None:
    """Have JAX keep what it compiles in the cache's folder ``compiled``, unless the environment says otherwise.

    The same training then begins some seconds sooner the next time. To be called before JAX is imported, since JAX
    reads its environment then. ``JAX_COMPILATION_CACHE_DIR`` names another folder; ``JAX_ENABLE_COMPILATION_CACHE=0``
    keeps nothing. Where another process is just writing what is looked up, JAX compiles by itself, without a warning.
    """
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache", UserWarning)
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(cache_folder() / "compiled")
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", _LEAST_SECONDS)
