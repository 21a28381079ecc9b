"""From characters to ids."""
