"""What a run trains and measures, by name, at each preset's scale. Called by `train`, `analysis` and the figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from experiments.contract.fields import Json, require, require_range
from experiments.datasets.corruptions.kinds import SEVERITIES
from experiments.methods.score_models.diffusions import DIFFUSIONS, DiffusionName

MAIN: DiffusionName = "subvp"
"""The diffusion that claims are judged by, chosen beforehand: the one that is recommended for likelihoods (Song et al. 2021)."""
OTHERS: tuple[DiffusionName, ...] = ("vp", "ve")

FORMS: Mapping[str, Mapping[str, Json]] = {
    "discriminative": {"kind": "discriminative"},
    "flow": {"kind": "flow", "draws": 4},
    "flow_quick": {"kind": "flow"},
    "ode_adaptive": {"kind": "ode", "integration": {"solver": "adaptive", "tolerance": 1e-5}},
    "ode": {"kind": "ode", "draws": 2, "integration": {"solver": "fixed", "steps": 10}},
    "ode_quick": {"kind": "ode", "integration": {"solver": "fixed", "steps": 10}},
    "noise_4": {"kind": "noise", "samples": 4},
    "noise_16": {"kind": "noise", "samples": 16},
    "noise_64": {"kind": "noise", "samples": 64},
    "noise_eliminating": {"kind": "noise", "samples": 64, "rungs": [4, 16, 64], "kept": [5, 2, 1]},
    "readout": {"kind": "readout", "samples": 16},
    "robust": {"kind": "robust", "samples": 126, "ball": 0.05},
}
"""Classifiers by name, by the fields of `measurements.configuration.Form`."""

COUNTS = (
    *("clean_images", "adaptive_images", "robust_images", "corrupted_images", "attacked_images", "attack_steps"),
    *("attack_ode_steps", "tested_images", "paths"),
)
PARTS = {
    "corrupted_ode_images": "corrupted_images",
    "attacked_ode_images": "attacked_images",
    "attacked_banks_images": "attacked_images",
}
"""Images of the slow solver, which are compared with as many of the first of another classifier."""
MOST_INNER = 127
"""Points around an image that a linear read-out of as few as 128 features can tell from one at the border."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much is trained and measured; the defaults are those of the preset `cpu`."""

    seeds: int = 3
    """Of the score model with the main diffusion, and of both baselines."""
    further_diffusions: tuple[str, ...] = OTHERS
    """Of one seed each."""
    clean_images: int = 360
    adaptive_images: int = 120
    """On which the adaptive solver is used, which takes longest."""
    robust_images: int = 60
    corrupted_images: int = 120
    corrupted_severities: tuple[int, ...] = (1, 2, 3, 4, 5)
    corrupted_ode_images: int = 24
    corrupted_ode_severities: tuple[int, ...] = (1, 3, 5)
    attacked_images: int = 200
    """So many that an accuracy of 0 has an interval that ends below what is negligible."""
    attacked_banks_images: int = 48
    """By an attack on the mean over four banks of noise, which takes four times as long."""
    attacked_ode_images: int = 16
    attack_steps: int = 20
    attack_ode_steps: int = 10
    tested_images: int = 59
    """The fewest that can certify a rate of .95."""
    tested_inner: int = 99
    """With the point at the border fewer than the features that the test's read-out has: 160 and 128."""
    paths: int = 12
    strangers: int = 60
    score: Mapping[str, Json] = field(default_factory=dict)
    """Changes of the score models, by the fields of `score_models.configuration.Configuration`."""
    discriminative: Mapping[str, Json] = field(default_factory=dict)
    flow: Mapping[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_range(self, "seeds", 1, 1000)
        for name in COUNTS:
            require_range(self, name, 1, 10**6)
        # A stranger that is a blend needs a digit of another class.
        require_range(self, "strangers", 2, 10**6)
        require_range(self, "tested_inner", 1, MOST_INNER)
        for name, whole in PARTS.items():
            most = getattr(self, whole)
            require_range(self, name, 1, most)
        _check_severities("corrupted_severities", self.corrupted_severities, among=SEVERITIES)
        _check_severities("corrupted_ode_severities", self.corrupted_ode_severities, among=self.corrupted_severities)
        unknown = set(self.further_diffusions) - (set(DIFFUSIONS) - {MAIN})
        require(not unknown, "further_diffusions", f"{sorted(unknown)} are none", f"Choose among {', '.join(OTHERS)}")

    @property
    def others(self) -> list[DiffusionName]:
        """The further diffusions by their names."""
        return [name for name in DIFFUSIONS if name in self.further_diffusions]


def _check_severities(field: str, chosen: tuple[int, ...], *, among: tuple[int, ...]) -> None:
    fits = bool(chosen) and set(chosen) <= set(among) and len(set(chosen)) == len(chosen)
    require(fits, field, f"{list(chosen)} are not some of {list(among)}, each once", f"Choose among {list(among)}")


SMOKE: Mapping[str, Json] = {
    **{"seeds": 1, "further_diffusions": [], "clean_images": 16, "adaptive_images": 2, "robust_images": 2},
    **{"corrupted_images": 8, "corrupted_severities": [5], "corrupted_ode_images": 1, "corrupted_ode_severities": [5]},
    **{
        "attacked_images": 2,
        "attacked_banks_images": 2,
        "attacked_ode_images": 1,
        "attack_steps": 2,
        "attack_ode_steps": 1,
        "tested_images": 2,
        "tested_inner": 9,
    },
    **{"paths": 2, "strangers": 4},
    "score": {"steps": 40, "width": 32, "blocks": 1, "measure_every": 40},
    "discriminative": {"steps": 40, "measure_every": 40},
    "flow": {"steps": 10, "measure_every": 10, "transforms": 1, "hidden": [16]},
}
"""Enough to show that the stages fit together, and nothing else."""
PAPER: Mapping[str, Json] = {
    **{"seeds": 1, "clean_images": 10_000, "adaptive_images": 10_000, "robust_images": 512, "corrupted_images": 10_000},
    **{"corrupted_ode_images": 1000, "corrupted_ode_severities": [1, 2, 3, 4, 5], "attacked_images": 512},
    "attacked_banks_images": 512,
    **{"attacked_ode_images": 64, "attack_steps": 100, "attack_ode_steps": 40, "tested_images": 512, "tested_inner": 127},
    **{"paths": 100, "strangers": 1000, "further_diffusions": []},
    # The schedule of cifar10_ddpmpp_deep_continuous (Song et al. 2021), in our smaller U-Net.
    "score": {
        **{"body": "unet", "width": 128, "blocks": 3, "attention": 4, "dropout": 0.1, "levels": 256, "steps": 950_000},
        **{"batch": 128, "learning_rate": 2e-4, "warm_up": 5000, "average": 0.9999, "measure_every": 10_000},
    },
    "discriminative": {"steps": 100_000, "batch": 128, "widths": [64, 128, 512], "measure_every": 1000, "keep_every": 1000},
    "flow": {"steps": 100_000, "transforms": 5, "hidden": [1024, 1024], "measure_every": 1000, "keep_every": 1000},
}
"""CIFAR-10; see the README for what of it is known to be the paper's."""
