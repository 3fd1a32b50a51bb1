"""The trainings of the paper by name, at each preset's scale. Called by `train` and `claims`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from experiments.contract.fields import Json, require, require_range

Part = Literal["linear", "contrast", "extensions", "images"]
PARTS: tuple[Part, ...] = ("linear", "contrast", "extensions", "images")
Kind = Literal["pairs", "extension", "images"]

RATIOS = (5, 10, 20, 50)
"""Of the precisions of content and style; the first is that of the published bimodal runs."""
STYLE = 5.0
"""Precision of a latent of style, as published."""
LOWEST, HIGHEST = 5.0, 25.0
"""Precisions of the linear spectrum, as published."""
LOSSES: Mapping[str, Mapping[str, Json]] = {
    # The published default: a dot product whose temperature is 1 and stays there.
    "infonce": {"power": 0.0, "temperature": 1.0},
    # The same up to a constant, with a temperature that is learned.
    "infonce_scaled": {"power": 2.0, "temperature": 2.0, "precisions": "isotropic"},
    # A temperature of 2 is the ½ of the published code.
    "aninfonce": {"power": 2.0, "temperature": 2.0, "precisions": "diagonal"},
}
"""Fields of the configuration by loss."""
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
    contrast_steps: int = 4000
    extension_steps: int = 4000
    batch: int = 512
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
        for name in ("steps", "contrast_steps", "extension_steps"):
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
    return [*linear_stages(scale), *contrast_stages(scale), *extension_stages(scale), *image_stages(scale)]


def linear_stages(scale: Scale) -> list[Stage]:
    """A spectrum in which each latent has a precision of its own, with AnInfoNCE and its control."""
    spectrum = np.linspace(LOWEST, HIGHEST, scale.linear_latents).tolist()
    losses = ("aninfonce", "infonce_scaled")
    return [_pairs(scale, f"linear_{loss}", "linear", spectrum=spectrum, loss=loss, steps=scale.steps) for loss in losses]


def contrast_stages(scale: Scale) -> list[Stage]:
    """Half of the latents precise, half not, at several ratios and with each loss; the first ratio is the published spectrum."""
    half = scale.contrast_latents // 2
    return [
        _pairs(
            scale,
            f"ratio{ratio}_{loss}",
            "contrast",
            spectrum=[STYLE * ratio] * half + [STYLE] * half,
            loss=loss,
            steps=scale.contrast_steps,
        )
        for ratio in scale.ratios
        for loss in LOSSES
    ]


def extension_stages(scale: Scale) -> list[Stage]:
    """Both laws as an ensemble and each alone; hard negatives."""
    shared = {"batch": scale.batch, **_steps(scale.extension_steps), **LOSSES["aninfonce"], **scale.shared}
    alone = [
        _pairs(scale, f"law{number}_alone", "extensions", spectrum=list(law), loss="aninfonce", steps=scale.extension_steps)
        for number, law in enumerate((FIRST, SECOND), start=1)
    ]
    together = {"spectra": [list(FIRST), list(SECOND)], "shared": {**shared, "latents": len(FIRST)}}
    # A quarter of the anchors, each with negatives of its own: about as many points as without.
    hard = {
        "spectra": [list(POSITIVE)],
        "negatives": list(NEGATIVE),
        "shared": {**shared, "latents": len(POSITIVE), "batch": max(2, scale.batch // 8)},
    }
    return [
        *alone,
        Stage(name="ensemble", part="extensions", kind="extension", fields=together),
        Stage(name="hard_negatives", part="extensions", kind="extension", fields=hard),
    ]


def image_stages(scale: Scale) -> list[Stage]:
    """Each set of images with both losses."""
    return [
        Stage(name=f"{name}_{loss}", part="images", kind="images", fields={**fields, "loss": loss})
        for name, fields in scale.images.items()
        for loss in ("infonce", "aninfonce")
    ]


def _pairs(scale: Scale, name: str, part: Part, *, spectrum: list[float], loss: str, steps: int) -> Stage:
    fields = {
        **{"space": "sphere", "output": "sphere", "conditional": "anisotropic", "batch": scale.batch, "negatives": "cross"},
        **_steps(steps),
        **LOSSES[loss],
        **scale.shared,
        **{"spectrum": spectrum, "latents": len(spectrum)},
    }
    return Stage(name=name, part=part, kind="pairs", fields=fields)


def _steps(steps: int) -> dict[str, Json]:
    """With twenty looks on the way."""
    return {"steps": steps, "measure_every": max(1, steps // 20), "keep_every": max(1, steps // 10)}
