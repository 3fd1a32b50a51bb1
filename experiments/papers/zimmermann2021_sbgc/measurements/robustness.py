"""How a classifier fares under common corruptions and under attacks, and what the active test says of the attack."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from experiments.contract.artifacts import Workshop
from experiments.datasets.corruptions.kinds import KINDS, corrupted
from experiments.methods.attacks import run_active_test
from experiments.methods.score_models.dequantization import quantized
from experiments.papers.zimmermann2021_sbgc.baselines.data import LeveledImages
from experiments.papers.zimmermann2021_sbgc.measurements.attacking import attack_of, attacked, survived
from experiments.papers.zimmermann2021_sbgc.measurements.configuration import Attack, Corrupted, Tested

Arrays = dict[str, Shaped[np.ndarray, "..."]]
Values = dict[str, Any]
SEED = 0
"""Of corruptions and of attacks' starts: all classifiers see the same corrupted images, and have the same starts."""
SHOWN = 8
"""Attacked images that are kept to be looked at."""


def under_corruptions(
    classifier: nn.Module, images: LeveledImages, measurement: Corrupted, *, workshop: Workshop
) -> tuple[Arrays, Values]:
    """Which images are classified right, by kind, severity and image; corrupted images are put back on the set's levels."""
    plain, right = images.unit.permute(0, 2, 3, 1).numpy(), []
    for place, kind in enumerate(KINDS):
        workshop.report(place, len(KINDS), f"under {kind}")
        changed = [corrupted(plain, kind=kind, severity=severity, seed=SEED) for severity in measurement.severities]
        right.append([_right(classifier, _on_levels(one, levels=images.levels), images, workshop=workshop) for one in changed])
    clean = _right(classifier, images.unit, images, workshop=workshop)
    table = np.array(right)
    arrays: Arrays = {"right": table, "clean": clean, "severities": np.array(measurement.severities)}
    return arrays, {"accuracy": float(table.mean()), "clean": float(clean.mean())}


def under_attack(
    classifier: nn.Module, images: LeveledImages, measurement: Attack, *, judge: nn.Module, workshop: Workshop
) -> tuple[Arrays, Values]:
    """Which images are still classified right by `judge` within each eps, when `classifier` is attacked."""
    unit, labels = images.unit.to(workshop.device), images.labels.to(workshop.device)
    arrays: Arrays = {"clean": _right(judge, images.unit, images, workshop=workshop)}
    values: Values = {}
    for place, norm in enumerate(("linf", "l2")):
        epsilons = measurement.linf if norm == "linf" else measurement.l2
        if not epsilons:
            continue
        workshop.report(place, 2, f"attacked within {norm}")
        found = attacked(classifier, unit, labels, norm=norm, epsilons=epsilons, steps=measurement.steps, seed=SEED)  # type: ignore[arg-type]  # a norm of the two
        own = found.right.cpu() if judge is classifier else _judged(judge, found.images, images, workshop=workshop)
        kept = survived(own & torch.from_numpy(arrays["clean"]))
        arrays[norm] = kept.numpy()
        arrays[f"{norm}_images"] = found.images[:, :SHOWN].cpu().numpy().astype(np.float16)
        values[norm] = dict(zip(map(str, epsilons), kept.float().mean(dim=1).tolist(), strict=True))
    arrays["shown"], arrays["labels"] = images.unit[:SHOWN].numpy(), images.labels[:SHOWN].numpy()
    return arrays, values


def tested(classifier: nn.Module, images: LeveledImages, measurement: Tested, *, workshop: Workshop) -> tuple[Arrays, Values]:
    """The active test's verdict on projected gradient descent through this classifier, as JSON."""
    unit = images.unit.to(workshop.device)
    verdict = run_active_test(
        classifier,
        attack_of("linf", steps=measurement.steps),
        unit,
        name=f"PGD, {measurement.steps} steps",
        queries=measurement.steps,
        eps=measurement.eps,
        samples=len(unit),
        inner=measurement.inner,
        closeness=measurement.closeness,
        # A random attack has as many tries as the attack has steps; more would be drawn and not used.
        controls=measurement.steps,
        seed=SEED,
        report=workshop.report,
    )
    found = verdict.as_json()
    found.pop("per_sample", None)
    return {}, {"verdict": found}


def _right(
    classifier: nn.Module, unit: Float[Tensor, "image channel side side"], images: LeveledImages, *, workshop: Workshop
) -> Shaped[np.ndarray, " image"]:
    with torch.no_grad():
        predicted = classifier(unit.to(workshop.device)).argmax(dim=1).cpu()
    return np.asarray((predicted == images.labels).numpy())


def _judged(
    judge: nn.Module, found: Float[Tensor, "eps image channel side side"], images: LeveledImages, *, workshop: Workshop
) -> Tensor:
    return torch.stack([torch.from_numpy(_right(judge, one.cpu(), images, workshop=workshop)) for one in found])


def _on_levels(images: Float[np.ndarray, "image side side channel"], *, levels: int) -> Float[Tensor, "image channel side side"]:
    counts = quantized(torch.from_numpy(images).permute(0, 3, 1, 2), levels=levels)
    return counts.float() / (levels - 1)
