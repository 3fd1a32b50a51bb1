"""Claims of Zimmermann et al. 2023 that a study of one network can check; those about scale need several networks."""

from experiments.contract.claims import Claim, Result
from experiments.methods.choice_analysis import clearly_above, people_by_condition

SOURCE = "Project page of the paper, figure of the model comparison (July 2023)"


def _natural_beats_synthetic(result: Result) -> tuple[str, bool | None] | None:
    return clearly_above(people_by_condition(result), "natural", "synthetic")


def _synthetic_above_chance(result: Result) -> tuple[str, bool | None] | None:
    return clearly_above(people_by_condition(result), "synthetic", 0.5)


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
)
