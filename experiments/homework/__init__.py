"""The homework of the word2vec course, on English and Chinese vectors: ``python -m experiments.homework``."""
