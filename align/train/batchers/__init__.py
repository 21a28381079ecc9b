"""Device side of the data: what turns a segment into batches inside a compiled function."""
