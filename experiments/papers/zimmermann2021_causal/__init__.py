"""How well do feature visualizations support causal understanding of CNN activations?: the occlusion study."""

from experiments.contract.experiments import Experiment

EXPERIMENT = Experiment(
    slug="zimmermann2021_causal",
    title="How well do feature visualizations support causal understanding of CNN activations?",
    citation="Zimmermann, Borowski, Geirhos, Bethge, Wallis, Brendel. NeurIPS 2021",
    url="https://arxiv.org/abs/2106.12447",
    asks_people=True,
)
