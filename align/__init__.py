"""English and Chinese word-vector spaces: train, map, translate, look."""
