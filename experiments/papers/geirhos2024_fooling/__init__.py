"""Don't trust your eyes: networks whose visualizations show what somebody wants, and what visualizations can tell."""

from experiments.contract.experiments import Experiment

EXPERIMENT = Experiment(
    slug="geirhos2024_fooling",
    title="Don't trust your eyes: on the (un)reliability of feature visualizations",
    citation="Geirhos, Zimmermann, Bilodeau, Brendel, Kim. ICML 2024",
    url="https://arxiv.org/abs/2306.04719",
    asks_people=False,
    runs=True,
)
