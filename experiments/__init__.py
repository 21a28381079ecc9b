"""The experiments. ``python -m experiments.NAME`` runs the one in the file or package NAME."""

from align.cache import keep_compiled

keep_compiled()
