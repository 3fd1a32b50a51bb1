"""Activations of a layer in units of their natural spread, so that channels of different size can be compared."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from experiments.methods.exemplars import as_tensor
from model_zoo.activations import batch_size, layer_activations
from model_zoo.address import UnitAddress
from model_zoo.circuits.gated_units import ImageTemplate
from model_zoo.loading import LoadedModel


@dataclass(frozen=True, kw_only=True)
class NaturalScale:
    """Mean and standard deviation of all channels on natural images, and of a template's response if there is one."""

    model: LoadedModel
    unit: UnitAddress
    aggregation: str
    template: ImageTemplate | None
    mean: Float[Tensor, " channel"]
    spread: Float[Tensor, " channel"]

    def standardized(self, images: Float[Tensor, "image 3 side side"]) -> Float[Tensor, "image channel"]:
        """Standard deviations above the natural mean; the last column is the template's if there is one."""
        values = activations(self.model, self.unit, aggregation=self.aggregation, template=self.template, images=images)
        return (values - self.mean) / self.spread


def natural_scale(
    model: LoadedModel,
    unit: UnitAddress,
    *,
    aggregation: str,
    template: ImageTemplate | None,
    pixels: UInt8[np.ndarray, "image side side 3"],
    report: Callable[[int, int, str], None],
) -> NaturalScale:
    """The scale of the unit's layer on some natural images."""
    rows, size = [], batch_size(pixels.shape[1], device=model.device)
    for start in range(0, len(pixels), size):
        report(start, len(pixels), "natural spread of activations")
        images = as_tensor(pixels[start : start + size], device=model.device)
        rows.append(activations(model, unit, aggregation=aggregation, template=template, images=images))
    values = torch.cat(rows)
    # A dead channel never wins: its spread counts as large.
    spread = values.std(dim=0)
    spread = torch.where(spread > 0, spread, torch.inf)
    return NaturalScale(
        model=model, unit=unit, aggregation=aggregation, template=template, mean=values.mean(dim=0), spread=spread
    )


def activations(
    model: LoadedModel,
    unit: UnitAddress,
    *,
    aggregation: str,
    template: ImageTemplate | None,
    images: Float[Tensor, "image 3 side side"],
) -> Float[Tensor, "image channel"]:
    """All channels of the unit's layer, then the template's response if there is one."""
    values = layer_activations(model, unit, aggregation=aggregation, images=images)
    if template is None:
        return values.clone()
    with torch.inference_mode():
        return torch.cat([values, template(model.preprocess(images))[:, None]], dim=1).clone()
