"""Text classification: labels for texts."""
