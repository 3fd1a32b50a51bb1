"""The figures of the nine networks, counted where the network can be built here."""

from collections.abc import Callable

import pytest
from torch import nn
from torchvision import models

from experiments.papers.zimmermann2023_scale.networks import BY_NAME, NETWORKS

pytestmark = pytest.mark.unit


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("densenet_201", models.densenet201),
        ("resnet50", models.resnet50),
        ("resnet50-l2", models.resnet50),
        ("wide_resnet50", models.wide_resnet50_2),
        ("in1k-vit_b32", models.vit_b_32),
        ("convnext_b", models.convnext_base),
    ],
)
def test_parameters_are_counted(name: str, build: Callable[..., nn.Module]):
    assert parameters(build(weights=None)) == BY_NAME[name].parameters.value


def test_parameters_of_the_tensorflow_port_are_counted():
    inceptionv1 = pytest.importorskip("lucent.modelzoo.inceptionv1")

    assert parameters(inceptionv1.InceptionV1(pretrained=False)) == BY_NAME["googlenet"].parameters.value


def test_there_are_nine_and_each_figure_has_a_source():
    facts = [fact for network in NETWORKS for fact in (network.parameters, network.images, network.top1)]

    assert len(NETWORKS) == 9
    assert all(fact.source for fact in facts)
    assert all(fact.source.startswith("reported (unverified)") != fact.verified for fact in facts)
    assert len(BY_NAME) == sum(len(network.names) for network in NETWORKS)
