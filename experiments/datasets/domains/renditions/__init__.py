"""Renditions: public image operations that turn a view into a drawing, painting or print of it, one in each file."""

from collections.abc import Callable, Mapping

import numpy as np

from experiments.datasets.domains.renditions.edges import edges
from experiments.datasets.domains.renditions.hatching import hatching
from experiments.datasets.domains.renditions.painting import painting
from experiments.datasets.domains.renditions.pencil import pencil
from experiments.datasets.domains.renditions.posterization import posterized
from experiments.datasets.domains.renditions.silhouettes import silhouette
from experiments.datasets.domains.renditions.stippling import stipple
from experiments.datasets.domains.scenes import Canvas, Scene

OPERATIONS: Mapping[str, Callable[[Scene, np.random.Generator], Canvas]] = {
    "edges": edges,
    "pencil": pencil,
    "posterized": posterized,
    "silhouette": silhouette,
    "painting": painting,
    "stipple": stipple,
    "hatching": hatching,
}


def rendition(style: str, scene: Scene, rng: np.random.Generator) -> Canvas:
    """A view in a style."""
    return OPERATIONS[style](scene, rng)
