"""Adversarial perturbations of what a classifier sees, by foolbox's projected gradient descent through the whole classifier."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import foolbox
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from experiments.contract.fields import require

Norm = Literal["linf", "l2"]
SLACK = 1e-4
"""How much farther than allowed a perturbation may be by rounding."""
STEP = 2.5
"""Length of a step times steps, over eps (Madry et al. 2018)."""


class Scaled(nn.Module):
    """A classifier whose scores are divided by a constant, which changes no decision.

    Log-likelihoods of classes differ by hundreds of nats, so that cross-entropy underflows and has a gradient of exactly zero:
    the classifier would look robust. Divided by the usual gap between the best two classes they are like other logits.
    """

    def __init__(self, classifier: nn.Module, *, images: Float[Tensor, "batch channel side side"]) -> None:
        super().__init__()
        self.classifier = classifier
        with torch.no_grad():
            best = classifier(images).topk(2, dim=1).values
        self.gap = float((best[:, 0] - best[:, 1]).median().clamp(min=1e-12))

    def forward(self, images: Float[Tensor, "batch channel side side"]) -> Float[Tensor, "batch class"]:
        """The scores, in gaps."""
        scores: Float[Tensor, "batch class"] = self.classifier(images) / self.gap
        return scores


@dataclass(frozen=True, kw_only=True, eq=False)
class Attacked:
    """What an attack found within each eps."""

    images: Float[Tensor, "eps image channel side side"]
    right: Bool[Tensor, "eps image"]
    """Still classified right by the classifier that was attacked."""


def attack_of(norm: Norm, *, steps: int) -> foolbox.Attack:
    """Projected gradient descent from a random start, whose steps shrink with their number."""
    kinds = {"linf": foolbox.attacks.LinfPGD, "l2": foolbox.attacks.L2PGD}
    return kinds[norm](steps=steps, rel_stepsize=STEP / steps, random_start=True)


def attacked(
    classifier: nn.Module,
    images: Float[Tensor, "image channel side side"],
    labels: Int[Tensor, " image"],
    *,
    norm: Norm,
    epsilons: Sequence[float],
    steps: int,
    seed: int,
) -> Attacked:
    """Attack within each eps, in units of an image from 0 to 1; distances and range are checked here, not believed.

    Raises:
        InputError: An eps is not above 0.
    """
    require(all(eps > 0 for eps in epsilons), "epsilons", f"{list(epsilons)} has one that allows nothing", "Give numbers above 0")
    model = foolbox.PyTorchModel(Scaled(classifier, images=images).eval(), bounds=(0, 1), device=images.device)
    attack = attack_of(norm, steps=steps)
    found = []
    # foolbox draws its starts from torch's global generator, of the device where the images are; both are put back.
    with torch.random.fork_rng(devices=[images.device] if images.device.type == "cuda" else []):
        for eps in epsilons:
            torch.manual_seed(seed)
            (changed,) = attack(model, images, foolbox.criteria.Misclassification(labels), epsilons=[eps])[1]
            found.append(_allowed(changed.detach(), images, norm=norm, eps=eps))
    with torch.no_grad():
        right = torch.stack([classifier(changed).argmax(dim=1) == labels for changed in found])
    return Attacked(images=torch.stack(found), right=right)


def survived(right: Bool[Tensor, "eps image"]) -> Bool[Tensor, "eps image"]:
    """Right within an eps means right within every smaller one, too, whose perturbations are allowed as well."""
    return right.long().cumprod(dim=0).bool()


def _allowed(
    changed: Float[Tensor, "image channel side side"],
    images: Float[Tensor, "image channel side side"],
    *,
    norm: Norm,
    eps: float,
) -> Float[Tensor, "image channel side side"]:
    """The changed images; the image itself where what the attack gave is too far, out of range or no number."""
    change = (changed - images).flatten(1)
    distance = change.abs().amax(dim=1) if norm == "linf" else change.norm(dim=1)
    in_range = (changed.flatten(1).amin(dim=1) >= 0) & (changed.flatten(1).amax(dim=1) <= 1)
    fit = in_range & (distance <= eps * (1 + SLACK)) & changed.flatten(1).isfinite().all(dim=1)
    return torch.where(fit[:, None, None, None], changed, images)
