"""Data by name: vectors, texts, dictionaries and test sets are fetched once, checked and cached.

>>> "glove-6b-50" in resources()
True
"""

from align.cache import cache_folder
from align.catalogue.fetching import fetch, is_fetched, listing, resolve
from align.catalogue.resource import CatalogueError, Resource, UnknownResourceError, default_names, resources

__all__ = [
    "CatalogueError",
    "Resource",
    "UnknownResourceError",
    "cache_folder",
    "default_names",
    "fetch",
    "is_fetched",
    "listing",
    "resolve",
    "resources",
]
