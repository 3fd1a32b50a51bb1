"""How the network is read in every step of an optimization: the forward pass up to the layers of an objective."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from experiments.methods.feature_visualization.quick_network import TRACEABLE, quick_copy, quick_precision
from experiments.methods.feature_visualization.redirected_relu import RedirectedRelus
from model_zoo.activations import batch_size, channel_first
from model_zoo.catalogue import MANIPULATED
from model_zoo.loading import LoadedModel


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads layers of a network, differentiably."""

    read: Callable[[Float[Tensor, "batch 3 side side"]], Mapping[str, Tensor]]
    """From images in [0, 1] to the outputs of the layers, by name and in single precision."""
    precision: str
    """Of the arithmetic inside, as torch writes it: `float32` or `bfloat16`."""

    def read_sparingly(self, images: Float[Tensor, "batch 3 side side"], *, length: int) -> Mapping[str, Tensor]:
        """As `read`, but where there are more than `length` images memory holds what gradients need of so many at a time.

        That takes another forward pass when gradients are computed.
        """
        if len(images) <= length:
            return self.read(images)
        parts = [checkpoint(self.read, part, use_reentrant=False) for part in torch.split(images, length)]
        return {layer: torch.cat([part[layer] for part in parts]) for layer in parts[0]}


@lru_cache(maxsize=4)
def quick_reader(model: LoadedModel, layers: frozenset[str]) -> Reader:
    """The quickest way to gradients at the image: for known architectures a copy made for that, else the network itself.

    Activations differ from the exact ones by the rounding of bfloat16, where that is used; so final values are read exactly.
    """
    if model.card.architecture not in TRACEABLE:
        return exact_reader(model, layers)
    if model.device != "cpu":
        return _autocast_reader(model, layers)
    dtype = quick_precision()
    quick = quick_copy(_network(model, layers), layers=layers, dtype=dtype)

    def read(images: Float[Tensor, "batch 3 side side"]) -> Mapping[str, Tensor]:
        return {layer: output.float() for layer, output in quick(model.preprocess(images).to(dtype)).items()}

    return Reader(read=_in_parts(read, model, layers), precision=str(dtype).removeprefix("torch."))


def exact_reader(model: LoadedModel, layers: frozenset[str]) -> Reader:
    """Reads the network in the precision of its weights; no hook stays behind, later layers do not run."""
    network = _network(model, layers)

    def read(images: Float[Tensor, "batch 3 side side"]) -> Mapping[str, Tensor]:
        return _outputs(network, layers, model.preprocess(images))

    return Reader(read=_in_parts(read, model, layers), precision="float32")


def waking_reader(model: LoadedModel, layers: frozenset[str]) -> Reader:
    """Like the exact one, but gradients pass ReLUs that are off; of a circuit, whose gates must not leak, the exact one."""
    reader = exact_reader(model, layers)
    if model.card.architecture == MANIPULATED:
        return reader

    def read(images: Float[Tensor, "batch 3 side side"]) -> Mapping[str, Tensor]:
        with RedirectedRelus():
            return reader.read(images)

    return Reader(read=read, precision=reader.precision)


def _autocast_reader(model: LoadedModel, layers: frozenset[str]) -> Reader:
    """On a GPU convolutions run in bfloat16 where it has that."""
    if not torch.cuda.is_bf16_supported(including_emulation=False):
        return exact_reader(model, layers)
    network = _network(model, layers)

    def read(images: Float[Tensor, "batch 3 side side"]) -> Mapping[str, Tensor]:
        with torch.autocast("cuda", dtype=torch.bfloat16):
            outputs = _outputs(network, layers, model.preprocess(images))
        return {layer: output.float() for layer, output in outputs.items()}

    return Reader(read=_in_parts(read, model, layers), precision="bfloat16")


def _network(model: LoadedModel, layers: frozenset[str]) -> nn.Module:
    """The quicker network, unless one of the layers gives something else there."""
    return model.network if layers & model.changed_layers else model.fast_network


def _in_parts(
    read: Callable[[Tensor], Mapping[str, Tensor]], model: LoadedModel, layers: frozenset[str]
) -> Callable[[Tensor], Mapping[str, Tensor]]:
    """Images go through in parts that suit the device, gradients flow into all of them; channels of maps come first."""

    def in_parts(images: Float[Tensor, "batch 3 side side"]) -> Mapping[str, Tensor]:
        parts = [read(part) for part in torch.split(images, batch_size(images.shape[-1], device=model.device))]
        whole = {layer: torch.cat([part[layer] for part in parts]) for layer in layers}
        return {layer: channel_first(output, layout=model.card.layers[layer].layout) for layer, output in whole.items()}

    return in_parts


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


class _AllReached(Exception):  # noqa: N818 -- not an error: it ends a forward pass that has gone far enough
    pass
