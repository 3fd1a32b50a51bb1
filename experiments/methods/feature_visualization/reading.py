"""How the network is read in every step of an optimization: the forward pass up to the layers of an objective."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from model_zoo.activations import batch_size
from model_zoo.loading import LoadedModel

Reader = Callable[[Float[Tensor, "batch 3 side side"]], Mapping[str, Tensor]]
"""From images in [0, 1] to the outputs of layers, differentiable."""


class _AllReached(Exception):  # noqa: N818 -- not an error: it ends a forward pass that has gone far enough
    pass


def verbatim_reader(model: LoadedModel, layers: frozenset[str]) -> Reader:
    """Reads layers of the network in the precision of its weights; no hook stays behind, later layers do not run.

    Images go through in parts that suit the device. Gradients flow into all of them.
    """
    network = next((model.network for layer in layers if layer in model.changed_layers), model.fast_network)

    def read(images: Float[Tensor, "batch 3 side side"]) -> Mapping[str, Tensor]:
        parts = [
            _outputs(network, layers, model.preprocess(part))
            for part in torch.split(images, batch_size(images.shape[-1], device=model.device))
        ]
        return {layer: torch.cat([part[layer] for part in parts]) for layer in layers}

    return read


def _outputs(network: nn.Module, layers: frozenset[str], inputs: Float[Tensor, "batch 3 side side"]) -> dict[str, Tensor]:
    reached: dict[str, Tensor] = {}

    def keep(layer: str) -> Callable[..., None]:
        def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            reached[layer] = output
            if len(reached) == len(layers):
                raise _AllReached

        return hook

    hooks = [network.get_submodule(layer).register_forward_hook(keep(layer)) for layer in layers]
    try:
        network(inputs)
    except _AllReached:
        return reached
    finally:
        for handle in hooks:
            handle.remove()
    raise RuntimeError(f"of the layers {', '.join(sorted(layers))} only {', '.join(reached)} ran; the model's card is wrong")
