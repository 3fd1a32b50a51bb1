"""Provably learning object-centric representations: where compositionality and invertibility identify objects."""

from experiments.contract.experiments import Experiment

EXPERIMENT = Experiment(
    slug="brady2023_objects",
    title="Provably learning object-centric representations",
    citation="Brady, Zimmermann, Sharma, Schölkopf, von Kügelgen, Brendel. ICML 2023",
    url="https://arxiv.org/abs/2305.14229",
    asks_people=False,
    runs=True,
)
