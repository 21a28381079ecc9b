"""The device side of the data: batchers turn a segment into batches inside a compiled function."""
