"""Sees that the loss stays a number, without making a GPU wait at every step. Called by the loop."""

import torch
from jaxtyping import Float
from torch import Tensor

from experiments.contract.errors import InputError
from experiments.methods.training import parallel
from experiments.methods.training.checkpoints import Checkpoints

LOOK_EVERY = {"cpu": 1}
"""Steps whose losses are looked at together, by type of device: reading a loss makes a GPU finish all that it was given."""
OTHERWISE = 50


class Losses:
    """The losses of the steps since the last look."""

    def __init__(self, *, start: int, checkpoints: Checkpoints, device: torch.device) -> None:
        """`start` is the first step of which a loss will be added."""
        self.looked_until, self.checkpoints = start, checkpoints
        self.look_every = LOOK_EVERY.get(device.type, OTHERWISE)
        self.waiting: list[Tensor] = []
        self.last: float | list[float] | None = None

    def add(self, loss: Float[Tensor, "*member"]) -> None:
        """Take the loss of the next step.

        Raises:
            InputError: It was time to look, and one of the losses is no finite number.
        """
        self.waiting.append(loss.detach())
        if len(self.waiting) >= self.look_every:
            self.look()

    def look(self) -> float | list[float] | None:
        """The loss of the last step, the mean over all processes; None before the first.

        Raises:
            InputError: One of those since the last look is no finite number.
        """
        if self.waiting:
            values = parallel.averaged(torch.stack(self.waiting)).cpu()
            is_number = torch.isfinite(values).flatten(1).all(1) if values.ndim > 1 else torch.isfinite(values)
            if not is_number.all():
                number = int(is_number.int().argmin())
                raise self._diverged(values[number], step=self.looked_until + number)
            self.looked_until += len(values)
            self.waiting, self.last = [], values[-1].tolist()
        return self.last

    def _diverged(self, value: Tensor, *, step: int) -> InputError:
        kept = self.checkpoints.last_step()
        good = f"the last good checkpoint is of step {kept}" if kept is not None else "there is no checkpoint yet"
        remedy = "Give a smaller learning_rate, a larger temperature, or a larger batch, and run it again"
        return InputError(field="loss", message=f"it is {value.tolist()} at step {step}; {good}", remedy=remedy)
