"""Ways between images of two classes: what the classifier and its likelihood say on the way, and the pictures themselves."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from experiments.contract.artifacts import Workshop
from experiments.methods.score_models.dequantization import bits_per_dimension, within_levels
from experiments.methods.score_models.interpolation import between
from experiments.methods.score_models.likelihood_classifier import LikelihoodClassifier
from experiments.papers.zimmermann2021_sbgc.baselines.data import CLASSES, LeveledImages, require_classes
from experiments.papers.zimmermann2021_sbgc.measurements.configuration import Paths
from experiments.papers.zimmermann2021_sbgc.measurements.robustness import Arrays, Values

WAYS = ("latents", "pixels")
SEED = 0
"""Of the pairs, and of their dequantization."""
UNSURE = 0.05
"""Posterior of one of both classes below which a point is neither's."""


def ways(
    classifier: LikelihoodClassifier, images: LeveledImages, measurement: Paths, *, workshop: Workshop
) -> tuple[Arrays, Values]:
    """For each pair and way the pictures, the log-odds of both classes, and bits per dimension of the likelier of both."""
    generator = torch.Generator().manual_seed(SEED)
    pairs = pairs_of(images.labels, count=measurement.pairs, generator=generator)
    found: dict[str, list[Tensor]] = {f"{way}_{what}": [] for way in WAYS for what in ("pictures", "odds", "bits", "neither")}
    for place, pair in enumerate(pairs):
        workshop.report(place, len(pairs), "ways between images")
        noise = torch.rand(images.pixels[pair].shape, generator=generator)
        ends = within_levels(images.unit[pair], noise=noise, levels=images.levels).to(workshop.device)
        for way in WAYS:
            with torch.no_grad():
                path = between(
                    classifier.network,
                    ends,
                    told=CLASSES,
                    diffusion=classifier.diffusion,
                    points=measurement.points,
                    way=way,  # type: ignore[arg-type]  # one of the two
                )
                scores = classifier.log_likelihoods(path, classifier.get_buffer("probes")[0].expand_as(path))
            for name, values in _of_path(path, scores, images.labels[pair], images=images).items():
                found[f"{way}_{name}"].append(values.cpu())
    arrays: Arrays = {name: torch.stack(values).numpy() for name, values in found.items()}
    arrays["labels"] = images.labels[pairs].numpy()
    return arrays, _summary(arrays)


def pairs_of(labels: Int[Tensor, " image"], *, count: int, generator: torch.Generator) -> Int[Tensor, "pair 2"]:
    """Pairs of images of different classes.

    Raises:
        InputError: All images are of one class.
    """
    require_classes(labels, field="clean_images")
    pairs: list[list[int]] = []
    while len(pairs) < count:
        first, second = torch.randint(len(labels), (2,), generator=generator).tolist()
        if labels[first] != labels[second]:
            pairs.append([first, second])
    return torch.tensor(pairs)


def _of_path(
    path: Float[Tensor, "point channel side side"],
    scores: Float[Tensor, "point class"],
    labels: Int[Tensor, " 2"],
    *,
    images: LeveledImages,
) -> dict[str, Tensor]:
    own = scores[:, labels]
    return {
        # As they would be shown, without what dequantization added.
        "pictures": ((path + 1) * images.levels / 2 - 0.5).div(images.levels - 1).clamp(0, 1),
        "odds": own[:, 1] - own[:, 0],
        "bits": bits_per_dimension(own.amax(dim=1), dimensions=path[0].numel(), levels=images.levels),
        "neither": 1 - scores.softmax(dim=1)[:, labels].sum(dim=1),
    }


def _summary(arrays: Arrays) -> Values:
    """By way: bits at the ends and in the middle, where the odds turn, and how often a third class is met in between."""
    values: Values = {}
    for way in WAYS:
        bits, odds = arrays[f"{way}_bits"], arrays[f"{way}_odds"]
        middle = bits.shape[1] // 2
        signs = np.diff(np.sign(odds), axis=1) != 0
        values[way] = {
            "bits_ends": float(bits[:, [0, -1]].mean()),
            "bits_middle": float(bits[:, middle].mean()),
            "turns": signs.sum(axis=1).tolist(),
            "turning_points": ((signs.argmax(axis=1) + 0.5) / (bits.shape[1] - 1)).tolist(),
            "third_class": float((arrays[f"{way}_neither"] > 1 - UNSURE).any(axis=1).mean()),
        }
    return values
