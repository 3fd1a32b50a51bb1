"""How well a network's masks are the objects of held-out scenes, with any number of slots. Called by trainings at their end."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from experiments.datasets.scenes.scene import BACKGROUND, Scenes
from experiments.methods.metrics.clustering import pair_scores
from experiments.methods.metrics.masks import mean_best_overlap, mean_iou
from experiments.methods.slots.task import as_inputs, decompose, slot_noise

CHUNK = 64
ACTIVE = 0.01
"""A slot is active in an image if it has the largest share of more than this part of its pixels."""
Scores = dict[str, Float[np.ndarray, " image"]]
"""By measure, one value an image; NaN where it is not defined."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Segmented:
    """Held-out scenes as a network sees them."""

    labels: Int[np.ndarray, "image height width"]
    """The slot with the largest share."""
    errors: Float[np.ndarray, " image"]
    """Mean squared error of the mixture's mean; colors reach from -1 to 1."""


@torch.no_grad()
def segment(
    network: nn.Module,
    scenes: Scenes,
    *,
    slots: int,
    seed: int,
    device: str,
    hints: Float[Tensor, "scene hinted 4"] | None = None,
) -> Segmented:
    """Segment all scenes; the noise at which slots begin follows from the seed."""
    network.eval()
    generator = torch.Generator(device=device).manual_seed(seed)
    labels, errors = [], []
    for start in range(0, len(scenes), CHUNK):
        images = as_inputs(torch.from_numpy(scenes.images[start : start + CHUNK]).to(device))
        some = None if hints is None else hints[start : start + CHUNK].to(device)
        noise = slot_noise(network, len(images), slots=slots, generator=generator)
        decomposed = decompose(network, images, slots=slots, noise=noise, hints=some)
        labels.append(decomposed.labels.cpu().numpy())
        errors.append((decomposed.reconstruction - images).square().mean(dim=(1, 2, 3)).cpu().numpy())
    return Segmented(labels=np.concatenate(labels), errors=np.concatenate(errors).astype(np.float64))


def mask_scores(truth: Int[np.ndarray, "image height width"], predicted: Int[np.ndarray, "image height width"]) -> Scores:
    """Precision, recall and index of the foreground and of all pixels, overlaps, and active slots."""
    true_pixels, pixels = (labels.reshape(len(labels), -1) for labels in (truth, predicted))
    objects = pair_scores(true_pixels, pixels, background=BACKGROUND)
    everything = pair_scores(true_pixels, pixels)
    return {
        "precision": objects.precision,
        "recall": objects.recall,
        "ari": objects.ari,
        "all_precision": everything.precision,
        "all_recall": everything.recall,
        "all_ari": everything.ari,
        "best_overlap": mean_best_overlap(true_pixels, pixels, background=BACKGROUND),
        "iou": mean_iou(true_pixels, pixels, background=BACKGROUND),
        "active": active_slots(predicted),
    }


def active_slots(predicted: Int[np.ndarray, "image height width"]) -> Float[np.ndarray, " image"]:
    """How many slots have more than `ACTIVE` of an image's pixels."""
    pixels = predicted.reshape(len(predicted), -1)
    counts = np.stack([(pixels == slot).sum(axis=1) for slot in range(int(predicted.max()) + 1)])
    return np.asarray((counts > ACTIVE * pixels.shape[1]).sum(axis=0), dtype=np.float64)
