"""Two linear heads, natural against the rest and rendition against the rest, by logistic regression. Called by the stage."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from experiments.contract.errors import InputError
from experiments.datasets.domains import Domain
from experiments.methods.domains.rule import HEADS

STRENGTH = 0.03
"""Inverse of the L2 penalty on standardized features (scikit-learn's C)."""
ITERATIONS = 2000


@dataclass(frozen=True, kw_only=True)
class Heads:
    """Weights on raw features; the standardization is folded in."""

    weights: Float[np.ndarray, "2 feature"]
    biases: Float[np.ndarray, " 2"]

    def scores(self, described: Float[np.ndarray, "image feature"]) -> Float[np.ndarray, "image 2"]:
        """Probabilities of the two heads; they need not add up to anything."""
        logits = described @ self.weights.T + self.biases
        probabilities: Float[np.ndarray, "image 2"] = 1 / (1 + np.exp(-np.clip(logits, -500, 500)))
        return probabilities


def fit_heads(described: Float[np.ndarray, "image feature"], labels: Sequence[Domain]) -> Heads:
    """Heads for labeled images, classes weighted evenly.

    Raises:
        InputError: A head has images of one kind alone.
    """
    weights, biases = [], []
    for head in HEADS:
        truth = np.array([label == head for label in labels])
        if truth.all() or not truth.any():
            message = f"of the {len(truth)} training images {'all' if truth.all() else 'none'} are {head}"
            raise InputError(field="labels", message=message, remedy="Give images of at least two domains, each in each part")
        scaler = StandardScaler()
        model = LogisticRegression(C=STRENGTH, max_iter=ITERATIONS, class_weight="balanced")
        make_pipeline(scaler, model).fit(described, truth)
        folded = model.coef_[0] / scaler.scale_
        weights.append(folded)
        biases.append(model.intercept_[0] - folded @ scaler.mean_)
    return Heads(weights=np.stack(weights), biases=np.array(biases))
