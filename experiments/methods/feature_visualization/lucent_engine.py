"""The engine `lucent`: torch-lucent's `render_vis` as it is, guarded. Called by the maker.

Lucent draws from the global generators, leaves a hook on every module and guesses the preprocessing from a class name; here
the generators are seeded and put back, the hooks removed, and the preprocessing is the card's.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from experiments.contract.errors import InputError
from experiments.contract.recipes import FeatureVisualization
from experiments.methods.feature_visualization.ascent import Report
from experiments.methods.feature_visualization.render import Visualization, unit_objective, values_of, without_gradient
from model_zoo.address import Index, UnitAddress
from model_zoo.loading import LoadedModel

LAYOUTS = ("BCHW", "BC")
"""Of the layers whose channels lucent finds."""


def render_with_lucent(recipe: FeatureVisualization, *, model: LoadedModel, report: Report) -> Visualization:
    """Optimize a batch of images as a recipe of the engine `lucent` says.

    Raises:
        InputError: Lucent is not installed, works on another device, or cannot read the unit's layer.
    """
    try:
        # Comes with an extra of its own, which pins an old kornia.
        from lucent.optvis import param, render, transform  # noqa: PLC0415 -- optional
    except ModuleNotFoundError as error:
        remedy = "Install the extra 'lucent', or choose the engine native"
        raise InputError(field="engine", message=f"torch-lucent is missing ({error})", remedy=remedy) from error
    _check(recipe, model, device=str(transform.device))
    views = [] if recipe.transforms == "none" else transform.standard_transforms
    with _seeded(recipe.seed), _without_new_hooks(model.network):
        (images,) = render.render_vis(
            model.network,
            _objective(recipe, report=report),
            param_f=lambda: param.image(recipe.size, batch=recipe.batch, fft=recipe.parametrization == "fourier"),
            optimizer=lambda parameters: torch.optim.Adam(parameters, lr=recipe.learning_rate),
            transforms=[*views, model.preprocess],
            preprocess=False,
            fixed_image_size=recipe.size,
            thresholds=(recipe.steps,),
            progress=False,
            show_image=False,
        )
    final = torch.from_numpy(images).permute(0, 3, 1, 2).to(model.device)
    value = unit_objective(recipe)
    return Visualization(
        images=final,
        activations=values_of(value, model=model, images=final),
        steps=recipe.steps,
        dead=without_gradient(value, model=model, images=final),
        precision="float32",
    )


def _check(recipe: FeatureVisualization, model: LoadedModel, *, device: str) -> None:
    layer = UnitAddress.parse(recipe.unit).layer
    if model.card.layers[layer].layout not in LAYOUTS:
        message = f"lucent cannot read {layer}, whose output has the layout {model.card.layers[layer].layout}"
        raise InputError(field="engine", message=message, remedy="Choose the engine native")
    if torch.device(device).type != torch.device(model.device).type:
        message = f"lucent works on {device} here, not on {model.device}"
        raise InputError(field="device", message=message, remedy=f"Give {device}, or choose the engine native")


def _objective(recipe: FeatureVisualization, *, report: Report) -> Callable[[Any], Tensor]:
    """Lucent's own objectives, which it minimizes, with the sign that raises or lowers the unit."""
    from lucent.optvis import objectives  # noqa: PLC0415 -- optional

    unit = UnitAddress.parse(recipe.unit)
    layer, steps = unit.layer.replace(".", "_"), iter(range(recipe.steps))
    if recipe.aggregation == "position":
        objective = objectives.neuron(layer, unit.channel, x=_place(unit.column), y=_place(unit.row))
    else:
        objective = objectives.channel(layer, unit.channel)
    signed = objective if recipe.sign == "max" else -objective
    if recipe.diversity:
        # Lucent's diversity is itself negative, so that minimizing it would make images alike.
        signed = signed - recipe.diversity * objectives.diversity(layer)

    def reported(read: Any) -> Tensor:
        report(next(steps), recipe.steps, f"visualization of {recipe.unit} by lucent")
        loss: Tensor = signed(read)
        return loss

    return reported


def _place(index: Index | None) -> int | None:
    """A position as lucent wants it, whose default is the center."""
    return index if isinstance(index, int) else None


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Global generators begin at the seed and go on afterwards as if nothing had been drawn."""
    numpys = np.random.get_state()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        np.random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(numpys)


@contextlib.contextmanager
def _without_new_hooks(network: nn.Module) -> Iterator[None]:
    """Forward hooks that are registered within are removed at the end."""
    before = {module: set(module._forward_hooks) for module in network.modules()}
    try:
        yield
    finally:
        for module, hooks in before.items():
            for number in set(module._forward_hooks) - hooks:
                del module._forward_hooks[number]
