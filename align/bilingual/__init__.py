"""From two spaces to a translation."""
