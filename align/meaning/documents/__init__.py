"""Documents as weighted words of a space: vectors, distances, nearest documents, and what travels where."""
