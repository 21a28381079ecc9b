"""One experiment a file or package; ``python -m experiments.NAME``."""
