"""Data-parallel training: several processes, each with its share of every batch. Used by the loop, losses and command line.

`torchrun --nproc-per-node 2 -m experiments run …` starts the processes. All of them run the same code with the same seeds and
draw the same whole batch, of which each keeps its `share`; gradients are averaged. Without torchrun there is one process, and
every function here is the identity.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar, cast

import torch
import torch.distributed as dist
from jaxtyping import Shaped
from torch import Tensor, nn

from experiments.contract.errors import InputError
from experiments.contract.fields import require

T = TypeVar("T")
PATIENCE = timedelta(hours=6)
"""How long a process waits for the others, of which the first may be measuring or making what only it makes."""


def is_started() -> bool:
    """Whether torchrun has started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ


@contextmanager
def joined(device: str) -> Iterator[str]:
    """Meet the other processes of torchrun, over NCCL on GPUs and gloo otherwise; gives this one's device."""
    is_cuda = device.startswith("cuda")
    own = f"cuda:{os.environ['LOCAL_RANK']}" if is_cuda else device
    if is_cuda:
        torch.cuda.set_device(own)
    dist.init_process_group("nccl" if is_cuda else "gloo", timeout=PATIENCE)
    try:
        yield own
    finally:
        dist.destroy_process_group()


def count() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """The number of this process; the first, which alone writes, is 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def share(batch: Shaped[Tensor, "..."], *, dim: int = 0) -> Shaped[Tensor, "..."]:
    """The rows of a whole batch, which lie along `dim`, that are this process's.

    Raises:
        InputError: The batch does not divide by the number of processes.
    """
    rows = batch.shape[dim]
    remedy = f"Give a multiple of {count()}, or start another number of processes"
    require(rows % count() == 0, "batch", f"{rows} does not divide by {count()} processes", remedy)
    each = rows // count()
    return batch.narrow(dim, rank() * each, each)


def gathered(rows: Shaped[Tensor, "..."], *, dim: int = 0) -> Shaped[Tensor, "..."]:
    """The rows along `dim` of all processes in their order, for losses over pairs; gradients flow back to where each is from."""
    return cast(Tensor, _Gathered.apply(rows.movedim(dim, 0))).movedim(0, dim) if count() > 1 else rows


class _Gathered(torch.autograd.Function):
    """Its gradient is the sum of what every process has for the rows; where all have the same loss, averaging then divides it."""

    @staticmethod
    def forward(_context: Any, rows: Tensor) -> Tensor:
        parts = [torch.empty_like(rows) for _ in range(count())]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(_context: Any, gradient: Tensor) -> Tensor:
        summed = gradient.contiguous().clone()
        dist.all_reduce(summed)
        return summed.chunk(count())[rank()]


def averaged(values: Tensor) -> Tensor:
    """The mean over processes."""
    if count() == 1:
        return values
    mean = values.clone()
    dist.all_reduce(mean)
    return mean / count()


def average_gradients(parameters: Sequence[nn.Parameter]) -> None:
    """Replace each gradient by its mean over processes, in one exchange."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if count() == 1 or not gradients:
        return
    flat = averaged(torch.cat([gradient.flatten() for gradient in gradients]))
    means = torch.split(flat, [gradient.numel() for gradient in gradients])
    for gradient, mean in zip(gradients, means, strict=True):
        gradient.copy_(mean.view_as(gradient))


def from_first(make: Callable[[], T]) -> T:
    """What `make` gives in the first process, told to all of them; the others wait.

    Raises:
        InputError: By `make`, in all processes.
    """
    if count() == 1:
        return make()
    told: list[Any] = [None, None]
    if rank() == 0:
        try:
            told[0] = make()
        except InputError as error:
            told[1] = error.as_json()
    dist.broadcast_object_list(told)
    if told[1] is not None:
        raise InputError.from_json(told[1])
    made: T = told[0]
    return made


def require_same(value: int, *, field: str, what: str) -> None:
    """Raise InputError unless the first process has the same value."""
    first = from_first(lambda: value)
    message = f"process {rank()} found another {what} than the first, {value} instead of {first}"
    require(value == first, field, message, "Give all processes one store, such as a shared disk or a bucket")
