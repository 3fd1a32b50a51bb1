"""The check that a network with its weights and preprocessing does its job: it names what three photographs show."""

from importlib import resources

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from model_zoo.errors import InputError
from model_zoo.loading import load

# Photograph in the wheel of scikit-image, and the ImageNet classes that are right for it.
ACCEPTED = {
    "chelsea.png": {281: "tabby", 282: "tiger cat", 283: "Persian cat", 284: "Siamese cat", 285: "Egyptian cat"},
    "coffee.png": {504: "coffee mug", 967: "espresso", 968: "cup"},
    "rocket.jpg": {657: "missile", 744: "projectile", 812: "space shuttle"},
}


def check_classification(model_id: str, *, device: str = "cpu") -> list[tuple[str, int, float]]:
    """Classify the photographs.

    Returns:
        Photograph, index of the likeliest class, its probability.

    Raises:
        InputError: There is no such model, or it takes one of the photographs for something else.
    """
    model = load(model_id, device=device)
    answers = []
    for photograph, accepted in ACCEPTED.items():
        image = _photograph(photograph, side=model.card.input_size).to(device)
        with torch.inference_mode():
            probability, label = model.network(model.preprocess(image)).softmax(dim=1).max(dim=1)
        if int(label) not in accepted:
            raise InputError(
                field="unit",
                message=f"{model_id} takes the photograph {photograph} for class {int(label)}",
                remedy="Check its weights and its preprocessing",
            )
        answers.append((photograph, int(label), float(probability)))
    return answers


def _photograph(name: str, *, side: int) -> Float[Tensor, "1 3 side side"]:
    """The largest center square of a photograph."""
    with (resources.files("skimage.data") / name).open("rb") as file, Image.open(file) as image:
        left, top = ((length - min(image.size)) / 2 for length in image.size)
        box = (left, top, left + min(image.size), top + min(image.size))
        pixels = np.array(image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC, box=box))
    return torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255
