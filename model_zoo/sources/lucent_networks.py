"""GoogLeNet as torch-lucent ports it from TensorFlow: the network of the feature visualizations of Distill."""

import torch
from torch import nn

from model_zoo.catalogue import ModelCard


def build(_model: ModelCard) -> nn.Module:
    """The network as torch-lucent builds it; its output is a softmax over 1,008 classes in an order of their own.

    Its ReLUs let a tenth of the gradient pass where they are shut, which helps visualizations to start.
    """
    from lucent.modelzoo import inceptionv1  # noqa: PLC0415 -- an extra that not every worker has

    with torch.device("meta"):
        network: nn.Module = inceptionv1(pretrained=False)
    return network


def folded(network: nn.Module) -> tuple[nn.Module, frozenset[str]]:
    """The network itself: it has nothing to fold."""
    return network, frozenset()
