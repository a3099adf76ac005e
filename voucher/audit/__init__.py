"""Who did what, when, to what and why: append-only, sealed in chained batches."""
