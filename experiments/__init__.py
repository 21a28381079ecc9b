"""One experiment a file or package; ``python -m experiments.NAME``."""

from align.cache import keep_compiled

keep_compiled()
