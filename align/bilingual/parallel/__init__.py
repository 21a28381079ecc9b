"""Learning from sentence pairs."""
