"""Which images each session labels: they are dealt into shares of a session's size, and each share goes to some annotators.

Sessions of one share label the same images, so that the agreement of each pair of them rests on all images of a session.
"""

from collections.abc import Sequence
from typing import Protocol

from experiments.contract.planning import generator, shuffled


class Sizes(Protocol):
    """The numbers that the shares follow from; `main_trials` divides `images`."""

    @property
    def seed(self) -> int:
        """Of the study."""

    @property
    def images(self) -> int:
        """That are labelled."""

    @property
    def annotators(self) -> int:
        """Sessions that label each image."""

    @property
    def main_trials(self) -> int:
        """Images that a session labels."""


def task_count(sizes: Sizes) -> int:
    """Sessions in which every image is labelled by its number of annotators."""
    return sizes.images // sizes.main_trials * sizes.annotators


def task_images(numbers: Sequence[int], *, task: int, sizes: Sizes) -> list[int]:
    """The images of a task, by their numbers: after each round of tasks every image has one more label."""
    shares = sizes.images // sizes.main_trials
    first = task % shares * sizes.main_trials
    return shuffled(numbers, generator(sizes.seed, 0))[first : first + sizes.main_trials]
