"""How alike the activations of visualizations and of natural images are, layer by layer, between two natural baselines.

Geirhos, Zimmermann et al. 2024, section on sanity checks of unmanipulated networks: visualizations of a class unit are processed
along other paths than natural images of the class. The numbers of images and the normalization below are our choice; the
authors released no code for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import rankdata

from experiments.methods.statistics.intervals import bca_interval

Measure = Literal["spearman", "pearson", "cosine"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
SMALLEST_GAP = 0.02
"""Where two images of a class are hardly more alike than two of different classes, nothing can be put between the baselines."""


@dataclass(frozen=True, kw_only=True)
class ClassSimilarity:
    """Mean similarities of one class in one layer."""

    label: int
    same: float
    """Of two natural images of the class."""
    different: float
    """Of a natural image of the class and one of another class."""
    visualized: float
    """Of a natural image of the class and a visualization of its unit."""

    @property
    def normalized(self) -> float:
        """The visualizations' place between the baselines: 0 as unlike as other classes, 1 as alike as the class, or beyond.

        NaN where the baselines are closer than `SMALLEST_GAP`, or a similarity is not defined.
        """
        gap = self.same - self.different
        return (self.visualized - self.different) / gap if gap >= SMALLEST_GAP else float("nan")


@dataclass(frozen=True, kw_only=True)
class LayerSimilarity:
    """The mean over the classes of a layer, with an interval over classes."""

    same: float | None
    different: float | None
    visualized: float | None
    normalized: float | None
    """None where no class has baselines far enough apart."""
    low: float | None
    high: float | None
    """95 % BCa bootstrap interval of `normalized`, over classes."""
    classes: int
    """How many have a normalized similarity."""


def unit_vectors(vectors: Float[np.ndarray, "image dimension"], *, measure: Measure) -> Float[np.ndarray, "image dimension"]:
    """Vectors whose scalar products are the similarities: ranks (average ranks for ties), centered, of length one.

    A vector without spread has no correlation; it becomes NaN.
    """
    values: Float[np.ndarray, "image dimension"] = (
        rankdata(vectors, axis=1) if measure == "spearman" else vectors.astype(np.float64)
    )
    if measure != "cosine":
        values = values - values.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    units: Float[np.ndarray, "image dimension"] = np.divide(values, lengths, out=np.full_like(values, np.nan), where=lengths > 0)
    return units


def class_similarities(
    natural: Float[np.ndarray, "image dimension"],
    labels: Int[np.ndarray, " image"],
    visualizations: Mapping[int, Float[np.ndarray, "seed dimension"]],
    *,
    measure: Measure,
) -> list[ClassSimilarity]:
    """The three similarities of each class that has visualizations, from activations of one layer.

    Each class needs two natural images. All pairs of images count, instead of a draw of equally many of another class.
    """
    units = unit_vectors(natural, measure=measure)
    pairs = units @ units.T
    found = []
    for label, vectors in visualizations.items():
        inside = labels == label
        among = pairs[np.ix_(inside, inside)][~np.eye(int(inside.sum()), dtype=bool)]
        found.append(
            ClassSimilarity(
                label=label,
                same=_mean(among),
                different=_mean(pairs[np.ix_(inside, ~inside)]),
                visualized=_mean(units[inside] @ unit_vectors(vectors, measure=measure).T),
            )
        )
    return found


def over_classes(classes: Sequence[ClassSimilarity], *, seed: int) -> LayerSimilarity:
    """The means over classes, and a bootstrap over them."""
    normalized = [value for value in (found.normalized for found in classes) if np.isfinite(value)]
    interval = bca_interval(normalized, seed=seed)
    return LayerSimilarity(
        same=_finite(_mean(np.array([found.same for found in classes]))),
        different=_finite(_mean(np.array([found.different for found in classes]))),
        visualized=_finite(_mean(np.array([found.visualized for found in classes]))),
        normalized=float(np.mean(normalized)) if normalized else None,
        low=interval.low,
        high=interval.high,
        classes=len(normalized),
    )


def _mean(values: Float[np.ndarray, "..."]) -> float:
    """The mean of what is defined; NaN if nothing is."""
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if defined.size else float("nan")


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
