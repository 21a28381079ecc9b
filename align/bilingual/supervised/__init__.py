"""Mapping methods that learn from a dictionary."""
