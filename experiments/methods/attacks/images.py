"""What an active test is given: images out of whatever holds them, and a model whose weights stay as they are."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from experiments.contract.fields import require


def images_of(data: Tensor | Iterable[Any], *, samples: int) -> Float[Tensor, "image ..."]:
    """The first images of a tensor, of batches of images, or of batches (images, labels); labels are not used.

    Raises:
        InputError: There are none, or they are no finite numbers in [0, 1].
    """
    if isinstance(data, Tensor):
        images = data[:samples]
    else:
        batches: list[Tensor] = []
        for batch in data:
            batches.append(batch if isinstance(batch, Tensor) else batch[0])
            if sum(map(len, batches)) >= samples:
                break
        images = torch.cat(batches)[:samples] if batches else torch.empty(0)
    require(len(images) > 0 and images.ndim > 1, "data", f"{list(images.shape)} is no batch of images", "Give images [n, ...]")
    require(images.is_floating_point(), "data", f"its values are {images.dtype}", "Give floating point images in [0, 1]")
    low, high = float(images.min()), float(images.max())
    is_in_range = low >= 0 and high <= 1
    remedy = "Give images in [0, 1] and put the model's normalization into the model"
    require(is_in_range, "data", f"its values go from {low:.4g} to {high:.4g}", remedy)
    return images.detach()


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
    """Torch's global generators, which attacks and randomized models draw from, start at a seed and are put back afterwards."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield
