"""The table of agreement: annotators with one another, with the images' making, and with themselves a second time."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from experiments.methods.choice_analysis.responses import Responses
from experiments.methods.choice_analysis.tables import Table
from experiments.methods.label_analysis.kappas import Kappa, fleiss, image_weights, mean_kappa
from experiments.methods.label_analysis.ratings import LABELS, Ratings, read_ratings
from experiments.methods.statistics.agreement import cohen

ABOUT = (
    "Cohen's kappa (Cohen 1960), for several pairs their mean; Fleiss' kappa (Fleiss 1971) over the images that have as many "
    "labels as most have. Intervals: percentile bootstrap over images. The making tells how an image was made; nobody need see "
    "it so."
)
NO_PAIR = "no two annotators share images on which labels differ"
FEWEST = 2
"""Images that two annotators must share to have a kappa."""


def agreement_table(responses: Responses, *, seed: int) -> Table:
    """A row for each kind of agreement in each group."""
    main, again = responses.trials("main"), responses.trials("repeat")
    rows = []
    for group in responses.groups:
        ratings = read_ratings(main[main["group"] == group.name])
        if ratings.images:
            rows += [
                {"group": group.name, "measure": measure, **_told(kappa), "alike": alike}
                for measure, kappa, alike in [
                    *_measures(ratings, seed=seed),
                    _with_themselves(main, again, group.name, seed=seed),
                ]
            ]
    columns = ("group", "measure", "kappa", "low", "high", "pairs", "alike", "why_not")
    return Table(name="agreement", title="Agreement", about=ABOUT, columns=columns, rows=rows)


def _told(kappa: Kappa) -> dict[str, Any]:
    return {"kappa": kappa.value, "low": kappa.low, "high": kappa.high, "pairs": kappa.n, "why_not": kappa.why_not}


def _measures(ratings: Ratings, *, seed: int) -> Iterator[tuple[str, Kappa, float | None]]:
    weights = image_weights(len(ratings.images), seed=seed)
    size = len(LABELS)
    pairs = [(one, other) for one, other in combinations(ratings.codes, 2) if np.sum((one >= 0) & (other >= 0)) >= FEWEST]
    kappas = [cohen(one, other, weights=weights, labels=size) for one, other in pairs]
    yield "annotators, in pairs (mean Cohen)", mean_kappa(kappas, why_not=NO_PAIR), _alike(pairs)
    counts = ratings.counts
    raters = _usual_number(counts)
    complete = counts.sum(1) == raters
    if raters >= FEWEST:
        shared = image_weights(int(complete.sum()), seed=seed)
        kappa = mean_kappa([fleiss(counts[complete], weights=shared)], why_not="all labels are the same")
    else:
        kappa = Kappa(n=0, why_not="most images have one label")
    yield "annotators, all at once (Fleiss)", kappa, None
    with_making = [(codes, ratings.making) for codes in ratings.codes]
    kappas = [cohen(*pair, weights=weights, labels=size) for pair in with_making]
    yield "annotators and making (mean Cohen)", mean_kappa(kappas, why_not="labels do not differ"), _alike(with_making)
    of_majority = [(ratings.majority, ratings.making)]
    kappas = [cohen(*pair, weights=weights, labels=size) for pair in of_majority]
    yield "majority and making (Cohen)", mean_kappa(kappas, why_not="labels do not differ"), _alike(of_majority)


def _with_themselves(main: pd.DataFrame, again: pd.DataFrame, group: str, *, seed: int) -> tuple[str, Kappa, float | None]:
    """First and second labels of the trials that were asked again, of all participants together: each has only a few."""
    first = main[main["group"] == group].set_index("trial_id")
    second = again[(again["group"] == group) & again["repeat_of"].isin(first.index)]
    earlier = first.loc[second["repeat_of"]]
    pairs = list(zip(earlier["choice"], second["choice"], strict=True))
    measure = "annotators and themselves, asked again (Cohen)"
    if not pairs:
        return measure, Kappa(n=0, why_not="no trial was asked again"), None
    codes = [np.array([LABELS.index(pair[i]) for pair in pairs]) for i in range(2)]
    # Several people are asked again about one image, whose answers are drawn together.
    images, places = np.unique(earlier["image"].to_numpy(dtype=str), return_inverse=True)
    weights = image_weights(len(images), seed=seed)[:, places]
    kappas = cohen(codes[0], codes[1], weights=weights, labels=len(LABELS))
    return measure, mean_kappa([kappas], why_not="labels do not differ"), float(np.mean(codes[0] == codes[1]))


def _usual_number(counts: Any) -> int:
    """The number of labels that most images have; of equally many images the larger number."""
    numbers, times = np.unique(counts.sum(1), return_counts=True)
    return int(numbers[::-1][np.argmax(times[::-1])])


def _alike(pairs: list[tuple[Any, Any]]) -> float | None:
    """The share of shared images with the same label, over all pairs."""
    shared = [(one >= 0) & (other >= 0) for one, other in pairs]
    total = sum(int(mask.sum()) for mask in shared)
    same = sum(int((one[mask] == other[mask]).sum()) for (one, other), mask in zip(pairs, shared, strict=True))
    return same / total if total else None
