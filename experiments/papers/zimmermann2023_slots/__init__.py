"""Sensitivity of slot-based object-centric models to their number of slots: precision and recall by K."""

from experiments.contract.experiments import Experiment

EXPERIMENT = Experiment(
    slug="zimmermann2023_slots",
    title="Sensitivity of slot-based object-centric models to their number of slots",
    citation="Zimmermann, van Steenkiste, Sajjadi, Kipf, Greff. 2023",
    url="https://arxiv.org/abs/2305.18890",
    asks_people=False,
    runs=True,
)
