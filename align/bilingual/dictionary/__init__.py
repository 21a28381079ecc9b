"""Word pairs of two languages: where they come from, and how they are split."""
