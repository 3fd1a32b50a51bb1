"""Attributions through captum: what each pixel has to do with a unit's activation."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerGradCam, Occlusion, Saliency
from jaxtyping import Float, UInt8
from matplotlib import colormaps
from torch import Tensor
from torch.nn import functional

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.errors import InputError
from experiments.contract.recipes import Attribution
from experiments.methods.exemplars import as_tensor, png_file
from experiments.methods.shown_image import image_of
from model_zoo.activations import aggregate, batch_size, layer_output, unit_activations
from model_zoo.address import UnitAddress
from model_zoo.loading import LoadedModel, load

Forward: TypeAlias = Callable[[Float[Tensor, "batch 3 side side"]], Float[Tensor, " batch"]]
GRAY = 0.5
"""The image that integrated gradients starts from, and the color of the square in captum's occlusion."""
PATCH, STRIDE = 0.25, 0.0625
"""Side of captum's square and distance between its positions, as fractions of the side."""
OPACITY = 0.8
"""Of the strongest color over the image."""
COLORS = "RdBu_r"
LEGIBLE = 0.995
"""Share of the pixels whose values have a color of their own; a few extreme ones would leave all others white."""


@dataclass(frozen=True, kw_only=True)
class Attributed:
    """What a method gave."""

    raw: Float[np.ndarray, "..."]
    """As captum gave it."""
    heat: Float[np.ndarray, "row column"]
    """One number for each pixel, or for each cell of a layer's map."""
    values: Mapping[str, object] = field(default_factory=dict)


def make(recipe: Attribution, workshop: Workshop) -> Product:
    """Attribute the unit's activation for a given image or one of its exemplars."""
    given = image_of(recipe, workshop)
    seen, whole = given.seen, given.shown
    unit = UnitAddress.parse(recipe.unit)
    model = load(unit.model, device=workshop.device)
    image = as_tensor(seen.pixels[None], device=workshop.device)
    workshop.report(0, 1, f"{recipe.method} of {recipe.unit}")
    base = unit_activations(model, unit, aggregation=recipe.aggregation, images=image).item()
    attributed = attribute(recipe, image=image, model=model)
    limit = float(np.quantile(np.abs(attributed.heat), LEGIBLE))
    heat = _enlarged((attributed.heat / (limit or 1.0)).clip(-1, 1), side=recipe.shown_size)
    about = {"source": whole.source, "box": whole.box}
    raw = io.BytesIO()
    np.save(raw, attributed.raw)
    files = [
        png_file("base", whole.pixels, about={"activation": base, **about}),
        png_file("map", _colored(heat), about={"low": -limit, "high": limit, "colors": COLORS}),
        png_file("overlay", _overlaid(heat, whole.pixels), about={"low": -limit, "high": limit, **about}),
        NewFile(name="raw.npy", content=raw.getvalue(), media_type="application/octet-stream"),
    ]
    # A unit that the image does not activate has nothing to attribute.
    values = {"method": recipe.method, "base": base, "dead": base == 0, **attributed.values, **given.values}
    return Product(new_files=files, values={**values, "weights_sha256": model.card.weights.sha256}, parents=given.parents)


def attribute(recipe: Attribution, *, image: Float[Tensor, "1 3 side side"], model: LoadedModel) -> Attributed:
    """The attributions of an image in [0, 1] by the recipe's method.

    Raises:
        InputError: GradCAM was asked for, and no layer with maps comes before the unit.
    """
    unit = UnitAddress.parse(recipe.unit)

    def forward(images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, " batch"]:
        output = layer_output(model, unit.layer, images=images)
        return aggregate(output, aggregation=recipe.aggregation, row=unit.row, column=unit.column)[:, unit.channel]

    methods: Mapping[str, Callable[[Tensor], Attributed]] = {
        "saliency": partial(_saliency, forward),
        "integrated_gradients": partial(_integrated_gradients, forward, steps=recipe.steps, device=model.device),
        "gradcam": partial(_gradcam, forward, model=model, unit=unit),
        "occlusion": partial(_occlusion, forward, device=model.device),
    }
    return methods[recipe.method](image)


def _saliency(forward: Forward, image: Tensor) -> Attributed:
    """The gradient; the heat is the largest magnitude among the colors (Simonyan et al. 2014, section 3.1)."""
    raw = Saliency(forward).attribute(image.clone().requires_grad_(), abs=False)[0].detach().cpu().numpy()
    return Attributed(raw=raw, heat=np.abs(raw).max(axis=0))


def _integrated_gradients(forward: Forward, image: Tensor, *, steps: int, device: str) -> Attributed:
    """Sundararajan et al. 2017, from a gray image; the gap is by how much the attributions miss the difference of activations."""
    attributions, gap = IntegratedGradients(forward).attribute(
        image,
        baselines=GRAY,
        n_steps=steps,
        internal_batch_size=batch_size(image.shape[-1], device=device),
        return_convergence_delta=True,
    )
    raw = attributions[0].detach().cpu().numpy().astype(np.float32)
    return Attributed(raw=raw, heat=raw.sum(axis=0), values={"completeness_gap": gap.item()})


def _gradcam(forward: Forward, image: Tensor, *, model: LoadedModel, unit: UnitAddress) -> Attributed:
    """Selvaraju et al. 2017, eq. 1 and 2, at the unit's own layer, or if that has no maps at the last before it that has some."""
    layer = map_layer(model, unit.layer, image=image)
    module = model.network_for(unit.layer).get_submodule(layer)
    raw = LayerGradCam(forward, module).attribute(image.clone().requires_grad_(), relu_attributions=True)
    heat = raw[0, 0].detach().cpu().numpy()
    return Attributed(raw=heat, heat=heat, values={"layer": layer})


def _occlusion(forward: Forward, image: Tensor, *, device: str) -> Attributed:
    """Captum's: at each pixel the mean loss of activation over the gray squares that cover it."""
    side = image.shape[-1]
    patch, stride = round(PATCH * side), round(STRIDE * side)
    raw = Occlusion(forward).attribute(
        image,
        sliding_window_shapes=(3, patch, patch),
        strides=(3, stride, stride),
        baselines=GRAY,
        perturbations_per_eval=batch_size(side, device=device),
    )
    # All three colors are covered together and have the same attribution.
    heat = raw[0, 0].detach().cpu().numpy()
    return Attributed(raw=heat, heat=heat)


def map_layer(model: LoadedModel, layer: str, *, image: Float[Tensor, "1 3 side side"]) -> str:
    """The layer itself if its output for the image is a map with channels first, else the last before it.

    Raises:
        InputError: There is none.
    """
    names = list(model.card.layers)
    # In a quicker network some layers give something else; there they are left out.
    other = frozenset() if layer in model.changed_layers else model.changed_layers
    before = names[: names.index(layer) + 1]
    maps = [name for name in before if model.card.layers[name].layout == "BCHW" and name not in other]
    for name in reversed(maps):
        # What is pooled to a single cell says nothing about places.
        if layer_output(model, name, images=image)[0, 0].numel() > 1:
            return name
    raise InputError(field="method", message=f"there is no map before {layer} for gradcam", remedy="Choose another method")


def _enlarged(heat: Float[np.ndarray, "row column"], *, side: int) -> Float[np.ndarray, "side side"]:
    maps = torch.from_numpy(heat)[None, None].float()
    enlarged: Float[np.ndarray, "side side"] = functional.interpolate(maps, size=(side, side), mode="bilinear")[0, 0].numpy()
    return enlarged


def _colored(heat: Float[np.ndarray, "side side"]) -> UInt8[np.ndarray, "side side 3"]:
    """From -1 in blue over 0 in white to 1 in red."""
    colors: Any = colormaps[COLORS]
    pixels: UInt8[np.ndarray, "side side 3"] = colors((heat + 1) / 2, bytes=True)[..., :3]
    return pixels


def _overlaid(heat: Float[np.ndarray, "side side"], pixels: UInt8[np.ndarray, "side side 3"]) -> UInt8[np.ndarray, "side side 3"]:
    """The colors over the gray image, the more opaque the stronger."""
    gray = pixels.mean(axis=2, keepdims=True)
    opacity = OPACITY * np.abs(heat)[..., None]
    mixed: UInt8[np.ndarray, "side side 3"] = (opacity * _colored(heat) + (1 - opacity) * gray).round().astype(np.uint8)
    return mixed
