"""Claims of Zimmermann et al. 2023: two that a study of one network can check, three that need several."""

from functools import partial

from experiments.contract.claims import Claim, Result
from experiments.methods.choice_analysis.claim_checks import PEOPLE, Judged, clearly_above, people_by_condition, rows_of

SOURCE = "Project page of the paper, figure of the model comparison (July 2023)"
TITLE = "Title of the paper"
FEWEST_MODELS = 5
"""With fewer, no order of the models would be significant in a two-sided permutation test at .05."""
SIGNIFICANT = 0.05


def _natural_beats_synthetic(result: Result) -> Judged:
    return clearly_above(people_by_condition(result), "natural", "synthetic")


def _synthetic_above_chance(result: Result) -> Judged:
    return clearly_above(people_by_condition(result), "synthetic", 0.5)


def _no_improvement(fact: str, result: Result) -> Judged:
    """Holds if under no condition accuracy rises significantly with the fact; not judged below FEWEST_MODELS models."""
    trends = [row for row in rows_of(result, "scale_trend", group=PEOPLE, fact=fact) if row["rho"] is not None]
    if not trends:
        return None
    value = ", ".join(
        f"{row['condition']} ρ = {row['rho']:.2f} (p = {row['p_permutation']:.2g}, n = {row['n']})" for row in trends
    )
    if max(row["n"] for row in trends) < FEWEST_MODELS:
        return value, None
    return value, not any(row["rho"] > 0 and row["p_permutation"] < SIGNIFICANT for row in trends)


CLAIMS = (
    Claim(
        id="natural_beats_synthetic",
        statement="Natural exemplars are more helpful than synthetic feature visualizations",
        reported="natural .779 to .880, synthetic .596 to .705 over seven networks, and natural is better in each",
        source=SOURCE,
        verified=True,
        check=_natural_beats_synthetic,
    ),
    Claim(
        id="synthetic_above_chance",
        statement="Synthetic feature visualizations are of some help: people answer better than chance",
        reported="the lowest of seven networks: .596 [.562, .628] (CLIP ResNet-50)",
        source=SOURCE,
        verified=True,
        check=_synthetic_above_chance,
    ),
    *(
        Claim(
            id=f"no_improvement_with_{fact}",
            statement=f"Scale alone does not improve interpretability: it does not rise with {words}",
            reported="no improvement over nine networks",
            source=source,
            verified=verified,
            check=partial(_no_improvement, fact),
        )
        for fact, words, source, verified in (
            ("parameters", "the number of parameters", TITLE, True),
            ("images", "the number of training images", TITLE, True),
            ("top1", "the accuracy on ImageNet", "Text of the paper", False),
        )
    ),
)
