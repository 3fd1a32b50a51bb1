"""The analysis of Zimmermann et al. 2021: how well people predict what an occlusion does, with and without references.

Accuracy, response time and confidence are pooled over the trials of a condition, ± 2 SEM over participants.
"""

from collections.abc import Iterator

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Analysis
from experiments.methods.choice_analysis.accuracy import (
    BASELINES,
    PARTICIPANTS,
    accuracy_table,
    sessions_table,
    unit_table,
    with_baselines,
)
from experiments.methods.choice_analysis.behavior import confidence_table, correctness_table
from experiments.methods.choice_analysis.comparisons import odds_table, paired_table
from experiments.methods.choice_analysis.consistency import consistency_table
from experiments.methods.choice_analysis.estimators import OVER_PARTICIPANTS
from experiments.methods.choice_analysis.findings import Figure, Findings, assemble, make_analysis
from experiments.methods.choice_analysis.layers import layer_table
from experiments.methods.choice_analysis.occlusion_strength import query_pairs_table, relative_difference_table
from experiments.methods.choice_analysis.responses import Group, Responses, read_responses
from experiments.methods.choice_analysis.tables import Table
from experiments.methods.choice_figures.accuracy import accuracy_figure
from experiments.methods.choice_figures.behavior import confidence_figure, correctness_figure
from experiments.methods.choice_figures.consistency import consistency_figure
from experiments.methods.choice_figures.trends import layers_figure, relative_difference_figure
from experiments.papers.zimmermann2021_causal.claims import CLAIMS
from experiments.papers.zimmermann2021_causal.design import CONDITIONS

INTERVAL = OVER_PARTICIPANTS.interval
WITHOUT_REFERENCES = "none"
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
    figures = [figure for group in responses.groups for figure in _figures(group, responses.groups, tables)]
    return assemble(responses, tables=list(tables.values()), figures=figures, claims=CLAIMS, seed=seed)


def _tables(responses: Responses, seed: int) -> Iterator[Table]:
    rated, main = with_baselines(responses.answers), responses.trials("main")
    title = "Accuracy by condition, of participants and of the baselines in their trials"
    yield accuracy_table(rated, title=title, by=("rater", "group", "condition"), estimator=OVER_PARTICIPANTS)
    yield sessions_table(responses)
    yield layer_table(main, by=BY, estimator=OVER_PARTICIPANTS)
    yield unit_table(main, by=BY)
    yield correctness_table(main, by=BY, estimator=OVER_PARTICIPANTS)
    yield confidence_table(main, by=BY, estimator=OVER_PARTICIPANTS)
    yield paired_table(main, name="conditions_compared", title="Conditions compared over units", by=("group",), over="unit")
    yield odds_table(main, references={"condition": WITHOUT_REFERENCES})
    query_pairs = query_pairs_table(main)
    yield query_pairs
    yield relative_difference_table(query_pairs, seed=seed)
    yield consistency_table(rated[(rated["trial_kind"] == "main") & rated["correct"].notna()])


def _figures(group: Group, groups: tuple[Group, ...], tables: dict[str, Table]) -> Iterator[Figure | None]:
    of_group = {"group": group.name}
    accuracy, consistency = tables["accuracy"], tables["consistency"]
    names = [name.replace("_", " ") for name in BASELINES]
    others = {name: accuracy.of(**of_group, rater=name) for name in names}
    family = {group.name}
    if group.name == "people":
        others = {"experts": accuracy.of(group="experts", rater=PARTICIPANTS), **others}
        family |= {"experts"}
    participants = accuracy.of(**of_group, rater=PARTICIPANTS)
    yield accuracy_figure(group, participants, tables["accuracy_by_unit"], interval=INTERVAL, others=others)
    yield layers_figure(group, tables["accuracy_by_layer"].of(**of_group), interval=INTERVAL)
    yield correctness_figure(group, tables["rt_and_confidence"].of(**of_group), interval=INTERVAL)
    yield confidence_figure(group, tables["accuracy_by_confidence"].of(**of_group), interval=INTERVAL)
    correlations = tables["relative_difference"].of(**of_group)
    yield relative_difference_figure(group, tables["accuracy_by_query_pair"].of(**of_group), correlations)
    yield consistency_figure(group, [row for row in consistency.rows if row["rater"] in family])
