"""From text to plot: spaces trained on the default texts, their scores, a map between them, and their figures."""
