"""In search of forgotten domain generalization: domains of images, how people label them, and what mixing them does."""

from experiments.contract.experiments import Experiment

EXPERIMENT = Experiment(
    slug="mayilvahanan2025_domains",
    title="In search of forgotten domain generalization",
    citation="Mayilvahanan, Zimmermann, Wiedemer, Rusak, Juhos, Bethge, Brendel. ICLR 2025",
    url="https://arxiv.org/abs/2410.08258",
    asks_people=True,
    runs=True,
)
