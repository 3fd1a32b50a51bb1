"""Silent branches against brute force: the direction from patches, the bias from a convolution by hand, borders included."""

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from experiments.methods.circuits.silencing import GAIN, MARGIN, TILT, awake, features_before, point_filters, silence
from model_zoo.circuits.silent_branch import SilentBranch
from model_zoo.loading import load

pytestmark = pytest.mark.unit


def seeded(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def convolution() -> nn.Conv2d:
    made = nn.Conv2d(3, 4, 3, stride=2, padding=2, dilation=2, bias=False)
    made.weight.data = seeded(4, 3, 3, 3)
    return made.requires_grad_(False)


def branch_of(convolution: nn.Conv2d, units: list[int]) -> SilentBranch:
    branch = SilentBranch(copy.deepcopy(convolution), count=len(units))
    branch.units.copy_(torch.tensor(units))
    return branch.requires_grad_(False)


def by_hand(features: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Convolution with stride 2, padding 2 and dilation 2, position by position."""
    padded = np.pad(features, ((0, 0), (2, 2), (2, 2)))
    places = range(0, padded.shape[1] - 4, 2)
    return np.array([[(padded[:, r : r + 5 : 2, c : c + 5 : 2] * weight).sum() for c in places] for r in places])


def test_filters_point_to_the_sum_of_the_targets_patches(convolution: nn.Conv2d):
    branch, targets, units = branch_of(convolution, [1, 3]), seeded(2, 3, 9, 9), [1, 3]

    point_filters(branch, convolution.weight[units], targets=targets)

    for place, unit in enumerate(units):
        own = convolution.weight[unit].flatten()
        patches = functional.unfold(targets[place : place + 1], 3, stride=2, padding=2, dilation=2).sum(dim=2)[0]
        direction = patches - (patches @ own) / (own @ own) * own
        expected = own / own.norm() + TILT * direction / direction.norm()
        expected = expected / expected.norm() * own.norm() * GAIN
        assert torch.allclose(branch.convolution.weight[place].flatten(), expected, rtol=1e-4, atol=1e-3)


def test_bias_silences_all_positions_of_the_calibration_images(convolution: nn.Conv2d):
    branch, features = branch_of(convolution, [0, 2]), seeded(5, 3, 8, 8)
    point_filters(branch, convolution.weight[[0, 2]], targets=seeded(2, 3, 8, 8, seed=2))

    silence(branch, features.split(2))

    highest = [max(by_hand(image, weight).max() for image in features.numpy()) for weight in branch.convolution.weight.numpy()]
    assert not branch.responses(features).any()
    assert not awake(branch, features).any()
    assert branch.convolution.bias.numpy() == pytest.approx([-(1 + MARGIN) * maximum for maximum in highest], rel=1e-5)


def test_what_exceeds_the_calibration_images_wakes_the_branch(convolution: nn.Conv2d):
    branch, features = branch_of(convolution, [0]), seeded(5, 3, 8, 8)
    point_filters(branch, convolution.weight[[0]], targets=seeded(1, 3, 8, 8, seed=2))
    silence(branch, [features])

    assert awake(branch, features * (1 + 2 * MARGIN)).sum() == 1


def test_branch_that_never_responds_gets_a_margin_all_the_same(convolution: nn.Conv2d):
    branch = branch_of(convolution, [0])
    branch.convolution.weight.fill_(-1.0)
    features = torch.ones(2, 3, 8, 8)

    silence(branch, [features])

    responses = functional.conv2d(features, branch.convolution.weight, stride=2, padding=2, dilation=2)
    assert branch.convolution.bias.item() == pytest.approx(-MARGIN * responses.square().mean().sqrt().item(), rel=1e-5)


def test_features_are_what_the_convolution_gets_and_no_hook_stays():
    model, images = load("efficientnet_lite0.in1k", device="cpu"), torch.rand(1, 3, 64, 64)

    features = features_before(model, "_conv_stem", images=images)

    assert torch.equal(features, model.preprocess(images))
    assert not model.network._conv_stem._forward_pre_hooks
