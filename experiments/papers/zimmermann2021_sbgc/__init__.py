"""Score-based generative classifiers: networks that classify by the likelihood that a diffusion model gives to an image."""

from experiments.contract.experiments import Experiment

EXPERIMENT = Experiment(
    slug="zimmermann2021_sbgc",
    title="Score-Based Generative Classifiers",
    citation="Zimmermann, Schott, Song, Dunn, Klindt. NeurIPS 2021 Workshop DGMs and Applications",
    url="https://arxiv.org/abs/2110.00473",
    asks_people=False,
    runs=True,
)
