"""What the trainings of a run say: a row for each network, and their summaries, which `claims.py` checks and the report shows."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from experiments.contract.artifacts import Manifest

Row = Mapping[str, Any]
"""One network: what `synthetic.scores` or `images.scores` measured, and of which training."""
INVERTS = 1e-3
"""Mean squared error on held-out scenes below which an autoencoder is said to invert the generator."""
SUCCESS = 0.9
"""Share of the ceiling that the score of a success reaches."""
SUMMARIZED = ("score", "ceiling", "on", "off", "error")
CONTRASTS = ("contrast_plain", "contrast_whitened", "contrast_weighted")
FEWEST = 5
"""Networks among which a rank correlation is taken."""


def measured(made: Sequence[Manifest]) -> dict[str, dict[str, Any]]:
    """All networks, and by configuration and by part what they have in common."""
    rows = [dict(row, **_setting(one)) for one in made for row in one.values["networks"]]
    synthetic, images = ([row for row in rows if row["part"] == part] for part in ("synthetic", "images"))
    metrics: dict[str, dict[str, Any]] = {"networks": {"synthetic": synthetic, "images": images}}
    for subject, group in by_subject(rows).items():
        metrics[subject] = summary(group)
    if synthetic:
        metrics["independent objects that are inverted"] = order_of(
            [row for row in synthetic if row["latents"] == "independent" and row["error"] < INVERTS]
        )
    if images:
        metrics["images of all methods"] = order_of(images)
    return metrics


def by_subject(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The networks that differ by their seed alone."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(subject_of(row), []).append(row)
    return groups


def subject_of(row: Row) -> str:
    """What the networks of a row's configuration are called."""
    if row["part"] == "images":
        return f"images, {row['method']}"
    return f"{row['slots']} {row['latents']} objects, lambda {row['weight']:g}"


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """Mean and standard deviation over seeds, the best score, and how many reach most of their ceiling."""
    names = (*SUMMARIZED, *(name for name in CONTRASTS if name in rows[0]))
    means = {name: fmean(row[name] for row in rows) for name in names}
    spreads = {f"{name}_sd": stdev(row[name] for row in rows) if len(rows) > 1 else None for name in ("score", "ceiling")}
    return {
        "networks": len(rows),
        **means,
        **spreads,
        "best_score": max(row["score"] for row in rows),
        "best_share_of_ceiling": max(row["score"] / row["ceiling"] for row in rows),
        "success": fmean(row["score"] > SUCCESS * row["ceiling"] for row in rows),
    }


def order_of(rows: Sequence[Row]) -> dict[str, Any]:
    """Spearman's correlation of the score with minus the contrast, in each form, and with minus the error."""
    names = ("error", *(name for name in CONTRASTS if rows and name in rows[0]))
    return {"networks": len(rows), **{f"score_and_{name}": rank_correlation(rows, name) for name in names}}


def rank_correlation(rows: Sequence[Row], name: str) -> float | None:
    """Of the score with minus a measurement; None among few networks, or where one of both never varies."""
    scores, values = (np.array([row[column] for row in rows]) for column in ("score", name))
    if len(rows) < FEWEST or np.ptp(scores) == 0 or np.ptp(values) == 0:
        return None
    return float(spearmanr(scores, -values).statistic)


def _setting(made: Manifest) -> dict[str, Any]:
    configuration = made.recipe["configuration"]
    named = {name: configuration[name] for name in ("part", "slots", "latents", "steps")}
    return {**named, "model": f"local.{made.digest[:12]}"}
