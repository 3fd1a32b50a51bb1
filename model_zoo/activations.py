"""Reads units: a forward pass that stops at the unit's layer, and the way from a layer's output to one number per channel."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from model_zoo.address import Index, UnitAddress
from model_zoo.catalogue import Layout
from model_zoo.errors import InputError
from model_zoo.loading import LoadedModel

Result = TypeVar("Result")
CPU_PIXELS, GPU_PIXELS = 2**18, 2**23
"""Pixels per forward pass; more than this on a CPU costs time, because buffers are then mapped afresh for every layer."""


def batch_size(side: int, *, device: str) -> int:
    """How many square images a forward pass without gradients takes best."""
    return max(1, (CPU_PIXELS if device == "cpu" else GPU_PIXELS) // side**2)


def in_batches(count: int, *, start: int, run: Callable[[slice], Result]) -> Iterator[Result]:
    """What `run` gives for 0 to `count`, part by part and in order; where memory runs out, parts become half as long and stay so.

    Args:
        count: How many items there are.
        start: Length of the first part.
        run: Called with each part, such as `slice(64, 128)`. Where memory runs out it is called again with the first half of the
            part, so that it must leave nothing behind before it returns.

    Raises:
        InputError: Memory does not suffice for one item.
    """

    def run_from(first: int) -> Callable[[int], Result]:
        return lambda length: run(slice(first, first + length))

    first, size = 0, start
    while first < count:
        size, result = halved(min(size, count - first), run=run_from(first))
        yield result
        first += size


def halved(length: int, *, run: Callable[[int], Result]) -> tuple[int, Result]:
    """A length and what `run` gives for it; where memory runs out `run` is called again with half of it, and so on down to 1.

    Raises:
        InputError: Memory does not suffice for one item.
    """
    while True:
        try:
            return length, run(length)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not _out_of_memory(error):
                raise
            if length == 1:
                raise InputError(
                    field="device",
                    message="its memory does not suffice, even for one image at a time",
                    remedy="Ask for smaller images, or take a machine with more memory",
                ) from error
            # What the failed call held is freed with the error, at the end of this block.
            length //= 2


def _out_of_memory(error: Exception) -> bool:
    """Whether an error says so; the allocator of the CPU has no type of its own for it."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)


class _Reached(Exception):  # noqa: N818 -- not an error: it carries the layer's output out of the forward pass
    def __init__(self, output: Tensor) -> None:
        super().__init__()
        self.output = output


def layer_output(model: LoadedModel, layer: str, *, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch ..."]:
    """The output of a layer for images in [0, 1] as `channel_first` gives it; later layers do not run, no hook stays behind."""

    def stop(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
        raise _Reached(output)

    network = model.network_for(layer)
    hook = network.get_submodule(layer).register_forward_hook(stop)
    try:
        network(model.preprocess(images))
    except _Reached as reached:
        return channel_first(reached.output, layout=model.card.layers[layer].layout)
    finally:
        hook.remove()
    raise RuntimeError(f"layer {layer} of {model.card.id} did not run; its card is wrong")


def channel_first(output: Float[Tensor, "batch ..."], *, layout: Layout) -> Float[Tensor, "batch ..."]:
    """The output of a layer, in the layout of its card, as BCHW, BC or BNC: only maps whose channels come last are turned."""
    return output.permute(0, 3, 1, 2) if layout == "BHWC" else output


def aggregate(
    output: Float[Tensor, "batch ..."], *, aggregation: str, row: Index | None = None, column: Index | None = None
) -> Float[Tensor, "batch channel"]:
    """One number per image and channel: spatial mean, one position, or mean over the tokens after the class token.

    Args:
        output: What `layer_output` gave; a layer without maps has its numbers already, and their mean is themselves.
        aggregation: One that suits the layer, as `check_unit` says.
        row: Of the position, as a part of the map's height.
        column: Of the position, as a part of the map's width.

    Raises:
        InputError: The position lies outside the map.
    """
    if aggregation == "tokens":
        return output[:, 1:].mean(dim=1)
    if aggregation == "position":
        return output[:, :, _inside(row, output.shape[2], "row"), _inside(column, output.shape[3], "column")]
    return output if output.ndim == 2 else output.mean(dim=(2, 3))


def unit_activations(
    model: LoadedModel, unit: UnitAddress, *, aggregation: str, images: Float[Tensor, "batch 3 height width"]
) -> Float[Tensor, " batch"]:
    """The activation of one unit for images in [0, 1].

    Raises:
        InputError: The network gave NaN or infinity.
    """
    output = layer_output(model, unit.layer, images=images)
    activations = aggregate(output, aggregation=aggregation, row=unit.row, column=unit.column)[:, unit.channel]
    return _finite(activations, unit=unit)


def layer_activations(
    model: LoadedModel, unit: UnitAddress, *, aggregation: str, images: Float[Tensor, "batch 3 height width"]
) -> Float[Tensor, "batch channel"]:
    """The activations of all channels of the unit's layer, without gradients.

    Raises:
        InputError: The network gave NaN or infinity.
    """
    with torch.inference_mode():
        output = layer_output(model, unit.layer, images=images)
        return _finite(aggregate(output, aggregation=aggregation, row=unit.row, column=unit.column), unit=unit)


def _finite(activations: Float[Tensor, "batch ..."], *, unit: UnitAddress) -> Float[Tensor, "batch ..."]:
    """The activations, once they were found to be numbers."""
    finite = activations.isfinite()
    if not finite.all():
        images = len(finite) - int(finite.view(len(finite), -1).all(dim=1).sum())
        raise InputError(
            field="unit",
            message=f"{unit.model} gave NaN or infinity in layer {unit.layer} for {images} of {len(finite)} images",
            remedy="Check its weights, and that the images are numbers from 0 to 1",
        )
    return activations


def _inside(index: Index | None, length: int, name: str) -> int:
    """An index into a map; the center of an even length is the later of the two."""
    number = length // 2 if index == "c" else index
    if number is None or number >= length:
        raise InputError(
            field="unit", message=f"{name} {number} is outside a map of {length}", remedy=f"Give 0 to {length - 1}, or c"
        )
    return number
