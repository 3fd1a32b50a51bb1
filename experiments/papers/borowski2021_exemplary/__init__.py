"""Exemplary natural images explain CNN activations better than state-of-the-art feature visualization: the laboratory study."""

from experiments.contract.experiments import Experiment

EXPERIMENT = Experiment(
    slug="borowski2021_exemplary",
    title="Exemplary natural images explain CNN activations better than state-of-the-art feature visualization",
    citation="Borowski, Zimmermann, Schepers, Geirhos, Wallis, Bethge, Brendel. ICLR 2021",
    url="https://arxiv.org/abs/2010.12606",
    asks_people=True,
)
