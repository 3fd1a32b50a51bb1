"""A model seen as features and a read-out: finds the layer that reads the features out, and records what goes into it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from experiments.contract.fields import require
from model_zoo.errors import InputError

PIXELS_AT_ONCE = 2**18
"""Values of the images in a pass where nothing is kept for gradients: small images go in larger batches."""


class Seen(NamedTuple):
    """What a model makes of images."""

    features: Float[Tensor, "image feature"]
    logits: Float[Tensor, "image class"]


class Encoder:
    """The features of a model: the input of its read-out, whatever the model does before and after."""

    def __init__(self, model: nn.Module, *, name: str, layer: nn.Module) -> None:
        self.model, self.name, self.layer = model, name, layer

    def __call__(self, images: Float[Tensor, "image ..."]) -> Seen:
        """Features and logits, with gradients as the caller has them switched.

        Raises:
            InputError: The layer does not run exactly once, on one row an image.
        """
        taken: list[Tensor] = []
        handle = self.layer.register_forward_pre_hook(lambda _layer, inputs: taken.append(inputs[0]))
        try:
            logits = self.model(images)
        finally:
            handle.remove()
        if len(taken) != 1 or len(taken[0]) != len(images):
            message = f"{self.name} ran {len(taken)} times on {[list(features.shape) for features in taken]}"
            remedy = f"Name a layer that runs once, with a row for each of the {len(images)} images"
            raise InputError(field="feature", message=message, remedy=remedy)
        return Seen(taken[0].flatten(1), logits)

    @torch.no_grad()
    def in_parts(self, images: Float[Tensor, "image ..."], *, batch: int) -> Seen:
        """Features and logits of many images, without gradients, in parts of at least `batch`."""
        rows = max(batch, PIXELS_AT_ONCE // images[0].numel())
        parts = [self(part) for part in torch.split(images, rows)]
        return Seen(torch.cat([part.features for part in parts]), torch.cat([part.logits for part in parts]))


def find_encoder(model: nn.Module, images: Float[Tensor, "image ..."], *, feature: str) -> Encoder:
    """The encoder of a model in evaluation mode; an empty name takes the linear layer whose output is the model's.

    Raises:
        InputError: The model is being trained, its logits are no finite rows, or there is no such layer.
    """
    training = [name or "it" for name, part in model.named_modules() if part.training and _keeps_statistics(part)]
    ready = not model.training and not training
    require(ready, "model", f"it is in training mode ({', '.join(training[:3]) or 'it'})", "Call model.eval() before the test")
    outputs: dict[str, Tensor] = {}
    linear = [(name, part) for name, part in model.named_modules() if isinstance(part, nn.Linear)]
    handles = [part.register_forward_hook(_recorder(outputs, name)) for name, part in linear]
    try:
        with torch.no_grad():
            logits = model(images)
    finally:
        for handle in handles:
            handle.remove()
    _check_logits(logits, count=len(images))
    if feature:
        return _named(model, feature)
    for name, part in reversed(linear):
        if name in outputs and outputs[name].shape == logits.shape and torch.equal(outputs[name], logits):
            return Encoder(model, name=name, layer=part)
    raise InputError(
        field="feature",
        message="the model's output is not that of a linear layer",
        remedy=f"Name the layer that reads the features out, such as {_candidates(model)}",
    )


def _named(model: nn.Module, feature: str) -> Encoder:
    parts = dict(model.named_modules())
    require(feature in parts, "feature", f"there is no layer {feature!r}", f"Name one such as {_candidates(model)}")
    return Encoder(model, name=feature, layer=parts[feature])


def _candidates(model: nn.Module) -> str:
    """Its last layers that have weights."""
    names = [name for name, part in model.named_modules() if name and not list(part.children()) and list(part.parameters())]
    return ", ".join(names[-3:]) or "its last layer (here no layer has weights)"


def _recorder(outputs: dict[str, Tensor], name: str) -> Callable[[nn.Module, Any, Tensor], None]:
    def record(_layer: nn.Module, _inputs: Any, output: Tensor) -> None:
        outputs[name] = output

    return record


def _keeps_statistics(part: nn.Module) -> bool:
    return hasattr(part, "running_mean")


def _check_logits(logits: Tensor, *, count: int) -> None:
    is_rows = isinstance(logits, Tensor) and logits.ndim == 2 and len(logits) == count
    require(is_rows, "model", "its output is no tensor of one row of logits for each image", "Give a classifier")
    require(
        logits.shape[1] > 1, "model", "it has one class only", "Give a classifier with a logit for each of two or more classes"
    )
    require(bool(logits.isfinite().all()), "model", "its logits are not finite", "Look at its weights and its preprocessing")
