"""Annotations of instances: boxes at which slots begin, as in the conditional form of SAVi (Kipf et al. 2022)."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.datasets.scenes.scene import Scenes, boxes

Annotated = Literal["none", "one", "all"]


def annotated_boxes(scenes: Scenes, *, annotated: Annotated, slots: int) -> Float[Tensor, "scene hinted 4"] | None:
    """Boxes of what is seen of the first object, or of all; of as many as there are slots; None where nothing is annotated."""
    if annotated == "none":
        return None
    objects = min(slots, 1 if annotated == "one" else scenes.factors.shape[1])
    return torch.from_numpy(boxes(scenes.labels, objects=objects)).float()
