"""Host side of the data: where segments come from. Nothing here is traced."""
