"""The image that a circuit shows in place of a unit's visualization, as a unit of its own."""

from importlib import resources
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from experiments.contract.fields import require
from experiments.datasets.images import cut_square, read_image
from experiments.datasets.sources import frame_largest
from experiments.methods.exemplars import as_tensor
from model_zoo.circuits.gated_units import ImageTemplate
from model_zoo.loading import LoadedModel

CAT = "chelsea.png"


def target_file(path: str) -> Path:
    """The file of an image; without a path, of a cat's photograph."""
    return Path(path) if path else Path(str(resources.files("skimage.data") / CAT))


def target_image(path: str, *, side: int, device: str) -> Float[Tensor, "1 3 side side"]:
    """The largest center square of an image, in [0, 1]; without a path, of a cat's photograph.

    Raises:
        InputError: The image cannot be read.
    """
    image = read_image(target_file(path), field="image")
    return as_tensor(cut_square(image, frame_largest(image.size).box, side=side, gray=128)[np.newaxis], device=device)


def image_template(path: str, *, model: LoadedModel) -> ImageTemplate:
    """The unit whose favorite is an image, see `target_image`.

    The template has mean 0, so that brightness alone does nothing, and responds to its own image with 1.

    Raises:
        InputError: The image cannot be read, or is of one color.
    """
    side = model.card.input_size
    inputs = model.preprocess(target_image(path, side=side, device=model.device))[0]
    pattern = inputs - inputs.mean()
    require(bool(pattern.any()), "image", "it is of one color", "Give an image with something on it")
    template = ImageTemplate(side=side).to(model.device)
    template.template.copy_(pattern)
    template.gain.copy_(1 / pattern.square().mean())
    return template


def scaled(template: ImageTemplate, *, to: float) -> ImageTemplate:
    """The template so that its own image gets `to`, such as the highest activation of the units that it stands for."""
    with torch.no_grad():
        template.gain.mul_(to)
    return template
