"""Accuracy by layer, where in its network each layer is, and whether accuracy changes along the layers."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache

import pandas as pd

from experiments.methods.choice_analysis.accuracy import accuracy_table
from experiments.methods.choice_analysis.estimators import Estimator
from experiments.methods.choice_analysis.tables import Table
from experiments.methods.statistics.correlation import spearman
from model_zoo.catalogue import card, model_ids

BRANCH = re.compile(r"(?P<block>.*?)[_.](?P<branch>1x1|3x3|5x5|pool)(?:[_.].*)?")
ALL_MODELS = "all models"


def layer_table(main: pd.DataFrame, *, by: Sequence[str], estimator: Estimator) -> Table:
    """Accuracy by model and layer in each cell of `by`, with the layer's block, branch and relative position.

    Layers stand in the order of the model's card, where it has one, else by name, numbers in it by size.
    """
    by = (*by, "model", "layer")
    answers = main.assign(layer=_ordered(main))
    found = accuracy_table(answers, name="accuracy_by_layer", title="Accuracy by layer", by=by, estimator=estimator)
    rows = [{**row, **dict(zip(("block", "branch"), block_and_branch(row["layer"]), strict=True))} for row in found.rows]
    return Table(
        name=found.name,
        title=found.title,
        about=f"{found.about} The position is that of the layer among the modules of the model's card.",
        columns=(*by, "block", "branch", "position", *found.columns[len(by) :]),
        rows=[{**row, "position": relative_position(row["model"], row["layer"])} for row in rows],
    )


def layer_trend_table(layers: Table, *, seed: int) -> Table:
    """Spearman's correlation of a layer's accuracy with its relative position, by model and over the layers of all models."""
    rows = []
    for group, condition in dict.fromkeys((row["group"], row["condition"]) for row in layers.rows):
        of_cell = layers.of(group=group, condition=condition)
        models = list(dict.fromkeys(row["model"] for row in of_cell))
        for model in [*models, ALL_MODELS] if len(models) > 1 else models:
            known = [row for row in of_cell if row["position"] is not None and model in (row["model"], ALL_MODELS)]
            found = asdict(spearman([row["position"] for row in known], [row["accuracy"] for row in known], seed=seed))
            if not known:
                found["why_not"] = "unknown: no card of the model says where its layers are"
            rows.append({"group": group, "condition": condition, "model": model, **found})
    return Table(
        name="layer_trend",
        title="Accuracy along the layers (Spearman)",
        about="Over layers: relative position in the model's card against accuracy. Interval: percentile bootstrap over layers.",
        columns=("group", "condition", "model", "n", "rho", "low", "high", "p", "p_permutation", "why_not"),
        rows=rows,
    )


def block_and_branch(layer: str) -> tuple[str, str]:
    """`mixed4a`, `3x3` of `mixed4a_3x3_pre_relu_conv`; the layer itself and nothing where its name tells no branch."""
    match = BRANCH.fullmatch(layer)
    return (match["block"], match["branch"]) if match else (layer, "")


@cache
def relative_position(model: str, layer: str) -> float | None:
    """From 0, the first module of the model's card, to 1, the last; None without a card or such a module."""
    names = list(card(model).layers) if model in model_ids() else []
    return names.index(layer) / max(1, len(names) - 1) if layer in names else None


def _ordered(main: pd.DataFrame) -> pd.Series:
    places: dict[str, float] = {}
    for model, layer in main[["model", "layer"]].drop_duplicates().itertuples(index=False):
        place = relative_position(model, layer)
        places[layer] = min(places.get(layer, 2.0), 2.0 if place is None else place)
    order = sorted(places, key=lambda layer: (places[layer], _by_number(layer)))
    return main["layer"].astype(pd.CategoricalDtype(order, ordered=True))


def _by_number(layer: str) -> Sequence[tuple[str, int]]:
    """A key that sorts mixed2 before mixed10."""
    return [(text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d*)", layer)]
