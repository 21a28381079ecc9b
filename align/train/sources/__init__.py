"""The host side of the data: sources load the segments. Nothing here is traced."""
