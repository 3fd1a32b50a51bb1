"""The figures of a run, drawn from its metrics."""
