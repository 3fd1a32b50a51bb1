"""Models whose gradient serves two aims, misclassified and passing a detector; foolbox's attacks on them keep the best iterate.

Called by defences with a detector. The detector is that of the model an attack is given: an active test may have turned it round.
"""

from abc import ABC, abstractmethod
from typing import NamedTuple, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from experiments.methods.attacks.binary_model import BinaryModel
from experiments.papers.zimmermann2022_active_tests.defences.defended import AttackCall, Detector

Images = Float[Tensor, "batch 3 side side"]
LEAD = 0.05
"""Logits by which an image has to be misclassified before its detector score is lowered (released code, trapdoor)."""


class Best(NamedTuple):
    """The misclassified iterates of the lowest detector score, the clean images where there is none yet."""

    images: Images
    scores: Float[Tensor, " batch"]


class Surrogate(nn.Module, ABC):
    """Two logits, of which the gradient of the second says where an attack should go; remembers the best of what it has seen."""

    def __init__(self, model: nn.Module, *, labels: Int[Tensor, " batch"], best: Best) -> None:
        super().__init__()
        self.model, self.labels, self.best = model, labels, best
        self.detector = cast(Detector, model.detector)
        self.eval()

    def forward(self, images: Images) -> Float[Tensor, "batch 2"]:
        """0 and, of whatever value, a logit with the gradient of the aim."""
        aim = self.aim(images)
        return torch.stack((torch.zeros_like(aim), aim), dim=1)

    @abstractmethod
    def aim(self, images: Images) -> Float[Tensor, " batch"]:
        """What is to grow."""

    def seen(self, images: Images) -> tuple[Float[Tensor, " batch"], Float[Tensor, " batch"]]:
        """Lead of another class than the label's, and the detector's score; remembers the images if they are better."""
        logits = self.model(images)
        own = functional.one_hot(self.labels, logits.shape[1]).bool()
        lead, score = logits.masked_fill(own, -torch.inf).amax(1) - logits[own], self.detector(images)
        better = (lead > 0) & (score < self.best.scores)
        self.best = Best(
            torch.where(better[:, None, None, None], images, self.best.images).detach(),
            torch.where(better, score, self.best.scores).detach(),
        )
        return lead, score


class Selective(Surrogate):
    """Misclassified first, then past the detector, one gradient at a time (Bryniarski et al. 2021, selective PGD)."""

    def aim(self, images: Images) -> Float[Tensor, " batch"]:
        """The lead where it is too small, else the negative score."""
        lead, score = self.seen(images)
        aim = torch.where(lead > LEAD, -score, lead)
        # Around 0, where the cross entropy of an attack has a gradient however far the image is from its aim.
        return aim - aim.detach()


class Matching(Surrogate):
    """Features as those of a reference beyond the ball, which is of the wanted class and as the detector should see it."""

    def __init__(self, model: BinaryModel, *, labels: Int[Tensor, " batch"], best: Best) -> None:
        super().__init__(model, labels=labels, best=best)
        self.features = model.features
        with torch.no_grad():
            self.wanted = self.features(model.references[:, 0])

    def aim(self, images: Images) -> Float[Tensor, " batch"]:
        """The negative distance of features."""
        with torch.no_grad():
            self.seen(images)
        distance = torch.linalg.vector_norm(self.features(images) - self.wanted, dim=1)
        closer: Tensor = distance.detach() - distance
        return closer


class Jointly:
    """An attack on each surrogate in turn; of an image the best iterate of all. Without references there is nothing to match."""

    def __init__(self, attack: AttackCall) -> None:
        self.attack = attack

    def __call__(self, model: nn.Module, images: Images, labels: Int[Tensor, " batch"]) -> Images:
        """What the attack finds for both aims; the clean image where it finds nothing."""
        first = Best(images.clone(), torch.full((len(images),), torch.inf, device=images.device))
        surrogate: Surrogate = Selective(model, labels=labels, best=first)
        for_labels = torch.zeros_like(labels)
        surrogate.seen(self.attack(surrogate, images, for_labels))
        if isinstance(model, BinaryModel):
            surrogate = Matching(model, labels=labels, best=surrogate.best)
            surrogate.seen(self.attack(surrogate, images, for_labels))
        return surrogate.best.images
