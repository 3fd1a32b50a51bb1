"""Finds the layers of a network by running it once: what each module gives decides whether it has units, and how they are read.

Used to write cards: those of published models by `python -m model_zoo inventory`, those of models made here by their makers.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from model_zoo.catalogue import Layer, Layout

DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)
IMAGES = 2
"""In the forward pass; two, so that a module that does not put the batch first is seen."""


def inventory(network: nn.Module, *, side: int) -> tuple[dict[str, Layer], dict[str, str]]:
    """That of a network that takes RGB images, `side` px square; it may be on the `meta` device, where the pass costs nothing."""
    device = next((parameter.device for parameter in network.parameters()), None)
    return inventory_by(network, torch.zeros(IMAGES, 3, side, side, device=device))


def inventory_by(network: nn.Module, inputs: Tensor) -> tuple[dict[str, Layer], dict[str, str]]:
    """The modules with units, and the others each with the reason, in the order of `named_modules`.

    The network is put into evaluation mode and run once with two inputs. Where a map has as many channels as rows it is taken for
    BCHW. Dropouts and parts of a convolution (its padding) are left out of both.
    """
    modules = _modules(network.eval())
    shapes: dict[str, list[tuple[int, ...] | None]] = {name: [] for name in modules}

    def note(name: str, _module: nn.Module, _inputs: Any, output: Any) -> None:
        shapes[name].append(tuple(output.shape) if isinstance(output, Tensor) else None)

    hooks = [module.register_forward_hook(partial(note, name)) for name, module in modules.items()]
    try:
        with torch.no_grad():
            network(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return _sorted_out(shapes)


def as_json(layers: Mapping[str, Layer], skipped: Mapping[str, str]) -> str:
    """The lists as they stand in a card: a layer a line."""
    lists: dict[str, Mapping[str, Any]] = {"layers": {name: asdict(layer) for name, layer in layers.items()}, "skipped": skipped}
    parts = []
    for title, entries in lists.items():
        lines = ",".join(f"\n    {json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items())
        parts.append(f'  "{title}": {{{lines}\n  }}' if lines else f'  "{title}": {{}}')
    return ",\n".join(parts)


def _modules(network: nn.Module) -> dict[str, nn.Module]:
    parts = {part for module in network.modules() if isinstance(module, nn.Conv2d) for part in module.children()}
    return {
        name: module
        for name, module in network.named_modules()
        if name and module not in parts and not isinstance(module, DROPOUTS)
    }


def _sorted_out(shapes: Mapping[str, list[tuple[int, ...] | None]]) -> tuple[dict[str, Layer], dict[str, str]]:
    layers, skipped = {}, {}
    most_tokens = max((shape[1] for calls in shapes.values() for shape in calls if shape and len(shape) == 3), default=0)
    for name, calls in shapes.items():
        layout = _layout(calls[0]) if calls and calls[0] else None
        if len(calls) != 1:
            skipped[name] = f"runs {len(calls)} times in a forward pass" if calls else "never runs"
        elif calls[0] is None:
            skipped[name] = "gives no tensor"
        elif layout is None:
            sizes = " x ".join(map(str, calls[0]))
            skipped[name] = f"gives neither square maps nor tokens nor features, but {sizes} numbers for {IMAGES} images"
        elif layout == "BNC" and calls[0][1] == most_tokens - 1:
            skipped[name] = "comes before the class token is added"
        else:
            layers[name] = Layer(channels=calls[0][1 if layout == "BCHW" else -1], layout=layout)
    return layers, skipped


def _layout(shape: tuple[int, ...]) -> Layout | None:
    """The meaning of an output's dimensions; the maps of square images are square."""
    if len(shape) < 2 or shape[0] != IMAGES:
        return None
    if len(shape) == 2:
        return "BC"
    if len(shape) == 3:
        return "BNC"
    if len(shape) == 4 and shape[2] == shape[3]:
        return "BCHW"
    return "BHWC" if len(shape) == 4 and shape[1] == shape[2] else None
