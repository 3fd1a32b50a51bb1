"""The analysis of Zimmermann et al. 2023: how interpretable the units of networks are, and whether scale improves that.

A unit's score is its share of right answers, a condition's or network's the mean over units, with a BCa bootstrap over units.
"""

from collections.abc import Iterator

import pandas as pd

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Analysis
from experiments.methods.choice_analysis.accuracy import accuracy_table, sessions_table, unit_table
from experiments.methods.choice_analysis.behavior import confidence_table, correctness_table
from experiments.methods.choice_analysis.comparisons import odds_table, paired_table
from experiments.methods.choice_analysis.estimators import over_units
from experiments.methods.choice_analysis.findings import Figure, Findings, assemble, make_analysis
from experiments.methods.choice_analysis.layers import layer_table, layer_trend_table
from experiments.methods.choice_analysis.models_compared import omnibus_table, pairwise_table
from experiments.methods.choice_analysis.responses import Group, Responses, read_responses
from experiments.methods.choice_analysis.scale_trend import FACTS, Network, models_table, scale_trend_table
from experiments.methods.choice_analysis.tables import Table
from experiments.methods.choice_figures.accuracy import accuracy_figure
from experiments.methods.choice_figures.behavior import confidence_figure, correctness_figure
from experiments.methods.choice_figures.models import models_figure, scale_figure
from experiments.methods.choice_figures.trends import layer_trend_figure
from experiments.papers.zimmermann2023_scale.claims import CLAIMS
from experiments.papers.zimmermann2023_scale.networks import BY_NAME

INTERVAL = over_units(seed=0).interval
CONDITIONS = tuple(
    f"{references}{query}" for references in ("natural", "synthetic") for query in ("", "_medium", "_hard", "_very_hard")
)
"""By references and difficulty of the queries, easy ones first."""
BY = ("group", "condition")


def make(recipe: Analysis, workshop: Workshop) -> Product:
    """Analyze a stored table of responses."""
    return make_analysis(recipe, workshop, analyze_table=analyze_table)


def analyze_table(table: bytes, seed: int = 0) -> Findings:
    """Tables, figures and claims of a table of responses.

    Raises:
        InputError: The table lacks a column, or holds a value that cannot be.
    """
    responses = read_responses(table, conditions=CONDITIONS)
    tables = {made.name: made for made in _tables(responses, seed)}
    figures = [figure for group in responses.groups for figure in _figures(group, tables)]
    return assemble(responses, tables=list(tables.values()), figures=figures, claims=CLAIMS, seed=seed)


def _tables(responses: Responses, seed: int) -> Iterator[Table]:
    answers = responses.answers.assign(model=_in_scale_order(responses.answers["model"]))
    main = answers[(answers["trial_kind"] == "main") & answers["correct"].notna()]
    estimator = over_units(seed)
    yield accuracy_table(answers, title="Accuracy by condition", by=BY, estimator=estimator)
    yield sessions_table(responses)
    by_model = accuracy_table(
        answers, name="accuracy_by_model", title="Accuracy by model", by=("group", "condition", "model"), estimator=estimator
    )
    yield by_model
    networks = {
        name: Network(
            title=network.title,
            values={fact: getattr(network, fact).value for fact in FACTS},
            sources={fact: getattr(network, fact).source for fact in FACTS},
        )
        for name, network in BY_NAME.items()
    }
    models = models_table(by_model, networks)
    yield models
    yield scale_trend_table(models, seed=seed)
    yield omnibus_table(main)
    yield pairwise_table(main)
    layers = layer_table(main, by=BY, estimator=estimator)
    yield layers
    yield layer_trend_table(layers, seed=seed)
    yield unit_table(main, by=BY)
    yield correctness_table(main, by=BY, estimator=estimator)
    yield confidence_table(main, by=BY, estimator=estimator)
    title = "Conditions compared over units"
    yield paired_table(main, name="conditions_compared", title=title, by=("group", "model"), over="unit")
    yield odds_table(main, references={"condition": "natural", "model": ""})


def _in_scale_order(models: pd.Series) -> pd.Series:
    """The paper's networks first, in its order, then others by name."""
    order = {name: place for place, name in enumerate(BY_NAME)}
    names = sorted(models.unique(), key=lambda name: (order.get(name, len(order)), name))
    return models.astype(pd.CategoricalDtype(names, ordered=True))


def _figures(group: Group, tables: dict[str, Table]) -> Iterator[Figure | None]:
    of_group = {name: table.of(group=group.name) for name, table in tables.items()}
    yield scale_figure(group, of_group["models"], of_group["scale_trend"], interval=INTERVAL)
    yield models_figure(group, of_group["models"], interval=INTERVAL)
    yield accuracy_figure(group, of_group["accuracy"], tables["accuracy_by_unit"], interval=INTERVAL)
    yield confidence_figure(group, of_group["accuracy_by_confidence"], interval=INTERVAL)
    yield correctness_figure(group, of_group["rt_and_confidence"], interval=INTERVAL)
    yield layer_trend_figure(group, of_group["accuracy_by_layer"], of_group["layer_trend"])
