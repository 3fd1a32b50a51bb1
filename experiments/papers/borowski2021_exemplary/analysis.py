"""The analysis of Borowski et al. 2021: people in the laboratory, with conditions that change within a session.

The condition of a session is the experiment, that of a trial what is compared. Accuracy is pooled over the trials of a
condition, ± 2 SEM over participants; conditions are compared by Wilcoxon's test on participants' accuracies.
"""

from collections.abc import Iterator

from experiments.contract.artifacts import Product, Workshop
from experiments.contract.recipes import Analysis
from experiments.methods.choice_analysis.accuracy import accuracy_table, sessions_table, unit_table
from experiments.methods.choice_analysis.behavior import confidence_table, correctness_table
from experiments.methods.choice_analysis.comparisons import odds_table, paired_table
from experiments.methods.choice_analysis.estimators import OVER_PARTICIPANTS
from experiments.methods.choice_analysis.findings import Figure, Findings, assemble, make_analysis
from experiments.methods.choice_analysis.layers import layer_table
from experiments.methods.choice_analysis.participants import cohorts_table, participant_table, ratings_table, repeats_table
from experiments.methods.choice_analysis.responses import Group, Responses, read_responses
from experiments.methods.choice_analysis.tables import Table
from experiments.methods.choice_figures.accuracy import accuracy_figure
from experiments.methods.choice_figures.behavior import confidence_figure, correctness_figure
from experiments.methods.choice_figures.ratings import ratings_figure
from experiments.methods.choice_figures.trends import layers_figure
from experiments.papers.borowski2021_exemplary.claims import CLAIMS

INTERVAL = OVER_PARTICIPANTS.interval
GRIDS = ("max_1", "minmax_1", "max_9", "minmax_9")
CONDITIONS = ("natural", "synthetic", "none", *(f"{kind}_{grid}" for grid in GRIDS for kind in ("natural", "synthetic")))
"""Of trials: of experiment I, then of experiment II."""
DRAWN = ("accuracy", "rt_and_confidence", "accuracy_by_confidence", "accuracy_by_layer", "ratings")
BY = ("group", "experiment", "condition")


def make(recipe: Analysis, workshop: Workshop) -> Product:
    """Analyze a stored table of responses."""
    return make_analysis(recipe, workshop, analyze_table=analyze_table)


def analyze_table(table: bytes, seed: int = 0) -> Findings:
    """Tables, figures and claims of a table of responses; nothing in it depends on the seed.

    Raises:
        InputError: The table lacks a column, or holds a value that cannot be.
    """
    responses = read_responses(table, conditions=CONDITIONS)
    tables = {made.name: made for made in _tables(responses)}
    figures = [
        figure
        for group in responses.groups
        for experiment in responses.answers["condition"].cat.categories
        for figure in _figures(group, experiment, tables)
    ]
    return assemble(responses, tables=list(tables.values()), figures=figures, claims=CLAIMS, seed=seed)


def _tables(responses: Responses) -> Iterator[Table]:
    answers = responses.answers.assign(experiment=responses.answers["condition"], condition=responses.answers["trial_condition"])
    main = answers[(answers["trial_kind"] == "main") & answers["correct"].notna()]
    ratings = answers[(answers["trial_kind"] == "rating") & answers["rating"].notna()]
    yield accuracy_table(answers, title="Accuracy by condition", by=BY, estimator=OVER_PARTICIPANTS)
    yield sessions_table(responses)
    participants = participant_table(main, by=BY)
    yield participants
    title = "Conditions compared over participants"
    yield paired_table(main, name="conditions_compared", title=title, by=("group", "experiment"), over="session_id")
    yield cohorts_table(participants, by=("experiment", "condition"))
    yield repeats_table(answers, by=BY)
    yield ratings_table(ratings, main, by=("group", "experiment"))
    yield odds_table(main, references={"condition": "natural"}, by=("group", "experiment"))
    yield correctness_table(main, by=BY, estimator=OVER_PARTICIPANTS)
    yield confidence_table(main, by=BY, estimator=OVER_PARTICIPANTS)
    yield layer_table(main, by=BY, estimator=OVER_PARTICIPANTS)
    yield unit_table(main, by=BY)


def _figures(group: Group, experiment: str, tables: dict[str, Table]) -> Iterator[Figure | None]:
    singles = tables["accuracy_by_participant"]
    of_part = {name: table.of(group=group.name, experiment=experiment) for name, table in tables.items() if name in DRAWN}
    yield accuracy_figure(group, of_part["accuracy"], singles, interval=INTERVAL, part=experiment)
    yield correctness_figure(group, of_part["rt_and_confidence"], interval=INTERVAL, part=experiment)
    yield confidence_figure(group, of_part["accuracy_by_confidence"], interval=INTERVAL, part=experiment)
    yield layers_figure(group, of_part["accuracy_by_layer"], interval=INTERVAL, part=experiment)
    yield ratings_figure(group, of_part["ratings"], interval=INTERVAL, part=experiment)
