"""Feature visualization: images optimized so that a unit responds most or least. `make` is called by the workshop."""

from experiments.methods.feature_visualization.make import make

__all__ = ["make"]
