"""Accuracies of a defended model: on clean images, and on those that an attack has found. Called by the stage."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from experiments.methods.attacks import inside, seeded
from experiments.papers.zimmermann2022_active_tests.classifiers.images import Labeled
from experiments.papers.zimmermann2022_active_tests.classifiers.on_pixels import in_blocks
from experiments.papers.zimmermann2022_active_tests.defences.defended import Attempt, Defended, Detector


class Guarded(nn.Module):
    """A model and the detector beside it, for attacks that mind it."""

    def __init__(self, model: nn.Module, detector: Detector | None) -> None:
        super().__init__()
        self.model, self.detector = model, detector
        self.eval()

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch class"]:
        """The model's logits."""
        logits: Float[Tensor, "batch class"] = self.model(images)
        return logits


def clean_counts(defended: Defended, shown: Labeled, *, seed: int) -> Mapping[str, Any]:
    """Images, those that are classified correctly, and those that a detector raises a false alarm at."""
    correct = _is_correct(defended, shown.images, shown, seed=seed)
    detected = _is_detected(defended, shown.images)
    return {"images": len(correct), "correct": int(correct.sum()), "detected": int(detected.sum())}


def attacked(defended: Defended, attempt: Attempt, shown: Labeled) -> Float[Tensor, "image 3 height width"]:
    """What an attack on the defended model makes of images."""
    guarded = Guarded(defended.model, defended.detector)
    blocks = zip(in_blocks(shown.images), in_blocks(shown.labels), strict=True)
    return torch.cat([attempt.attack(guarded, images, labels) for images, labels in blocks])


def robust_counts(
    defended: Defended, found: Float[Tensor, "image 3 height width"], shown: Labeled, *, eps: float, seed: int
) -> Mapping[str, Any]:
    """Images, and those that the attack did not win: still classified correctly, detected, or outside of the rules."""
    outside = ~inside(found, shown.images, eps=eps, norm="linf")
    withstood = _is_correct(defended, found, shown, seed=seed) | _is_detected(defended, found) | outside
    return {"images": len(found), "robust": int(withstood.sum()), "outside": int(outside.sum())}


@torch.no_grad()
def _is_correct(defended: Defended, images: Tensor, shown: Labeled, *, seed: int) -> Bool[Tensor, " image"]:
    """Of a randomized model: in more than half of its passes, which are drawn by the seed, whatever has been drawn before."""
    blocks = in_blocks(images)
    with seeded(seed):
        passes = [
            torch.cat([defended.model(block).argmax(1) for block in blocks]) == shown.labels for _ in range(defended.repeats)
        ]
    return torch.stack(passes).float().mean(0) > 0.5


@torch.no_grad()
def _is_detected(defended: Defended, images: Tensor) -> Bool[Tensor, " image"]:
    if defended.detector is None:
        return torch.zeros(len(images), dtype=torch.bool, device=images.device)
    return torch.cat([defended.detector(block) for block in in_blocks(images)]) > 0
