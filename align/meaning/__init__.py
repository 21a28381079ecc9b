"""Meaning in a space: axes, bias, parallel offsets, shapes of word sets, and documents."""
