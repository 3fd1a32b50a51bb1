"""What the loop trains: an encoder of images of one seed, by pairs or by the factors themselves."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional

from experiments.methods.contrastive.pair_loss import pair_nce
from experiments.methods.identification.configuration import DOT
from experiments.methods.identification.scores import Scores, scores_of
from experiments.methods.image_identification.configuration import COARSE, ImageConfiguration
from experiments.methods.image_identification.sources import ImageSource
from experiments.methods.metrics.regression import linear_r2
from experiments.methods.training.loop import Group
from experiments.methods.training.parallel import gathered
from experiments.methods.training.stacked import step_generator
from model_zoo.preprocessing import Preprocess

AT_ONCE = 256


class ImageEncoderTask:
    """One encoder and the set that it is trained on."""

    def __init__(
        self,
        configuration: ImageConfiguration,
        *,
        network: nn.Module,
        source: ImageSource,
        preprocess: Preprocess,
        seed: int,
        device: str,
    ) -> None:
        self.configuration, self.source, self.seed = configuration, source, seed
        self.encoder = network.to(device).to(memory_format=torch.channels_last)
        self.preprocess, self.device = preprocess, device

    @property
    def network(self) -> nn.Module:
        """The encoder."""
        return self.encoder

    def groups(self) -> Sequence[Group]:
        """All parameters that are learned, at the plan's rate."""
        return [Group(parameters=[one for one in self.encoder.parameters() if one.requires_grad])]

    def loss(self, step: int) -> Float[Tensor, ""]:
        """Of pairs; of the squared error where it is supervised."""
        chosen = self.configuration
        # Drawn on the CPU, where the images are.
        generator = step_generator(self.seed, step=step, device="cpu")
        self.encoder.train()
        if chosen.supervision == "latents":
            images, factors = self.source.labeled(chosen.batch, generator=generator)
            return functional.mse_loss(self._codes(images), self._in_code_space(factors))
        first, second = self.source.pairs(chosen.batch, generator=generator)
        one, other = self._codes(torch.cat([first, second])).chunk(2)
        return pair_nce(
            gathered(one),
            gathered(other),
            distance="dot" if chosen.power == DOT else "lp",
            power=chosen.power or 2.0,
            temperature=chosen.temperature,
            negatives=chosen.negatives,
            directions=chosen.directions,
        )

    def measure(self) -> Mapping[str, Any]:
        """R² and MCC on held-out images."""
        found = self.scores(self.configuration.measured // 2)
        return {"r2": round(found.r2, 6), "mcc": round(found.mcc, 6)}

    def scores(self, count: int) -> Scores:
        """On held-out images."""
        images, factors = self.source.held_out(count)
        self.encoder.eval()
        with torch.no_grad():
            parts = [images[start : start + AT_ONCE] for start in range(0, len(images), AT_ONCE)]
            codes = torch.cat([self._codes(part) for part in parts])
        return scores_of(factors, codes, correlation=self.configuration.correlation)

    def pixels_r2(self, count: int) -> float:
        """R² of the baseline that takes the pixels for codes, averaged to `COARSE` x `COARSE`, as there are too many to fit."""
        images, factors = self.source.held_out(count)
        coarse = functional.adaptive_avg_pool2d(images.float() / 255, COARSE).flatten(1)
        return linear_r2(coarse.double().numpy(), factors.double().numpy())

    def _codes(self, images: UInt8[Tensor, "image 3 side side"]) -> Float[Tensor, "image code"]:
        return cast(Tensor, self.encoder(self.preprocess(images.to(self.device).float() / 255)))

    def _in_code_space(self, factors: Float[Tensor, "image factor"]) -> Float[Tensor, "image factor"]:
        """The factors as targets: from [-1, 1] to the [0, 1] in which the codes of a box lie at first."""
        return ((factors + 1) / 2).to(self.device)
