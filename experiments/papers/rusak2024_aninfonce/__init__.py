"""AnInfoNCE: contrastive learning whose loss knows that augmentations change some latents more than others."""

from experiments.contract.experiments import Experiment

EXPERIMENT = Experiment(
    slug="rusak2024_aninfonce",
    title="InfoNCE: Identifying the Gap Between Theory and Practice",
    citation="Rusak, Reizinger, Juhos, Bringmann, Zimmermann, Brendel. AISTATS 2025",
    url="https://arxiv.org/abs/2407.00143",
    asks_people=False,
    runs=True,
)
