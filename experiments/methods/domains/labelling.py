"""Labels images by a classifier of the zoo, as it stands in its card. Called by whoever labels shards."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageOps

from experiments.contract.errors import InputError
from experiments.datasets.domains import Domain
from experiments.methods.domains.descriptions import AT_ONCE
from experiments.methods.domains.rule import three_way
from model_zoo.loading import LoadedModel, load

ARCHITECTURE = "domain_classifier"


def domains_of(model_id: str, images: Iterable[UInt8[np.ndarray, "height width 3"]], *, device: str = "cpu") -> list[Domain]:
    """The domain of each image, of any size, by a classifier and its own thresholds; the largest center square counts.

    Raises:
        InputError: There is no such model, or it is no classifier of domains.
    """
    model = load(model_id, device=device)
    if model.card.architecture != ARCHITECTURE:
        message, remedy = f"{model_id} is no classifier of domains", "Give one that mayilvahanan2025_domains has made"
        raise InputError(field="classifier", message=message, remedy=remedy)
    thresholds = model.card.spec["thresholds"]
    return [label for some in _batches(images) for label in three_way(scores_of(model, some), thresholds=thresholds)]


def scores_of(model: LoadedModel, images: Sequence[UInt8[np.ndarray, "height width 3"]]) -> Float[np.ndarray, "image 2"]:
    """Probabilities of the two heads."""
    squares = np.stack([_square(image, side=model.card.input_size) for image in images])
    pixels = torch.from_numpy(squares).permute(0, 3, 1, 2).to(model.device).float() / 255
    with torch.no_grad():
        scores: Float[np.ndarray, "image 2"] = torch.sigmoid(model.network(model.preprocess(pixels)).double()).cpu().numpy()
    return scores


def _square(image: UInt8[np.ndarray, "height width 3"], *, side: int) -> UInt8[np.ndarray, "side side 3"]:
    return np.asarray(ImageOps.fit(Image.fromarray(image), (side, side), Image.Resampling.LANCZOS))


def _batches(images: Iterable[UInt8[np.ndarray, "height width 3"]]) -> Iterator[list[UInt8[np.ndarray, "height width 3"]]]:
    left = iter(images)
    while some := list(islice(left, AT_ONCE)):
        yield some
