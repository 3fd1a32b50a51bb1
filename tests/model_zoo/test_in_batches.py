"""Running out of memory halves the batch: with the real allocator, in a process whose address space is limited."""

import subprocess
import sys

import pytest
import torch

from model_zoo.activations import in_batches
from model_zoo.errors import InputError

pytestmark = pytest.mark.unit

# Each item takes 64 MiB; 400 MiB more than the process has are allowed, so that four fit and eight do not.
LIMITED = """
import resource, torch
from model_zoo.activations import in_batches

torch.set_num_threads(1)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 400 * 2**20, resource.RLIM_INFINITY))
for start, stop, total in in_batches(10, start=8, run=lambda part: (
    part.start, part.stop, torch.ones(part.stop - part.start, 2**24).sum(dim=1).sum().item())):
    print(start, stop, int(total) // 2**24)
"""
BEYOND = 2**50
"""Numbers that no machine has room for."""


def test_in_batches_halves_when_the_allocator_fails_and_goes_on():
    done = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True)

    assert done.stdout.splitlines() == ["0 4 4", "4 8 4", "8 10 2"], done.stderr


def test_in_batches_gives_up_at_one():
    with pytest.raises(InputError, match="one image") as raised:
        list(in_batches(3, start=2, run=lambda _part: torch.empty(BEYOND)))

    assert raised.value.field == "device"


def test_in_batches_lets_other_errors_pass():
    with pytest.raises(RuntimeError, match="size"):
        list(in_batches(3, start=2, run=lambda _part: torch.ones(2) + torch.ones(3)))


@pytest.mark.parametrize(("count", "parts"), [(0, []), (2, [(0, 2)]), (7, [(0, 3), (3, 6), (6, 7)])])
def test_in_batches_covers_everything_once(count: int, parts: list[tuple[int, int]]):
    assert list(in_batches(count, start=3, run=lambda part: (part.start, part.stop))) == parts
