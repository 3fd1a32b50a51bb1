"""Small recipes of visualizations on the real network, and ways to render them; shared by the tests of the renderer."""

from typing import Any

import torch

from experiments.contract.recipes import FeatureVisualization
from experiments.methods.feature_visualization.render import Visualization, render
from model_zoo.loading import LoadedModel, load
from tests.experiments.methods.workshops import POOL, UNIT

LAYER = UNIT.partition("/")[2].partition(":")[0]


def seeded(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def silent(_done: int, _total: int, _doing: str) -> None:
    """No progress."""


def network() -> LoadedModel:
    return load("efficientnet_lite0.in1k", device="cpu")


def recipe(**fields: Any) -> FeatureVisualization:
    return FeatureVisualization(**{"unit": UNIT, "size": 64, "shown_size": 64, "steps": 24, "batch": 2, **POOL, **fields})


def rendered(asked: FeatureVisualization) -> Visualization:
    return render(asked, model=network(), report=silent)
