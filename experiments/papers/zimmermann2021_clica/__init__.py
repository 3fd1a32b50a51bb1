"""Contrastive learning inverts the data generating process: encoders of pairs find the latents, up to simple maps."""

from experiments.contract.experiments import Experiment

EXPERIMENT = Experiment(
    slug="zimmermann2021_clica",
    title="Contrastive learning inverts the data generating process",
    citation="Zimmermann, Sharma, Schneider, Bethge, Brendel. ICML 2021",
    url="https://arxiv.org/abs/2102.08850",
    asks_people=False,
    runs=True,
)
