"""Mapping methods that need few pairs or none."""
