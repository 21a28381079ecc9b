"""Word discovery: a lexicon learned from raw text, and segmentation with it."""
