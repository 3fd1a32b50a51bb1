"""The trainings of the paper by name, at each preset's scale. Called by `train` and `claims`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from experiments.contract.fields import Json, require, require_range

Part = Literal["linear", "contrast", "extensions", "images"]
PARTS: tuple[Part, ...] = ("linear", "contrast", "extensions", "images")
Kind = Literal["pairs", "extension", "images"]
Size: TypeAlias = tuple[int, int, float]
"""Pairs a step, steps, and the rate."""

RATIOS = (5, 10, 20, 50)
"""Of the precisions of content and style; the first is that of the published bimodal runs."""
LOWEST, HIGHEST = 5.0, 25.0
"""Precisions of both published spectra, linear and bimodal; the lowest is that of style in the contrast."""
QUICK, SLOW = 3e-3, 1e-3
"""Rates of encoders of latents. The quick one turns codes sooner, until each stands for one latent; where precisions are far
apart encoders lose a latent of style for good in their first quick steps."""
PRECISIONS_RATE = 0.1
"""Adam moves a parameter by about its rate a step: at ten times the encoder's rate, as published for 100,000 steps, a precision
cannot reach 50 within the steps that are taken here."""
LOSSES: Mapping[str, Mapping[str, Json]] = {
    # The published default: a dot product whose temperature is 1 and stays there.
    "infonce": {"power": 0.0, "temperature": 1.0},
    # The same up to a constant, with a temperature that is learned.
    "infonce_scaled": {"power": 2.0, "temperature": 2.0, "precisions": "isotropic"},
    # A temperature of 2 is the ½ of the published code.
    "aninfonce": {"power": 2.0, "temperature": 2.0, "precisions": "diagonal"},
}
"""Fields of the configuration by loss."""
IMAGE_LOSSES: Mapping[str, Mapping[str, Json]] = {
    "infonce": {"loss": "infonce"},
    "aninfonce": {"loss": "aninfonce", "precisions_factor": 100.0},
}
"""The same of images, whose rate is 0.001; precisions move as those of latents do."""
TITLES = {
    "infonce": "InfoNCE, temperature 1",
    "infonce_scaled": "InfoNCE, temperature learned",
    "aninfonce": "AnInfoNCE",
}

FIRST, SECOND = (25.0, 25.0, 25.0, 5.0, 5.0, 5.0), (25.0, 15.0, 5.0, 25.0, 15.0, 5.0)
"""Two laws, of which neither tells all latents apart by their precisions; both together do."""
POSITIVE, NEGATIVE = (10.0, 15.0, 20.0, 25.0, 30.0), (6.0, 3.0, 5.0, 2.0, 4.0)
"""Precisions of positives and of hard negatives; their differences are distinct."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How large and how long the trainings are."""

    steps: int = 12_000
    """Of the linear spectrum."""
    batch: int = 512
    """Of the same."""
    bimodal_steps: int = 4000
    contrast_steps: int = 6000
    contrast_batch: int = 256
    """Of the contrast and of the extensions."""
    extension_steps: int = 3000
    ratios: tuple[int, ...] = RATIOS
    linear_latents: int = 5
    contrast_latents: int = 6
    """Half content, half style."""
    shared: Mapping[str, Json] = field(default_factory=dict)
    """Further fields of the configurations of synthetic trainings."""
    images: Mapping[str, Mapping[str, Json]] = field(default_factory=lambda: {"packaged": {}})
    """Fields of the configurations of images, by the name of the set."""
    seeds: int = 3

    def __post_init__(self) -> None:
        for name in ("steps", "bimodal_steps", "contrast_steps", "extension_steps"):
            require_range(self, name, 1, 10**9)
        require_range(self, "seeds", 1, 1000)
        remedy = "Give an even number, half content and half style"
        require(self.contrast_latents % 2 == 0, "contrast_latents", f"{self.contrast_latents} is odd", remedy)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One training by name."""

    name: str
    part: Part
    kind: Kind
    fields: Mapping[str, Json]
    """Of a `Configuration`, an `Extension` or an `ImageConfiguration`."""


def stages(scale: Scale) -> list[Stage]:
    """All trainings; each is made for all seeds."""
    *ours, control = linear_stages(scale)
    # The control last: it takes as long as what it is beside, and says least.
    return [*contrast_stages(scale), *ours, *image_stages(scale), *extension_stages(scale), control]


def linear_stages(scale: Scale) -> list[Stage]:
    """A spectrum in which each latent has a precision of its own, the published bimodal one, and a control of the first."""
    half = scale.contrast_latents // 2
    linear = np.linspace(LOWEST, HIGHEST, scale.linear_latents).tolist()
    bimodal = [HIGHEST] * half + [LOWEST] * half
    size, short = (scale.batch, scale.steps, QUICK), (scale.batch, scale.bimodal_steps, SLOW)
    return [
        _pairs(scale, "linear_aninfonce", "linear", spectrum=linear, loss="aninfonce", size=size),
        _pairs(scale, "bimodal_aninfonce", "linear", spectrum=bimodal, loss="aninfonce", size=short),
        _pairs(scale, "linear_infonce_scaled", "linear", spectrum=linear, loss="infonce_scaled", size=size),
    ]


def contrast_stages(scale: Scale) -> list[Stage]:
    """Half of the latents precise, half not, at several ratios and with each loss; the first ratio is the published spectrum."""
    half = scale.contrast_latents // 2
    return [
        _pairs(
            scale,
            f"ratio{ratio}_{loss}",
            "contrast",
            spectrum=[LOWEST * ratio] * half + [LOWEST] * half,
            loss=loss,
            size=(scale.contrast_batch, scale.contrast_steps, SLOW),
        )
        for ratio in scale.ratios
        for loss in LOSSES
    ]


def extension_stages(scale: Scale) -> list[Stage]:
    """Two laws as an ensemble, and each alone; hard negatives."""
    size = (scale.contrast_batch, scale.extension_steps, QUICK)
    alone = [
        _pairs(scale, f"law{number}_alone", "extensions", spectrum=list(law), loss="aninfonce", size=size)
        for number, law in enumerate((FIRST, SECOND), start=1)
    ]
    shared = {**LOSSES["aninfonce"], **scale.shared}
    together = {"spectra": [list(FIRST), list(SECOND)], "shared": {**_sized(size), **shared, "latents": len(FIRST)}}
    # An eighth of the anchors, since each has negatives of its own.
    few = (max(2, scale.contrast_batch // 8), scale.extension_steps, QUICK)
    # Its negatives are those around an anchor, and pairs are compared in one direction.
    anchored = {name: value for name, value in shared.items() if name not in ("negatives", "directions")}
    hard = {
        "spectra": [list(POSITIVE)],
        "negatives": list(NEGATIVE),
        "shared": {**_sized(few), **anchored, "latents": len(POSITIVE)},
    }
    return [
        *alone,
        Stage(name="ensemble", part="extensions", kind="extension", fields=together),
        Stage(name="hard_negatives", part="extensions", kind="extension", fields=hard),
    ]


def image_stages(scale: Scale) -> list[Stage]:
    """Each set of images with both losses."""
    return [
        Stage(name=f"{name}_{loss}", part="images", kind="images", fields={**own, **fields})
        for name, fields in scale.images.items()
        for loss, own in IMAGE_LOSSES.items()
    ]


def _pairs(scale: Scale, name: str, part: Part, *, spectrum: list[float], loss: str, size: Size) -> Stage:
    fields = {
        **{"space": "sphere", "output": "sphere", "conditional": "anisotropic", "negatives": "cross"},
        **_sized(size),
        **LOSSES[loss],
        **scale.shared,
        **{"spectrum": spectrum, "latents": len(spectrum)},
    }
    return Stage(name=name, part=part, kind="pairs", fields=fields)


def _sized(size: Size) -> dict[str, Json]:
    """With twenty looks on the way."""
    batch, steps, rate = size
    rates = {"learning_rate": rate, "precisions_factor": PRECISIONS_RATE / rate}
    return {**rates, "batch": batch, "steps": steps, "measure_every": max(1, steps // 20), "keep_every": max(1, steps // 10)}
