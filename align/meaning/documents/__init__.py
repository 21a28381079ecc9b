"""Documents as weighted words of a space: vectors, distances, nearest documents, and transport plans."""
