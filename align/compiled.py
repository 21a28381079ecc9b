"""What JAX has compiled is kept on the disk: the same training begins some seconds sooner the next time."""

import os

from align.catalogue.store import cache_folder

_LEAST_SECONDS = "0.1"


def keep_compiled() -> None:
    """Have JAX keep what it compiles in the cache's folder ``compiled``, unless the environment says otherwise.

    To be called before JAX is imported, since JAX reads its environment then. ``JAX_COMPILATION_CACHE_DIR`` names
    another folder; ``JAX_ENABLE_COMPILATION_CACHE=0`` keeps nothing.
    """
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(cache_folder() / "compiled")
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", _LEAST_SECONDS)
