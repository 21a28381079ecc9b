"""The cache folder: fetched data, files made from it, and programs compiled by JAX."""

import os
import warnings
from pathlib import Path

_MIN_SECONDS = "0.1"
"""Programs that take less time to compile are not stored."""


def cache_folder() -> Path:
    """Returns the cache folder: ``ALIGN_CACHE`` if it is set, else the system's cache folder of the user."""
    import platformdirs  # imported late, because the command line starts here

    return Path(os.environ.get("ALIGN_CACHE") or platformdirs.user_cache_dir("align")).expanduser()


def keep_compiled() -> None:
    """Lets JAX store compiled programs in the folder ``compiled`` of the cache, unless the environment says otherwise.

    The same training then starts some seconds sooner next time. Call this before JAX is imported, because JAX
    reads the environment at import. ``JAX_COMPILATION_CACHE_DIR`` names another folder, and
    ``JAX_ENABLE_COMPILATION_CACHE=0`` turns the cache off. If another process is writing the same program, JAX compiles
    it again without a warning.
    """
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache", UserWarning)
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(cache_folder() / "compiled")
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", _MIN_SECONDS)
