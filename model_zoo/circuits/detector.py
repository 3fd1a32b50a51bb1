"""The detector of visualizations: a small convolutional network for images of any size from 32 px on."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (16, 32, 48, 64)
HIDDEN = 32


class TrajectoryDetector(nn.Module):
    """Natural or not, from local features, their mean and their peak over the image; a logit above 0 means natural.

    The published detector ends in a linear layer on a map of fixed size and therefore takes 224 px alone (Geirhos et al.
    2024, appendix C.1). This one pools instead, with normalization so that it learns from some thousand images.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels, width in zip((3, *WIDTHS), WIDTHS, strict=False):
            layers += [nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        self.features = nn.Sequential(*layers)
        self.mixing = nn.Linear(2 * WIDTHS[-1], HIDDEN)
        self.decision = nn.Linear(HIDDEN, 1)

    def forward(self, inputs: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, " batch"]:
        """The logits of preprocessed images."""
        features = self.features(inputs)
        pooled = torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1)
        logits: Float[Tensor, " batch"] = self.decision(functional.relu(self.mixing(pooled)))[:, 0]
        return logits
