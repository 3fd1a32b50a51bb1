"""A detector with trapdoors (Shan et al. 2020): training plants triggers, and what looks like one to the network is detected."""

from typing import cast

import torch
from foolbox.attacks import LInfFMNAttack, LinfPGD
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from experiments.papers.zimmermann2022_active_tests.classifiers.images import Labeled
from experiments.papers.zimmermann2022_active_tests.classifiers.library_attack import LibraryAttack, SmallestAttack
from experiments.papers.zimmermann2022_active_tests.classifiers.on_pixels import OnPixels
from experiments.papers.zimmermann2022_active_tests.classifiers.triggers import with_triggers
from experiments.papers.zimmermann2022_active_tests.defences.both_aims import Jointly
from experiments.papers.zimmermann2022_active_tests.defences.defended import (
    Attempt,
    Defended,
    Threat,
    Undefended,
    usual_attempts,
)
from model_zoo.sources.wide_readout import WideReadout

FALSE_ALARMS = 0.05
"""Of the images of each class that it was trained on."""
MOST_IMAGES = 2048
LONGER = 5
"""Times the steps of the plain attack: a hundred where that has twenty (released code, as is the size of a step)."""
RELATIVE_STEP = 0.078
TWICE = 2
"""Times those steps, for each surrogate of two aims."""


class Trapdoors(nn.Module):
    """The detector: cosine, around the clean mean, of an image's features with those of the trigger of the class it is taken for.

    Each class has a threshold of its own (released code, `run_multi_detect`; around the mean is ours).
    """

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
            similarity, taken = self._similarity(seen.images)
            self.thresholds = torch.stack([_quantile(similarity[taken == one]) for one in range(classes)])

    def forward(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, " batch"]:
        """Similarity less the threshold of the class."""
        similarity, taken = self._similarity(images)
        return similarity - self.thresholds[taken]

    def _similarity(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """With the signature of the class that the image is taken for, and that class."""
        features = self._features(images)
        taken = self.network.logits(features).argmax(1)
        return (functional.normalize(features - self.middle, dim=1) * self.signatures[taken]).sum(1), taken

    def _around(self, images: Tensor) -> Tensor:
        return self._features(images) - self.middle

    def _features(self, images: Tensor) -> Tensor:
        return self.network.features(images * 2 - 1)


def _quantile(similarity: Float[Tensor, " image"]) -> Float[Tensor, ""]:
    """The threshold; of a class that no image is taken for, one that nothing exceeds."""
    return torch.quantile(similarity, 1 - FALSE_ALARMS) if len(similarity) else similarity.new_tensor(1.0)


def defend(undefended: Undefended, threat: Threat) -> Defended:
    """Originally attacked as if there were no detector, adequately with both aims, the best iterate of two ways counting.

    The attack that looks for the smallest perturbation (Pintor et al. 2021) ignores the detector, too.
    """
    network = cast(WideReadout, cast(OnPixels, undefended.model).network)
    detector = Trapdoors(network, undefended.seen.first(MOST_IMAGES), amplitude=undefended.amplitude).eval()
    steps = LONGER * threat.steps
    jointly = Jointly(_descent(threat, steps=TWICE * steps))
    title = f"both aims, selective and matching, PGD, {TWICE * steps} steps each"
    attempts = {
        **usual_attempts(threat),
        "original": Attempt(attack=_descent(threat, steps=steps), queries=steps, title=f"PGD, {steps} steps"),
        "smallest": Attempt(
            attack=SmallestAttack(method=LInfFMNAttack(steps=TWICE * steps), eps=threat.eps, seed=threat.seed),
            queries=TWICE * steps,
            title=f"smallest perturbation, FMN, {TWICE * steps} steps",
        ),
        "adequate": Attempt(attack=jointly, queries=2 * TWICE * steps, title=title, is_matching=True),
    }
    return Defended(
        model=undefended.model.eval(),
        attempts=attempts,
        original="original",
        adequate="adequate",
        detector=detector,
        notes={"false_alarms": FALSE_ALARMS},
    )


def _descent(threat: Threat, *, steps: int) -> LibraryAttack:
    return LibraryAttack(method=LinfPGD(steps=steps, rel_stepsize=RELATIVE_STEP), eps=threat.eps, seed=threat.seed)
