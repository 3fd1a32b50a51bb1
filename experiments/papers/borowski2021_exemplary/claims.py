"""Claims of Borowski et al. 2021 that a study with this design can check, judged by the paired test over participants."""

from functools import partial

from experiments.contract.claims import Claim, Result
from experiments.methods.choice_analysis.claim_checks import PEOPLE, Judged, rows_of

SOURCE = "Abstract and results of the paper"
SIGNIFICANT = 0.05


def _natural_beats_synthetic(experiment: str, natural: str, synthetic: str, result: Result) -> Judged:
    """Holds if people's mean is higher under `natural` and Wilcoxon's test is significant; not judged without a test."""
    accuracies = {row["condition"]: row for row in rows_of(result, "accuracy", group=PEOPLE, experiment=experiment)}
    if natural not in accuracies or synthetic not in accuracies:
        return None
    value = ", ".join(_in_words(accuracies[name]) for name in (natural, synthetic))
    for row in rows_of(result, "conditions_compared", group=PEOPLE, experiment=experiment, first=natural, second=synthetic):
        if row["p"] is not None:
            return f"{value}, p = {row['p']:.2g}", row["difference"] > 0 and row["p"] < SIGNIFICANT
    return value, None


def _in_words(row: Result) -> str:
    ends = "" if row["low"] is None else f" ± {row['high'] - row['accuracy']:.3f}"
    return f"{row['condition'].replace('_', ' ')} {row['accuracy']:.3f}{ends}"


CLAIMS = (
    Claim(
        id="natural_beats_synthetic",
        statement="Experiment I: natural exemplars help people more than synthetic visualizations",
        reported="natural .92 ± .02, synthetic .82 ± .04",
        source=SOURCE,
        verified=True,
        check=partial(_natural_beats_synthetic, "experiment_1", "natural", "synthetic"),
    ),
    Claim(
        id="natural_beats_synthetic_max_1",
        statement="Experiment II: so does a single maximal image without minimal ones (Max-1)",
        reported="natural .73 ± .04, synthetic .65 ± .05",
        source=SOURCE,
        verified=True,
        check=partial(_natural_beats_synthetic, "experiment_2", "natural_max_1", "synthetic_max_1"),
    ),
)
