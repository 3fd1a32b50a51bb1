"""Data and small networks of these tests."""

import torch
from torch import nn

from experiments.datasets.digits import labeled_digits


def digit_images(part):
    """Digits as gray images [n, 1, 8, 8] in [0, 1], and their labels."""
    labeled = labeled_digits(part, side=8)
    return torch.from_numpy(labeled.pixels[..., 0]).float()[:, None] / 255, torch.from_numpy(labeled.labels).long()


class Linear(nn.Module):
    """A network whose features are its inputs."""

    def __init__(self, inputs=64, classes=3):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.readout = nn.Linear(inputs, classes)

    def forward(self, images):
        return self.readout(images.flatten(1))


class Through(nn.Module):
    """A network behind a function of its images."""

    def __init__(self, network, change):
        super().__init__()
        self.network, self.change = network, change

    def forward(self, images):
        return self.network(self.change(images))


def quantized(images):
    """Eight levels; the gradient is zero."""
    return (7 * images).round() / 7
