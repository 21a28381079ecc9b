"""One experiment a file or package; ``python -m experiments.NAME``."""

from align.compiled import keep_compiled

keep_compiled()
