"""Scale alone does not improve mechanistic interpretability in vision models: the web 2-AFC study."""

from experiments.contract.experiments import Experiment

EXPERIMENT = Experiment(
    slug="zimmermann2023_scale",
    title="Scale alone does not improve mechanistic interpretability in vision models",
    citation="Zimmermann, Klein, Brendel. NeurIPS 2023",
    url="https://arxiv.org/abs/2307.05471",
    asks_people=True,
)
