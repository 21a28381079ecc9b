"""Evaluation of spaces and translators. Every score has its coverage."""
