"""How long and how fast a network is trained: a frozen plan, whose rate follows from the step alone, so that a run resumes."""

import math
from dataclasses import dataclass
from typing import Literal

from experiments.contract.fields import require, require_range


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Steps, rate, and how often to look; the optimizer is Adam."""

    steps: int
    learning_rate: float
    """Of a group of parameters whose factor is 1, at its highest."""
    warm_up: int = 0
    """Steps in which the rate rises from 0."""
    decay: Literal["none", "cosine", "step", "halving"] = "none"
    """Cosine to 0; a tenth from the middle on; or half at every `decay_every` steps."""
    decay_every: int = 0
    clip: float = 0.0
    """Largest norm of the gradient of a network; 0 leaves gradients as they are."""
    measure_every: int = 1000
    keep_every: int = 1000
    """Steps between two checkpoints."""
    watched: str = ""
    """Held-out measurement that ends the training early, such as `r2`, or `-error` where less is better; empty: none does."""
    patience: int = 5
    """Measurements without a better one after which the training ends."""

    def __post_init__(self) -> None:
        require_range(self, "steps", 1, 10**9)
        require_range(self, "measure_every", 1, 10**9)
        require_range(self, "keep_every", 1, 10**9)
        require_range(self, "warm_up", 0, 10**9)
        require_range(self, "clip", 0, math.inf)
        require_range(self, "patience", 1, 10**9)
        require(self.learning_rate > 0, "learning_rate", f"{self.learning_rate} is no rate", "Give a number above 0")
        require(
            self.decay != "halving" or self.decay_every > 0, "decay_every", "it is missing", "Give the steps between halvings"
        )

    def share(self, step: int) -> float:
        """Of the full rate at a step, in [0, 1]."""
        rise = min(1.0, (step + 1) / self.warm_up) if self.warm_up else 1.0
        if self.decay == "cosine":
            after = max(0, step - self.warm_up) / max(1, self.steps - self.warm_up)
            return rise * 0.5 * (1 + math.cos(math.pi * after))
        if self.decay == "step":
            return rise * (0.1 if step >= self.steps // 2 else 1.0)
        if self.decay == "halving":
            return rise * 0.5 ** (step // self.decay_every)
        return rise
