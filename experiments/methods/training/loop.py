"""The training loop: draws a loss, steps, measures, keeps checkpoints, and goes on where a killed run stopped."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from jaxtyping import Float
from torch import Tensor, nn

from experiments.contract.fields import require
from experiments.methods.training import parallel
from experiments.methods.training.checkpoints import Checkpoint, Checkpoints
from experiments.methods.training.gradients import clip_gradients
from experiments.methods.training.losses import Losses
from experiments.methods.training.plan import Plan
from experiments.methods.training.tensorboard import scalars

Line = Mapping[str, Any]
"""One evaluation: `step`, `loss`, and what the task measured; a measurement is a number, or a list with one for each seed."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Parameters that share a rate."""

    parameters: Sequence[nn.Parameter]
    factor: float = 1.0
    """Of the plan's learning rate."""
    members: int = 1
    """Independent networks along the first dimension of every parameter; the gradient of each is clipped by its own norm."""


class Task(Protocol):
    """What is trained: a network, how its loss is drawn, how it is measured."""

    @property
    def network(self) -> nn.Module:
        """All that has parameters; its state is what checkpoints keep."""

    def groups(self) -> Sequence[Group]:
        """The parameters."""

    def loss(self, step: int) -> Float[Tensor, "*member"]:
        """Of the batch of this step, one for each of several stacked networks, or their sum.

        Its randomness follows from seeds and step alone, so that a resumed run is the same.
        """

    def measure(self) -> Mapping[str, Any]:
        """On held-out data; with the network in evaluation mode and without gradients, if it matters."""


def train(task: Task, *, plan: Plan, checkpoints: Checkpoints, report: Callable[[int, int, str], None], doing: str) -> list[Line]:
    """Train to the end of the plan and return all evaluations, those before an interruption included.

    Under `torchrun` every process calls it alike; see `parallel`.

    Raises:
        InputError: The loss is no number at some step, the watched measurement is missing, or the checkpoint is damaged or of
            another recipe.
        Cancelled: By `report`; the last checkpoint stays.
    """
    optimizer = _optimizer(task, plan=plan)
    kept = checkpoints.restore(task.network, optimizer)
    start, lines = (kept.step, list(kept.lines)) if kept else (0, [])
    parallel.require_same(start, field="ARTIFACT_URL", what="checkpoint")
    losses = Losses(start=start, checkpoints=checkpoints, device=next(task.network.parameters()).device)
    with scalars(checkpoints.recipe.digest[:12], after=start) as write:
        for step in range(start, plan.steps):
            if is_over(lines, plan=plan):
                break
            report(step, plan.steps, doing)
            loss = task.loss(step)
            losses.add(loss)
            # Before the update: the loss of this state is known to be a number, so that a kept state is a good one.
            if step % plan.keep_every == 0 and step > start:
                losses.look()
                checkpoints.save(Checkpoint(step=step, lines=lines), network=task.network, optimizer=optimizer)
            _update(task, loss, optimizer=optimizer, plan=plan, share=plan.share(step))
            if (step + 1) % plan.measure_every == 0 or step + 1 == plan.steps:
                lines.append({"step": step + 1, "loss": losses.look(), **parallel.from_first(task.measure)})
                checkpoints.tell(lines)
                write(lines[-1])
    losses.look()
    return lines


def _optimizer(task: Task, *, plan: Plan) -> torch.optim.Adam:
    """Adam in one pass over all parameters, which halves its part of a step of small networks."""
    groups = [{"params": list(group.parameters), "full_rate": plan.learning_rate * group.factor} for group in task.groups()]
    return torch.optim.Adam(groups, lr=plan.learning_rate, fused=True)


def _update(task: Task, loss: Tensor, *, optimizer: torch.optim.Optimizer, plan: Plan, share: float) -> None:
    """One step of the optimizer, at a share of the full rate."""
    for group in optimizer.param_groups:
        group["lr"] = group["full_rate"] * share
    optimizer.zero_grad()
    torch.autograd.backward(loss.sum())
    parallel.average_gradients([parameter for group in task.groups() for parameter in group.parameters])
    if plan.clip:
        clip_gradients(task.groups(), largest=plan.clip)
    optimizer.step()


def is_over(lines: Sequence[Line], *, plan: Plan) -> bool:
    """Whether the watched measurement has not become better for so many evaluations as the plan is patient.

    Of a measurement with one number for each seed it is their mean that counts; what is no number is no better.
    """
    if not plan.watched or not lines:
        return False
    name, sign = plan.watched.removeprefix("-"), -1 if plan.watched.startswith("-") else 1
    measured = ", ".join(name for name in lines[0] if name not in ("step", "loss"))
    require(name in lines[0], "watched", f"{name!r} is not measured", f"Choose one of {measured}")
    watched = [_mean(line[name], sign=sign) for line in lines]
    return len(lines) > plan.patience and max(watched[: -plan.patience]) >= max(watched[-plan.patience :])


def _mean(measured: float | Sequence[float], *, sign: int) -> float:
    numbers = [measured] if isinstance(measured, int | float) else measured
    mean = sign * sum(numbers) / len(numbers)
    return -math.inf if math.isnan(mean) else mean
