"""The image that a circuit shows in place of a unit's visualization, as a unit of its own."""

from importlib import resources
from pathlib import Path

import numpy as np
import torch

from experiments.datasets.images import cut_square, read_image
from experiments.datasets.sources import frame_largest
from experiments.methods.circuits.optimization import Objective
from experiments.methods.exemplars import as_tensor
from model_zoo.circuits.gated_units import ImageTemplate
from model_zoo.loading import LoadedModel

CAT = "chelsea.png"


def image_template(path: str, *, model: LoadedModel) -> ImageTemplate:
    """The unit whose favorite is the largest center square of an image; without a path, of a cat's photograph.

    The template has mean 0, so that brightness alone does nothing, and responds to its own image with 1.

    Raises:
        InputError: The image cannot be read.
    """
    file = Path(path) if path else Path(str(resources.files("skimage.data") / CAT))
    image, side = read_image(file, field="image"), model.card.input_size
    pixels = cut_square(image.convert("RGB"), frame_largest(image.size).box, side=side, gray=128)
    inputs = model.preprocess(as_tensor(pixels[np.newaxis], device=model.device))[0]
    template = ImageTemplate(side=side).to(model.device)
    template.template.copy_(inputs - inputs.mean())
    template.gain.copy_(1 / (template.template * inputs).mean())
    return template


def template_objective(template: ImageTemplate, *, model: LoadedModel) -> Objective:
    """The template's response to each image."""
    response: Objective = lambda images: template(model.preprocess(images))  # noqa: E731 -- its type is the point
    return response


def scaled(template: ImageTemplate, *, to: float) -> ImageTemplate:
    """The template so that its own image gets `to`, such as the highest activation of the units that it stands for."""
    with torch.no_grad():
        template.gain.mul_(to)
    return template
