"""What scripts/bench measures, on the small town that the tests use."""
