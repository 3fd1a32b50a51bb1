"""How points are judged: in the ball, class 1 in most passes of the binary model, and as the detector has to see them."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from experiments.methods.attacks.binary_model import BinaryModel, Detector
from experiments.methods.attacks.options import Options
from experiments.methods.attacks.points import distances, inside
from model_zoo.errors import InputError


@torch.no_grad()
def margins(model: BinaryModel, points: Float[Tensor, "image ..."], *, repeats: int) -> Float[Tensor, "repeat image"]:
    """Logit of class 1 less that of class 0, of each pass."""
    logits = torch.stack([model(points) for _ in range(repeats)])
    return logits[..., 1] - logits[..., 0]


def class_one(found: Float[Tensor, "repeat ..."]) -> Bool[Tensor, "*point"]:
    """Whether more than half of the passes say class 1."""
    return (found > 0).double().mean(0) > 0.5


@torch.no_grad()
def allowed(detector: Detector | None, points: Float[Tensor, "point ..."], *, inverted: bool) -> Bool[Tensor, " point"]:
    """Whether the detector says what it has to say: nothing, or in the inverted test that it detects. True without one.

    Raises:
        InputError: It gives something else than a number for each point.
    """
    if detector is None or not len(points):
        return torch.ones(len(points), dtype=torch.bool, device=points.device)
    scores = detector(points)
    if not isinstance(scores, Tensor) or scores.shape != (len(points),):
        remedy = "Give a callable whose value is above 0 for images that it detects"
        raise InputError(field="detector", message="it gives no row of scores, one an image", remedy=remedy)
    detected = scores > 0
    return detected if inverted else ~detected


def violation_of(found: Tensor, images: Float[Tensor, "image ..."], *, options: Options) -> list[str]:
    """For each image empty, or what is wrong with the point that an attack returned for it.

    Raises:
        InputError: The attack returned no tensor.
    """
    if not isinstance(found, Tensor):
        message = f"it returned {type(found).__name__}"
        raise InputError(field="attack", message=message, remedy="Return the adversarial images alone, as one tensor")
    if found.shape != images.shape:
        return [f"shape {list(found.shape)} instead of {list(images.shape)}"] * len(images)
    whole = found.flatten(1).isfinite().all(1).tolist()
    within = inside(found, images, eps=options.eps, norm=options.norm).tolist()
    far = distances(found, images, norm=options.norm).tolist()
    return [
        "" if ok else f"outside of the ball or of [0, 1]: at distance {distance:.6g}" if finite else "values that are not finite"
        for ok, finite, distance in zip(within, whole, far, strict=True)
    ]
