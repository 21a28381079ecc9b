"""The homework of a course on word2vec, on English and Chinese vectors: ``python -m experiments.homework``."""
