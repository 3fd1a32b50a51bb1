"""What a circuit does to natural images, which should be nothing: agreement, deviation, accuracy."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from experiments.contract.fields import Json
from experiments.methods.exemplars import as_tensor
from experiments.methods.folder_labels import folder_label, require_labels
from experiments.methods.pool_listing import ListedPool
from model_zoo.activations import batch_size
from model_zoo.loading import LoadedModel

MOST_LABELED = 10_000
"""Labeled images at most: the standard error of an accuracy is then half a percentage point or less."""
Right = Callable[[Float[Tensor, "batch 3 side side"]], Bool[Tensor, " batch"]]
"""For images in [0, 1], whether the circuit treats them as natural."""


def natural_effect(
    before: LoadedModel,
    after: LoadedModel,
    *,
    pixels: UInt8[np.ndarray, "image side side 3"],
    right: Right,
    report: Callable[[int, int, str], None],
) -> Mapping[str, float | int | None]:
    """Compare the outputs of two networks for natural images.

    Returns:
        How many images there were, the share with the same top class, the share that the circuit treats as natural, and
        the largest difference of any logit, over all images and over those that are treated as natural (None without any).
    """
    same, natural, deviations = [], [], []
    for images in _batches(pixels, device=before.device, report=report):
        one, other = _logits(before, images), _logits(after, images)
        same.append(one.argmax(dim=1) == other.argmax(dim=1))
        natural.append(right(images))
        deviations.append((one - other).abs().amax(dim=1))
    deviation, is_natural = torch.cat(deviations), torch.cat(natural)
    return {
        "images": len(pixels),
        "agreement": float(torch.cat(same).double().mean()),
        "treated_as_natural": float(is_natural.double().mean()),
        "largest_deviation": float(deviation.max()),
        "largest_deviation_where_natural": float(deviation[is_natural].max()) if is_natural.any() else None,
    }


def accuracies(
    before: LoadedModel, after: LoadedModel, *, labeled: ListedPool, report: Callable[[int, int, str], None]
) -> Mapping[str, Json]:
    """Top-1 and top-5 accuracy of two networks on images in a folder for each class, named by its index.

    Raises:
        InputError: An image stands in no folder that is named by the index of a class, or the networks' classes are not those
            of the folders.
    """
    require_labels(before.card, field="labeled")
    side, device = before.card.input_size, before.device
    classes = _logits(before, torch.zeros(1, 3, side, side, device=device)).shape[1]
    hits: dict[str, list[Tensor]] = {"before": [], "after": []}
    pictures, done = labeled.images(range(len(labeled)), side=side), 0
    while read := list(islice(pictures, batch_size(side, device=device))):
        report(done, len(labeled), "labeled images before and after")
        labels = [folder_label(picture.source, classes=classes, field="labeled") for picture in read]
        images, truth = (
            as_tensor(np.stack([picture.pixels for picture in read]), device=device),
            torch.tensor(labels, device=device),
        )
        for name, model in (("before", before), ("after", after)):
            hits[name].append(_logits(model, images).topk(min(5, classes), dim=1).indices == truth[:, None])
        done += len(read)
    shares: dict[str, Any] = {"images": done, **labeled.lost}
    for name, found in hits.items():
        ranks = torch.cat(found).double()
        shares[name] = {"top1": float(ranks[:, 0].mean()), "top5": float(ranks.sum(dim=1).mean())}
    return shares


def _batches(
    pixels: UInt8[np.ndarray, "image side side 3"], *, device: str, report: Callable[[int, int, str], None]
) -> Iterator[Float[Tensor, "batch 3 side side"]]:
    size = batch_size(pixels.shape[1], device=device)
    for start in range(0, len(pixels), size):
        report(start, len(pixels), "natural images before and after")
        yield as_tensor(pixels[start : start + size], device=device)


def _logits(model: LoadedModel, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch class"]:
    with torch.inference_mode():
        logits: Tensor = model.network(model.preprocess(images))
        return logits.cpu()
