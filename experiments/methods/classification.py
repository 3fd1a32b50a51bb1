"""The check that a network with its weights and preprocessing does its job: it names what three photographs show."""

import torch

from experiments.contract.errors import InputError
from experiments.datasets.images import cut_square, read_image
from experiments.datasets.photographs import photographs
from experiments.datasets.sources import frame_largest
from experiments.methods.exemplars import as_tensor
from model_zoo.loading import load

# Photograph, and the ImageNet classes that are right for it: tabby to Egyptian cat; espresso, cup, coffee mug;
# missile, projectile, space shuttle.
ACCEPTED = {"chelsea": (281, 282, 283, 284, 285), "coffee": (967, 968, 504), "rocket": (657, 744, 812)}


def check_classification(model_id: str, *, device: str = "cpu") -> list[tuple[str, int, float]]:
    """Classify the photographs.

    Returns:
        Photograph, index of the likeliest class, its probability.

    Raises:
        InputError: There is no such model, or it takes one of the photographs for something else.
    """
    model = load(model_id, device=device)
    answers = []
    for source in photographs():
        if source.name not in ACCEPTED:
            continue
        image = read_image(source.path, field="unit")
        pixels = cut_square(image, frame_largest(image.size).box, side=model.card.input_size, gray=128)
        with torch.inference_mode():
            logits = model.network(model.preprocess(as_tensor(pixels[None], device=device)))
        probability, label = logits.softmax(dim=1).max(dim=1)
        if int(label) not in ACCEPTED[source.name]:
            raise InputError(
                field="unit",
                message=f"{model_id} takes the photograph {source.name} for class {int(label)}",
                remedy="Check its weights and its preprocessing",
            )
        answers.append((source.name, int(label), float(probability)))
    return answers
