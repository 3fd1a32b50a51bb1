"""The search of Zimmermann et al. 2023 for the greatest diversity weight whose weakest image still beats the natural ones.

The weight grows tenfold, from 1, while it is accepted, at most to 999,999; between the last accepted and the first refused one
up to seven bisections follow. The released code describes no more than that; our bisection halves the interval of weights.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
FIRST, MOST = 1.0, 999_999.0
FACTOR = 10.0
BISECTIONS = 7


@dataclass(frozen=True, kw_only=True)
class Found(Generic[T]):
    """What a search ended with."""

    weight: float
    """0 if no weight was accepted; the batch is then one without diversity, accepted or not."""
    made: T
    attempts: list[tuple[float, bool]]
    """Weights in the order in which they were tried, and whether they were accepted."""


def search(
    attempt: Callable[[float], T],
    accepted: Callable[[T], bool],
    *,
    first: float = FIRST,
    most: float = MOST,
    factor: float = FACTOR,
    bisections: int = BISECTIONS,
) -> Found[T]:
    """Try weights; `attempt` makes a batch with a weight, always from the same seed.

    Only the best batch so far is kept. Weight 0 is tried last, and only if no other one is accepted.
    """
    attempts: list[tuple[float, bool]] = []
    best: tuple[float, T] | None = None
    refused: float | None = None

    def is_accepted(weight: float) -> bool:
        nonlocal best, refused
        made = attempt(weight)
        attempts.append((weight, accepted(made)))
        if attempts[-1][1]:
            best = (weight, made)
        else:
            refused = weight
        return attempts[-1][1]

    weight = first
    while is_accepted(weight) and weight < most:
        weight = min(weight * factor, most)
    if best and refused is not None:
        for _ in range(bisections):
            is_accepted((best[0] + refused) / 2)
    if best is None:
        made = attempt(0.0)
        attempts.append((0.0, accepted(made)))
        best = (0.0, made)
    return Found(weight=best[0], made=best[1], attempts=attempts)
