"""The number of processor cores that this process may use."""

import os


def usable_cores() -> int:
    """Returns the number of cores that this process may run on, at least 1.

    Unlike ``os.cpu_count`` it respects the CPU affinity of the process (``taskset``, containers, batch systems).

    >>> usable_cores() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)
