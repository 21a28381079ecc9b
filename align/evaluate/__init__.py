"""Judging spaces and translators: scores always come with their coverage."""
