"""What the images look like that encoders see: draws of the rendered set, and what each factor changes."""

import numpy as np
import torch
from jaxtyping import UInt8
from matplotlib.figure import Figure

from experiments.datasets.rendered_objects import FACTORS, render
from experiments.methods.choice_figures.style import draw
from experiments.methods.run_results import RunFigure

ACROSS = 9
SEED = 0
AT = -0.15
"""Of the factors that do not change."""


def samples_figure(side: int) -> RunFigure:
    """Rows of images in which one factor goes from -1 to 1, and a row of draws."""
    title = f"The rendered set at {side} px"

    def panels(canvas: Figure) -> None:
        axes = canvas.subplots()
        axes.imshow(sheet(side), interpolation="nearest")
        axes.set_xticks([])
        axes.set_yticks([side * (row + 0.5) for row in range(len(FACTORS) + 1)], [*map(_name, FACTORS), "draws"], fontsize=8)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)

    return RunFigure(
        name="rendered",
        caption="Images of the rendered set: one factor from -1 to 1 in each row, all others alike; the last row has draws.",
        content=draw((6.4, 8.0), panels, title=title),
    )


def sheet(side: int) -> UInt8[np.ndarray, "height width 3"]:
    """The images of the figure, side by side."""
    factors = torch.full((len(FACTORS), ACROSS, len(FACTORS)), AT)
    for number in range(len(FACTORS)):
        factors[number, :, number] = torch.linspace(-1, 1, ACROSS)
    draws = torch.rand(1, ACROSS, len(FACTORS), generator=torch.Generator().manual_seed(SEED)) * 2 - 1
    images = render(torch.cat([factors, draws]).flatten(0, 1), side=side)
    rows = images.reshape(len(FACTORS) + 1, ACROSS, 3, side, side).permute(0, 3, 1, 4, 2)
    return rows.reshape((len(FACTORS) + 1) * side, ACROSS * side, 3).numpy()


def _name(factor: str) -> str:
    return factor.replace("_", " ")
