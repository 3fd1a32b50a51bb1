"""All figures of a run."""

from collections.abc import Mapping

from experiments.methods.run_results import RunFigure
from experiments.papers.zimmermann2021_sbgc.analysis import Found
from experiments.papers.zimmermann2021_sbgc.figures.likelihoods import cost_figure, stranger_figure, way_figure
from experiments.papers.zimmermann2021_sbgc.figures.robustness import adversarial_figure, attack_figure, corruption_figure


def figures_of(found: Mapping[str, Found]) -> list[RunFigure]:
    """In the order in which a reader wants them."""
    return [
        cost_figure(found),
        attack_figure(found),
        adversarial_figure(found),
        corruption_figure(found),
        way_figure(found["paths_ode_quick"]),
        stranger_figure({form: found[f"strangers_{form}"] for form in ("ode_quick", "flow_quick")}),
    ]
