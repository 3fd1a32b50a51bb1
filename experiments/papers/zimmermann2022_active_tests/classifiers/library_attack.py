"""A library's attack as a function of a model, repeatable by its seed. Called by defences and by adversarial training."""

from dataclasses import dataclass

import torch
from foolbox import Misclassification, PyTorchModel
from foolbox.attacks.base import FixedEpsilonAttack as Method
from foolbox.attacks.base import MinimizationAttack
from jaxtyping import Float, Int
from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True, eq=False)
class LibraryAttack:
    """An attack of foolbox of one size, L-infinity or whatever its method says."""

    method: Method
    eps: float
    seed: int

    def __call__(
        self, model: nn.Module, images: Float[Tensor, "batch 3 side side"], labels: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch 3 side side"]:
        """Images that the model should call otherwise; torch's global generator, which foolbox draws from, is put back."""
        devices = [images.device] if images.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(self.seed)
            attacked: Tensor = self.method.run(
                PyTorchModel(model, bounds=(0, 1), device=images.device), images, Misclassification(labels), epsilon=self.eps
            )
        return attacked.detach()


@dataclass(frozen=True, kw_only=True, eq=False)
class SmallestAttack:
    """An attack of foolbox that looks for the smallest perturbation, cut to one size; seeded as the others."""

    method: MinimizationAttack
    eps: float
    seed: int

    def __call__(
        self, model: nn.Module, images: Float[Tensor, "batch 3 side side"], labels: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch 3 side side"]:
        """Images that the model should call otherwise."""
        devices = [images.device] if images.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(self.seed)
            shown = PyTorchModel(model, bounds=(0, 1), device=images.device)
            attacked: Tensor = self.method(shown, images, Misclassification(labels), epsilons=self.eps)[1]
        return attacked.detach()
