"""Real servers for tests and benchmarks, and the tests that need several of them at once."""
