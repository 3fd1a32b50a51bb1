"""A detector of activations (DLA, Sperl et al. 2020): a small network that tells attacked from clean features."""

import warnings
from typing import cast

import numpy as np
import torch
from foolbox.attacks import LinfPGD
from jaxtyping import Float
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from torch import Tensor, nn

from experiments.papers.zimmermann2022_active_tests.classifiers.images import Labeled
from experiments.papers.zimmermann2022_active_tests.classifiers.library_attack import LibraryAttack
from experiments.papers.zimmermann2022_active_tests.classifiers.on_pixels import OnPixels
from experiments.papers.zimmermann2022_active_tests.defences.both_aims import Jointly
from experiments.papers.zimmermann2022_active_tests.defences.defended import (
    Attempt,
    Defended,
    Threat,
    Undefended,
    projected,
    usual_attempts,
)
from model_zoo.sources.wide_readout import WideReadout

FALSE_ALARMS = 0.05
"""Of images of the training part that the head has not learned from."""
MOST_IMAGES = 2048
TRAINED_ON = 0.75
"""Share of the images that the head learns from; the others set the threshold."""
HIDDEN = 64
EPOCHS = 100
SMALLEST_DEVIATION = 1e-6
"""Of a feature, below which it says nothing."""
LONGER = 10
"""Times the steps of the plain attack: two hundred where that has twenty (released code, case_studies/dla)."""
RELATIVE_STEP = 0.1


class ActivationDetector(nn.Module):
    """Score of an image by its standardized features: a two-layer head trained by scikit-learn, less its threshold."""

    def __init__(
        self,
        network: WideReadout,
        *,
        clean: Float[Tensor, "image 3 side side"],
        attacked: Float[Tensor, "image 3 side side"],
        held_out: Float[Tensor, "other 3 side side"],
        seed: int,
    ) -> None:
        super().__init__()
        self.network = network
        with torch.no_grad():
            features = torch.cat([network.features(images * 2 - 1) for images in (clean, attacked)])
            self.middle = features.mean(0)
            self.deviation = features.std(0, correction=0).clamp(min=SMALLEST_DEVIATION)
            labels = np.repeat([0, 1], [len(clean), len(attacked)])
            self.head = _head(self._standardized(torch.cat((clean, attacked))), labels, seed=seed)
            self.threshold = torch.quantile(self._logit(held_out), 1 - FALSE_ALARMS)

    def forward(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, " batch"]:
        """Logit of being attacked, less the threshold."""
        return self._logit(images) - self.threshold

    def _logit(self, images: Tensor) -> Tensor:
        logit: Tensor = self.head(self._standardized(images))[:, 0]
        return logit

    def _standardized(self, images: Tensor) -> Tensor:
        return (self.network.features(images * 2 - 1) - self.middle) / self.deviation


def _head(rows: Float[Tensor, "row feature"], labels: np.ndarray, *, seed: int) -> nn.Sequential:
    """The library's two layers as modules, so that an attacker can differentiate them."""
    fitted = MLPClassifier(hidden_layer_sizes=(HIDDEN,), max_iter=EPOCHS, tol=0, n_iter_no_change=EPOCHS, random_state=seed)
    with warnings.catch_warnings():
        # It learns for so many epochs, whether or not the loss still falls.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted.fit(rows.cpu().numpy(), labels)
    layers = (nn.Linear(rows.shape[1], HIDDEN), nn.Linear(HIDDEN, 1))
    for layer, weight, bias in zip(layers, fitted.coefs_, fitted.intercepts_, strict=True):
        layer.weight.copy_(torch.from_numpy(weight.T))
        layer.bias.copy_(torch.from_numpy(bias))
    return nn.Sequential(layers[0], nn.ReLU(), layers[1]).to(rows.device).requires_grad_(False)


def defend(undefended: Undefended, threat: Threat) -> Defended:
    """Originally attacked as if there were no detector, adequately with both aims."""
    network = cast(WideReadout, cast(OnPixels, undefended.model).network)
    detector = _trained(undefended, network, threat).eval()
    steps = LONGER * threat.steps
    descent = LibraryAttack(method=LinfPGD(steps=steps, rel_stepsize=RELATIVE_STEP), eps=threat.eps, seed=threat.seed)
    title = f"both aims, selective and matching, PGD, {steps} steps each"
    attempts = {
        **usual_attempts(threat),
        "original": Attempt(attack=descent, queries=steps, title=f"PGD, {steps} steps"),
        "adequate": Attempt(attack=Jointly(descent), queries=2 * steps, title=title),
    }
    return Defended(
        model=undefended.model.eval(),
        attempts=attempts,
        original="original",
        adequate="adequate",
        detector=detector,
        notes={"false_alarms": FALSE_ALARMS},
    )


def _trained(undefended: Undefended, network: WideReadout, threat: Threat) -> ActivationDetector:
    """On images that the classifier has seen and on what PGD of the same radius makes of them."""
    seen: Labeled = undefended.seen.first(MOST_IMAGES)
    count = round(TRAINED_ON * len(seen.labels))
    clean = seen.images[:count]
    attacked = projected(threat, steps=threat.steps)(undefended.model, clean, seen.labels[:count])
    return ActivationDetector(network, clean=clean, attacked=attacked, held_out=seen.images[count:], seed=threat.seed)
