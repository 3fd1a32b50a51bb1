"""What an active test is given: images out of whatever holds them, and a model whose weights stay as they are."""

import random
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.data import Dataset, IterableDataset

from experiments.contract.fields import require

LOADER = "Give a tensor [n, ...], or batches: torch.utils.data.DataLoader(dataset, batch_size=64)"


def images_of(data: Tensor | Iterable[Any], *, samples: int) -> Float[Tensor, "image ..."]:
    """The first images of a tensor, of batches of images, or of batches (images, labels); labels are not used.

    Raises:
        InputError: There are none, or they are no finite numbers in [0, 1].
    """
    if isinstance(data, Tensor):
        images = data[:samples]
    else:
        single = isinstance(data, Dataset) and not isinstance(data, IterableDataset)
        require(not single, "data", "it is a Dataset of single images", LOADER)
        require(isinstance(data, Iterable), "data", f"{type(data).__name__} holds no batches", LOADER)
        batches: list[Tensor] = []
        for batch in data:
            batches.append(_images_in(batch))
            if sum(map(len, batches)) >= samples:
                break
        is_even = len({one.shape[1:] for one in batches}) <= 1
        require(is_even, "data", f"its batches are of shapes {[list(one.shape) for one in batches]}", "Give images of one size")
        images = torch.cat(batches)[:samples] if batches else torch.empty(0)
    require(len(images) > 0 and images.ndim > 1, "data", f"{list(images.shape)} is no batch of images", "Give images [n, ...]")
    require(images.is_floating_point(), "data", f"its values are {images.dtype}", "Give floating point images in [0, 1]")
    low, high = float(images.min()), float(images.max())
    is_in_range = low >= 0 and high <= 1
    remedy = "Give images in [0, 1] and put the model's normalization into the model"
    require(is_in_range, "data", f"its values go from {low:.4g} to {high:.4g}", remedy)
    return images.detach()


def _images_in(batch: Any) -> Tensor:
    """The images of a batch of images or of (images, labels)."""
    images = batch
    if isinstance(batch, tuple | list) and batch:
        images, *others = batch
        # Of a single (image, label) the label is one number, not one for each image.
        single = any(not getattr(other, "shape", isinstance(other, Sized)) for other in others)
        require(not single, "data", "it gives single pairs (image, label), not batches", LOADER)
    message = f"it gives {type(images).__name__}, not tensors"
    require(
        isinstance(images, Tensor) and images.ndim > 0,
        "data",
        message,
        "Give torch.from_numpy(images), or batches (images, labels) of tensors",
    )
    taken: Tensor = images
    return taken


@contextmanager
def frozen(model: nn.Module) -> Iterator[None]:
    """No gradients for the weights, so that attacks leave none behind and backward passes are cheaper."""
    learned = [weight for weight in model.parameters() if weight.requires_grad]
    for weight in learned:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in learned:
            weight.requires_grad_(True)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """The global generators of torch, numpy and Python, which attacks and randomized models draw from, start at a seed.

    Afterwards they are put back.
    """
    of_numpy, of_python = np.random.get_state(), random.getstate()
    try:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            np.random.seed(seed)
            random.seed(seed)
            yield
    finally:
        np.random.set_state(of_numpy)
        random.setstate(of_python)
