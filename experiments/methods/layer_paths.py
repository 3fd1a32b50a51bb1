"""The activations of images in many layers at once, flattened. Called by path similarity."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from model_zoo.activations import batch_size
from model_zoo.loading import LoadedModel

MOST_DIMENSIONS = 20_000
"""Of longer activations so many entries are drawn, the same for all images: ranking costs a sort of each vector."""

Paths = dict[str, Float[np.ndarray, "image dimension"]]


def layer_paths(
    model: LoadedModel,
    layers: Sequence[str],
    *,
    images: Float[Tensor, "image 3 height width"],
    seed: int,
    report: Callable[[int, int], None],
) -> Paths:
    """All positions and channels of each layer for images in [0, 1] of one size, one forward pass a batch.

    `seed` decides which entries of a long activation are kept; with the same seed they are the same in every call.
    """
    network = model.network if set(layers) & model.changed_layers else model.fast_network
    outputs: dict[str, Tensor] = {}

    # A copy each: the module after a layer may work in place.
    def keep(name: str) -> Callable[[nn.Module, object, Tensor], None]:
        return lambda _module, _inputs, output: outputs.update({name: output.clone()})

    hooks = [network.get_submodule(name).register_forward_hook(keep(name)) for name in layers]
    rows: dict[str, list[Float[np.ndarray, "batch dimension"]]] = {name: [] for name in layers}
    step = batch_size(images.shape[-1], device=model.device)
    try:
        for start in range(0, len(images), step):
            report(start, len(images))
            with torch.inference_mode():
                network(model.preprocess(images[start : start + step]))
            for name in layers:
                rows[name].append(_kept(outputs[name], seed=seed))
    finally:
        for hook in hooks:
            hook.remove()
    return {name: np.concatenate(parts) for name, parts in rows.items()}


def _kept(output: Float[Tensor, "batch ..."], *, seed: int) -> Float[np.ndarray, "batch dimension"]:
    """The flattened output, or a fixed random part of it."""
    flat = output.flatten(1)
    if flat.shape[1] > MOST_DIMENSIONS:
        chosen = torch.randperm(flat.shape[1], generator=torch.Generator().manual_seed(seed))[:MOST_DIMENSIONS]
        flat = flat[:, chosen.to(flat.device)]
    return flat.float().cpu().numpy()
