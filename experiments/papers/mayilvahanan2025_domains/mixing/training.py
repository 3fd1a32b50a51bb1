"""The stage of one set and seed: trains, measures on both domains, registers the network that sees images."""

from collections.abc import Sequence
from typing import Any

from jaxtyping import Bool, Int
from torch import Tensor

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Training
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.journal import journal_file
from experiments.methods.training.loop import train
from experiments.methods.training.registration import zoo_files
from experiments.papers.mayilvahanan2025_domains.mixing.configuration import MixingConfiguration
from experiments.papers.mayilvahanan2025_domains.mixing.images import MEASURED
from experiments.papers.mayilvahanan2025_domains.mixing.task import Contrastive, MixingTask, Supervised
from experiments.papers.mayilvahanan2025_domains.mixing.towers import about


def train_mixture(recipe: Training, configuration: MixingConfiguration, *, workshop: Workshop) -> Product:
    """The artifact of a training with one seed; `values`: accuracies by domain, object and style, and counts of the set.

    Raises:
        InputError: The stamps are not installed, or the loss is no number at some step.
        Cancelled: The job was cancelled.
    """
    (seed,) = recipe.seeds
    workshop.report(0, configuration.steps, "making images of the domains")
    kind = Contrastive if configuration.model == "contrastive" else Supervised
    task: MixingTask = kind(configuration, seed=seed, device=workshop.device)
    doing = f"{configuration.model}, {configuration.renditions:.1%} renditions"
    checkpoints = Checkpoints(store=workshop.store, recipe=recipe)
    lines = train(task, plan=configuration.plan, checkpoints=checkpoints, report=workshop.report, doing=doing)
    task.network.eval()
    values: dict[str, Any] = {"counts": configuration.counts}
    for domain in MEASURED:
        some, right = task.held_out[domain], task.right(domain)
        values[domain] = {
            "accuracy": float(right.float().mean()),
            "images": len(right),
            "removed": some.removed,
            "by_object": _by_object(right, some.labels, objects=configuration.objects),
            "by_style": _by_style(right, some.styles),
        }
    files = zoo_files(recipe, task.sees, about=about(configuration))
    return Product(new_files=(*files, journal_file(lines)), values=values)


def _by_object(right: Bool[Tensor, " image"], labels: Int[Tensor, " image"], *, objects: int) -> list[float | None]:
    """Accuracy of each object; None where all of its images were too like others."""
    chosen = [right[labels == number].float() for number in range(objects)]
    return [float(some.mean()) if len(some) else None for some in chosen]


def _by_style(right: Bool[Tensor, " image"], styles: Sequence[str]) -> dict[str, float]:
    groups: dict[str, list[bool]] = {}
    for style, is_right in zip(styles, right.tolist(), strict=True):
        groups.setdefault(style, []).append(is_right)
    return {style: sum(some) / len(some) for style, some in sorted(groups.items())}
