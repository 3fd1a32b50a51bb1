"""Who called which image what, as a matrix. Made from the answers of a group; read by tables and figures."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Int

from experiments.contract.designs import CHOICES

LABELS = CHOICES["domain_choice"]
NONE = -1
"""Marks what was not labelled, and a majority that does not exist."""


@dataclass(frozen=True, kw_only=True)
class Ratings:
    """The labels of a group in main trials, as places in `LABELS`."""

    participants: tuple[str, ...]
    images: tuple[str, ...]
    codes: Int[np.ndarray, "participant image"]
    making: Int[np.ndarray, " image"]
    """The label by the image's making; NONE where the table does not tell it."""

    @property
    def counts(self) -> Int[np.ndarray, "image label"]:
        """How often each image was given each label."""
        return np.stack([(self.codes == code).sum(0) for code in range(len(LABELS))], axis=1)

    @property
    def majority(self) -> Int[np.ndarray, " image"]:
        """The label that an image was given most often; NONE where two share that place."""
        return majority_of(self.counts)


def majority_of(counts: Int[np.ndarray, "image label"]) -> Int[np.ndarray, " image"]:
    """The place of the label that each image was given most often; NONE where two share that place, or there is no label."""
    most = counts.max(axis=1)
    codes: Int[np.ndarray, " image"] = np.where((counts == most[:, None]).sum(axis=1) == 1, counts.argmax(axis=1), NONE)
    return codes


def read_ratings(answers: pd.DataFrame) -> Ratings:
    """The labels in these answers, each participant's first of an image."""
    told = answers[answers["choice"].isin(LABELS) & (answers["image"] != "")]
    first = told.drop_duplicates(["session_id", "image"])
    participants, images = tuple(sorted(first["session_id"].unique())), tuple(sorted(first["image"].unique()))
    codes = np.full((len(participants), len(images)), NONE)
    making = np.full(len(images), NONE)
    rows = {name: row for row, name in enumerate(participants)}
    columns = {name: column for column, name in enumerate(images)}
    for participant, image, choice, made in first[["session_id", "image", "choice", "correct_choice"]].itertuples(index=False):
        codes[rows[participant], columns[image]] = LABELS.index(choice)
        making[columns[image]] = LABELS.index(made) if made in LABELS else NONE
    return Ratings(participants=participants, images=images, codes=codes, making=making)
