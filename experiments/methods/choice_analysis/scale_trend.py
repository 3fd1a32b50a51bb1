"""The headline of Zimmermann et al. 2023: interpretability of networks against their size, training data and accuracy."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from experiments.methods.choice_analysis.tables import Table
from experiments.methods.statistics.correlation import FEWEST, spearman

FACTS: Mapping[str, str] = {
    "parameters": "number of parameters",
    "images": "number of training images",
    "top1": "top-1 accuracy on ImageNet",
}
"""What interpretability is held against, in words; the names are columns of the models' table."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """What is known of a model: a value for each of FACTS, and its source."""

    title: str
    values: Mapping[str, float]
    sources: Mapping[str, str]


def models_table(accuracy_by_model: Table, networks: Mapping[str, Network]) -> Table:
    """The accuracy of each model beside what is known of it; models that are not in `networks` have no figures."""
    unknown = Network(title="", values={}, sources={})
    rows = []
    for row in accuracy_by_model.rows:
        network = networks.get(row["model"], unknown)
        known = {fact: network.values.get(fact) for fact in FACTS}
        sources = {f"{fact}_source": network.sources.get(fact, "unknown") for fact in FACTS}
        kept = {name: row[name] for name in ("group", "condition", "model", "units", "accuracy", "low", "high")}
        rows.append({**kept, "network": network.title or row["model"], **known, **sources})
    return Table(
        name="models",
        title="Models",
        about="Accuracy as in the table by model, and the figures that it is held against.",
        columns=(
            "group",
            "condition",
            "model",
            "network",
            "units",
            "accuracy",
            "low",
            "high",
            *FACTS,
            *(f"{fact}_source" for fact in FACTS),
        ),
        rows=rows,
    )


def scale_trend_table(models: Table, *, seed: int) -> Table:
    """Spearman's correlation over models of accuracy with each of FACTS, by condition; needs at least three models."""
    rows = []
    for group, condition in dict.fromkeys((row["group"], row["condition"]) for row in models.rows):
        for fact in FACTS:
            known = [row for row in models.of(group=group, condition=condition) if row[fact] is not None]
            found = asdict(spearman([row[fact] for row in known], [row["accuracy"] for row in known], seed=seed))
            if len(known) < FEWEST:
                found["why_not"] = f"scale needs several models; the {fact} of {len(known)} are known"
            rows.append({"group": group, "condition": condition, "fact": fact, **found})
    return Table(
        name="scale_trend",
        title="Interpretability and scale (Spearman)",
        about="Over models. Interval: percentile bootstrap over models; the permutation test is exact up to seven models. "
        "That the models' accuracies are estimates themselves is not part of the interval.",
        columns=("group", "condition", "fact", "n", "rho", "low", "high", "p", "p_permutation", "why_not"),
        rows=rows,
    )
