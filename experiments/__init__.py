"""The experiments: each file or package is one, run by ``python -m experiments.NAME``."""

from align.cache import keep_compiled

keep_compiled()
