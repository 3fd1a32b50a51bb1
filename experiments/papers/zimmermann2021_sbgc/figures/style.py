"""Colors and tiles that the figures of this paper share."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from experiments.methods.choice_figures.style import COLORS, FURTHER

CLASSIFIER_COLORS = {
    "discriminative": COLORS["none"],
    "flow": COLORS["natural"],
    "flow_quick": COLORS["natural"],
    "ode": COLORS["blur"],
    "ode_quick": COLORS["blur"],
    "ode_other_probe": FURTHER[0],
    "ode_adaptive": FURTHER[0],
    "noise_4": COLORS["mixed"],
    "noise_16": COLORS["synthetic"],
    "noise_64": FURTHER[1],
    "noise_eliminating": FURTHER[2],
    "robust": FURTHER[4],
    "noise_over_banks": FURTHER[2],
}
SHORT = {
    "discriminative": "discriminative",
    "flow": "flow",
    "flow_quick": "flow",
    "ode": "ODE, 2 draws",
    "ode_quick": "ODE",
    "ode_other_probe": "ODE, judged by another probe",
    "ode_adaptive": "ODE, adaptive",
    "noise_4": "noise, 4 times",
    "noise_16": "noise, 16 times",
    "noise_64": "noise, 64 times",
    "noise_eliminating": "noise, elimination",
    "robust": "robust diffusion",
    "noise_over_banks": "noise, attack over 4 banks, judged by a fifth",
}
GAP = 1
"""Pixels of a frame, and between two frames."""


def strip(
    pictures: Sequence[Float[np.ndarray, "channel side side"]], frames: Sequence[str] = ()
) -> Float[np.ndarray, "side width 3"]:
    """Pictures beside one another, as RGB from 0 to 1, in frames of these colors; without any in white ones."""
    tiles = []
    for one, color in zip(pictures, frames or ["white"] * len(pictures), strict=True):
        _, height, width = one.shape
        framed = np.broadcast_to(to_rgb(color), (height + 2 * GAP, width + 2 * GAP, 3)).copy()
        framed[GAP:-GAP, GAP:-GAP] = np.moveaxis(np.broadcast_to(one, (3, height, width)), 0, -1)
        tiles.append(np.pad(framed, ((0, 0), (0, GAP), (0, 0)), constant_values=1))
    return np.concatenate(tiles, axis=1)


def show(axes: Axes, picture: Float[np.ndarray, "height width 3"]) -> None:
    """A picture without axes, each pixel a square."""
    axes.imshow(picture, interpolation="none", vmin=0, vmax=1)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
