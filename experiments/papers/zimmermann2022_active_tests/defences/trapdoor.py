"""A detector with trapdoors (Shan et al. 2020): training plants triggers, and what looks like one to the network is detected."""

from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from experiments.papers.zimmermann2022_active_tests.classifiers.images import Labeled
from experiments.papers.zimmermann2022_active_tests.classifiers.on_pixels import OnPixels
from experiments.papers.zimmermann2022_active_tests.classifiers.triggers import with_triggers
from experiments.papers.zimmermann2022_active_tests.defences.defended import (
    AttackCall,
    Attempt,
    Defended,
    Detector,
    Threat,
    Undefended,
    projected,
    usual_attempts,
)
from model_zoo.sources.wide_readout import WideReadout

FALSE_ALARMS = 0.05
"""Of the images that it was trained on."""
MOST_IMAGES = 2048
STEPS = 5
"""Times those of the plain attack, for two aims at once."""


class Trapdoors(nn.Module):
    """The detector: cosine between an image's features and those of the most similar trigger, around the mean of clean ones."""

    def __init__(self, network: WideReadout, seen: Labeled, *, amplitude: float) -> None:
        super().__init__()
        self.network = network
        classes = network.logits.out_features
        with torch.no_grad():
            self.middle = self._features(seen.images).mean(0)
            signatures = [
                self._around(with_triggers(seen.images, torch.full_like(seen.labels, one), amplitude=amplitude, classes=classes))
                for one in range(classes)
            ]
            self.signatures = functional.normalize(torch.stack([found.mean(0) for found in signatures]), dim=1)
            self.threshold = torch.quantile(self._similarity(seen.images), 1 - FALSE_ALARMS)

    def forward(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, " batch"]:
        """Similarity less the threshold."""
        return self._similarity(images) - self.threshold

    def _similarity(self, images: Tensor) -> Tensor:
        return (functional.normalize(self._around(images), dim=1) @ self.signatures.T).amax(1)

    def _around(self, images: Tensor) -> Tensor:
        return self._features(images) - self.middle

    def _features(self, images: Tensor) -> Tensor:
        return self.network.features(images * 2 - 1)


class BothAims(nn.Module):
    """Two logits whose second one leads only where an image is misclassified and scores below 0: the lesser of both leads.

    The detector's is measured in the spread of the logits, so that neither aim drowns the other.
    """

    def __init__(self, model: nn.Module, detector: Detector, *, images: Tensor, labels: Int[Tensor, " batch"]) -> None:
        super().__init__()
        self.model, self.detector, self.labels = model, detector, labels
        with torch.no_grad():
            self.scale = self.model(images).std() / self.detector(images).std().clamp(min=1e-6)
        self.eval()

    def forward(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch 2"]:
        """0 and the lesser lead."""
        logits = self.model(images)
        own = functional.one_hot(self.labels, logits.shape[1]).bool()
        misclassified = logits.masked_fill(own, -torch.inf).amax(1) - logits[own]
        lead = torch.minimum(misclassified, -self.scale * self.detector(images))
        return torch.stack((torch.zeros_like(lead), lead), dim=1)


class Jointly:
    """An attack that minds the model's `detector`, which an active test turns round where images have to be detected."""

    def __init__(self, attack: AttackCall) -> None:
        self.attack = attack

    def __call__(
        self, model: nn.Module, images: Float[Tensor, "batch 3 side side"], labels: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch 3 side side"]:
        """What the attack finds for both aims."""
        both = BothAims(model, cast(Detector, model.detector), images=images, labels=labels)
        return self.attack(both, images, torch.zeros_like(labels))


def defend(undefended: Undefended, threat: Threat) -> Defended:
    """Originally attacked as if there were no detector, adequately with both aims at once."""
    network = cast(WideReadout, cast(OnPixels, undefended.model).network)
    detector = Trapdoors(network, undefended.seen.first(MOST_IMAGES), amplitude=undefended.amplitude).eval()
    steps = STEPS * threat.steps
    adequate = Attempt(attack=Jointly(projected(threat, steps=steps)), queries=steps, title=f"both aims, PGD, {steps} steps")
    return Defended(
        model=undefended.model.eval(),
        attempts={**usual_attempts(threat), "adequate": adequate},
        original="plain",
        adequate="adequate",
        detector=detector,
        notes={"false_alarms": FALSE_ALARMS},
    )
