"""The figures of a run. Called by `train`."""
