"""The training loop: draws a loss, steps, measures, keeps checkpoints, and goes on where a killed run stopped."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from jaxtyping import Float
from torch import Tensor, nn

from experiments.contract.errors import InputError
from experiments.methods.training.checkpoints import Checkpoint, Checkpoints
from experiments.methods.training.plan import Plan

Line = Mapping[str, Any]
"""One evaluation: `step`, `loss`, and what the task measured; a measurement is a number, or a list with one for each seed."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Parameters that share a rate."""

    parameters: Sequence[nn.Parameter]
    factor: float = 1.0
    """Of the plan's learning rate."""


class Task(Protocol):
    """What is trained: a network, how its loss is drawn, how it is measured."""

    @property
    def network(self) -> nn.Module:
        """All that has parameters; its state is what checkpoints keep."""

    def groups(self) -> Sequence[Group]:
        """The parameters."""

    def loss(self, step: int) -> Float[Tensor, ""]:
        """Of the batch of this step. Its randomness follows from seeds and step alone, so that a resumed run is the same."""

    def measure(self) -> Mapping[str, Any]:
        """On held-out data; with the network in evaluation mode and without gradients, if it matters."""


def train(task: Task, *, plan: Plan, checkpoints: Checkpoints, report: Callable[[int, int, str], None], doing: str) -> list[Line]:
    """Train to the end of the plan and return all evaluations, those before an interruption included.

    Raises:
        InputError: The loss is no number at some step, or the checkpoint is of another recipe.
        Cancelled: By `report`.
    """
    optimizer = torch.optim.Adam(
        [{"params": list(group.parameters), "full_rate": plan.learning_rate * group.factor} for group in task.groups()],
        lr=plan.learning_rate,
    )
    kept = checkpoints.restore(task.network, optimizer)
    step, lines = (kept.step, list(kept.lines)) if kept else (0, [])
    started_at = step
    while step < plan.steps and not is_over(lines, plan=plan):
        report(step, plan.steps, doing)
        for group in optimizer.param_groups:
            group["lr"] = group["full_rate"] * plan.share(step)
        loss = task.loss(step)
        value = loss.item()
        if not math.isfinite(value):
            raise _diverged(value, step=step, checkpoints=checkpoints)
        # Before the update: the loss of this state is known to be a number, so that a kept state is a good one.
        if step % plan.keep_every == 0 and step > started_at:
            checkpoints.save(Checkpoint(step=step, lines=lines), network=task.network, optimizer=optimizer)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        if plan.clip:
            nn.utils.clip_grad_norm_(task.network.parameters(), plan.clip)
        optimizer.step()
        step += 1
        if step % plan.measure_every == 0 or step == plan.steps:
            lines.append({"step": step, "loss": value, **task.measure()})
            checkpoints.tell(lines)
    return lines


def is_over(lines: Sequence[Line], *, plan: Plan) -> bool:
    """Whether the watched measurement has not become better for so many evaluations as the plan is patient."""
    if not plan.watched or len(lines) <= plan.patience:
        return False
    watched = [line[plan.watched] for line in lines]
    return bool(max(watched[: -plan.patience]) >= max(watched[-plan.patience :]))


def _diverged(value: float, *, step: int, checkpoints: Checkpoints) -> InputError:
    kept = checkpoints.last_step()
    good = f"the last good checkpoint is of step {kept}" if kept is not None else "there is no checkpoint yet"
    remedy = "Give a smaller learning_rate, a larger temperature, or a larger batch, and run it again"
    return InputError(field="loss", message=f"it is {value} at step {step}; {good}", remedy=remedy)
