"""Active tests of attacks: does an evaluation of robustness find adversarial examples where there certainly are some?"""

from experiments.contract.experiments import Experiment

EXPERIMENT = Experiment(
    slug="zimmermann2022_active_tests",
    title="Increasing Confidence in Adversarial Robustness Evaluations",
    citation="Zimmermann, Brendel, Tramèr, Carlini. NeurIPS 2022",
    url="https://arxiv.org/abs/2206.13991",
    asks_people=False,
    runs=True,
)
