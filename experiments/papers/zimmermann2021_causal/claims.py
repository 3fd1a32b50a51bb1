"""Claims of Zimmermann et al. 2021 that a study with this design can check."""

from experiments.contract.claims import Claim, Result
from experiments.methods.choice_analysis.accuracy import PARTICIPANTS
from experiments.methods.choice_analysis.claim_checks import Judged, clearly_above, people_by_condition

ABSTRACT = "Abstract"
PAGE = "Project page of the paper, figure 5 (first arXiv version)"


def _synthetic_helps(result: Result) -> Judged:
    return clearly_above(people_by_condition(result, rater=PARTICIPANTS), "synthetic", "none")


def _natural_helps(result: Result) -> Judged:
    return clearly_above(people_by_condition(result, rater=PARTICIPANTS), "natural", "none")


def _synthetic_not_better(result: Result) -> Judged:
    judged = clearly_above(people_by_condition(result, rater=PARTICIPANTS), "synthetic", "natural")
    if judged is None:
        return None
    value, better = judged
    return value, None if better is None else not better


CLAIMS = (
    Claim(
        id="synthetic_helps",
        statement="Synthetic feature visualizations help people to predict what an occlusion does",
        reported="synthetic .68 ± .04, none .60 ± .03",
        source=ABSTRACT,
        verified=True,
        check=_synthetic_helps,
    ),
    Claim(
        id="natural_helps",
        statement="Natural exemplars help people to predict what an occlusion does",
        reported="natural .67 ± .03, none .60 ± .03",
        source=PAGE,
        verified=True,
        check=_natural_helps,
    ),
    Claim(
        id="synthetic_not_better",
        statement="Synthetic feature visualizations are no better than natural exemplars",
        reported="synthetic .67 ± .04, natural .67 ± .03",
        source=PAGE,
        verified=True,
        check=_synthetic_not_better,
    ),
)
