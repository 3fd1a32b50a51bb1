"""Which code stands for which latent: mean correlation coefficient, and R² of blocks. Called by the papers that train encoders.

A latent without a code, and a code that does not vary, have a correlation of 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import linear_sum_assignment

from experiments.contract.errors import InputError
from experiments.methods.metrics.paired import centered, paired
from experiments.methods.metrics.regression import AffineMap, explained

CorrelationName = Literal["pearson", "spearman"]
FEWEST = 3
"""Samples to correlate."""


@dataclass(frozen=True, kw_only=True)
class Matching:
    """Latents and the codes that stand for them, one to one."""

    score: float
    """The mean over all latents of the correlation with their code."""
    order: Int[np.ndarray, " latent"]
    """The column of each latent's code; -1 for a latent that got none, where there are fewer codes than latents."""
    signs: Int[np.ndarray, " latent"]
    """1 or -1 as the code grows or falls with the latent; 0 where they do not correlate or there is no code."""


def mcc(
    latents: Float[np.ndarray, "sample latent"],
    estimates: Float[np.ndarray, "sample code"],
    *,
    correlation: CorrelationName = "pearson",
    fitted: Literal["in_sample", "crossed"] = "in_sample",
) -> Matching:
    """The mean correlation of latents and codes under the assignment that makes it largest (Hyvärinen & Morioka 2016).

    In sample, magnitudes are assigned and scored on all samples, as published. Crossed, assignment and signs come from one half
    of the samples and the signed correlations from the other, both ways, so that chance does not help; the score may be below 0.
    Order and signs are those of all samples. Spearman's correlation gives ties their average rank. Codes beyond the number of
    latents may go without a latent.
    """
    latents, estimates = paired(latents, estimates, names=("latents", "estimates"))
    halves = (slice(0, len(latents) // 2), slice(len(latents) // 2, None))
    if len(latents) < FEWEST * (1 if fitted == "in_sample" else 2):
        raise InputError(field="latents", message=f"{len(latents)} samples do not carry a correlation", remedy="Give more")
    table = correlations(latents, estimates, correlation=correlation)
    order, signs = _assigned(table)
    if fitted == "in_sample":
        return Matching(score=_signed_mean(table, order, signs), order=order, signs=signs)
    one, other = (correlations(latents[half], estimates[half], correlation=correlation) for half in halves)
    score = (_signed_mean(one, *_assigned(other)) + _signed_mean(other, *_assigned(one))) / 2
    return Matching(score=score, order=order, signs=signs)


def correlations(
    latents: Float[np.ndarray, "sample latent"], estimates: Float[np.ndarray, "sample code"], *, correlation: CorrelationName
) -> Float[np.ndarray, "latent code"]:
    """Every latent with every code, by one matrix product; 0 where one of the two does not vary."""
    if correlation == "spearman":
        latents, estimates = stats.rankdata(latents, axis=0), stats.rankdata(estimates, axis=0)
    table: NDArray[np.float64] = _unit_columns(latents).T @ _unit_columns(estimates)
    return table


def _unit_columns(values: NDArray[np.float64]) -> NDArray[np.float64]:
    values = centered(values)
    lengths = np.linalg.norm(values, axis=0)
    return values / np.where(lengths > 0, lengths, 1)


def _assigned(table: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rows, columns = linear_sum_assignment(np.abs(table), maximize=True)
    order, signs = np.full(len(table), -1), np.zeros(len(table), np.int64)
    order[rows], signs[rows] = columns, np.sign(table[rows, columns])
    return order, signs


def _signed_mean(table: NDArray[np.float64], order: NDArray[np.int64], signs: NDArray[np.int64]) -> float:
    # The sign of a latent without a code is 0, so that whichever column -1 means counts nothing.
    return float((signs * table[np.arange(len(table)), order]).mean())


@dataclass(frozen=True, kw_only=True)
class BlockRegression:
    """How well blocks of latents are found again by blocks of codes."""

    score: float
    """The mean over latents of held-out R² from the codes of their block."""
    by_block: Float[np.ndarray, " block"]
    """The mean over the latents of each block, in rising order of the blocks' labels."""
    codes: tuple[tuple[int, ...], ...]
    """The columns of the codes of each block."""


def block_r2(
    latents: Float[np.ndarray, "sample latent"], estimates: Float[np.ndarray, "sample code"], *, blocks: Sequence[float]
) -> BlockRegression:
    """R² of each latent from the codes of its block alone: the score where latents mix inside a block, as for an equal precision.

    `blocks` has a label for each latent; those with equal labels are a block (the precisions themselves may be given). Each code
    goes to one block, each block gets as many codes as it has latents, so that the sum of the codes' R² from the latents of their
    block is largest. Assignment and fit come from the first half of the samples, the score from the second.
    """
    latents, estimates = paired(latents, estimates, names=("latents", "estimates"))
    if len(blocks) != latents.shape[1]:
        message = f"{len(blocks)} labels for {latents.shape[1]} latents"
        raise InputError(field="blocks", message=message, remedy="Give one label for each latent")
    half = len(latents) // 2
    if half <= latents.shape[1] or half <= estimates.shape[1]:
        raise InputError(field="latents", message=f"{len(latents)} samples are too few to fit a half", remedy="Give more")
    labels, membership = np.unique(np.asarray(blocks), return_inverse=True)
    members = [np.flatnonzero(membership == block) for block in range(len(labels))]
    gains = np.stack([_fitted_r2(latents[:half, member], estimates[:half]) for member in members])
    places, columns = linear_sum_assignment(gains[membership], maximize=True)
    codes = [np.sort(columns[membership[places] == block]) for block in range(len(labels))]
    scores = [_held_out(estimates[:, code], latents[:, member], half) for code, member in zip(codes, members, strict=True)]
    return BlockRegression(
        score=float(np.concatenate(scores).mean()),
        by_block=np.array([score.mean() for score in scores]),
        codes=tuple(tuple(code.tolist()) for code in codes),
    )


def _fitted_r2(inputs: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    return explained(targets, AffineMap(inputs, targets)(inputs))


def _held_out(codes: NDArray[np.float64], latents: NDArray[np.float64], half: int) -> NDArray[np.float64]:
    return explained(latents[half:], AffineMap(codes[:half], latents[:half])(codes[half:]))
