"""A network on real digits, trained in a second, and networks whose answers are known in closed form."""

import foolbox
import pytest
import torch
from torch import nn
from torch.nn import functional

from tests.experiments.methods.attacks.networks import digit_images


@pytest.fixture(scope="package")
def digits():
    """Test images of 8 x 8 px with values in [0, 1]."""
    return digit_images("test")[0][:64]


@pytest.fixture(scope="package")
def network():
    """Right on most digits; 512 features."""
    images, labels = digit_images("train")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        trained = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 10)
        )
        optimizer = torch.optim.Adam(trained.parameters(), 1e-3)
        for order in torch.randint(0, len(images), (300, 64)):
            loss = functional.cross_entropy(trained(images[order]), labels[order])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return trained.eval()


@pytest.fixture
def descent():
    """Projected gradient descent with 20 steps that can cross the ball."""
    return foolbox.attacks.LinfPGD(steps=20, rel_stepsize=0.1)
