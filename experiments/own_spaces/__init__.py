"""From text to plot: spaces trained here on the default texts, judged, mapped and drawn."""
