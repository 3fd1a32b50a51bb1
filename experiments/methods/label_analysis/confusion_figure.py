"""The figure of labels by making: how images of each making were called."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas

from experiments.methods.choice_analysis.findings import Figure
from experiments.methods.choice_analysis.responses import Group
from experiments.methods.choice_figures.style import INK, draw, figure_name, subtitle
from experiments.methods.label_analysis.ratings import LABELS

LIGHT = 0.6
"""Shares above this are written in white."""


def confusion_figure(group: Group, rows: Sequence[Mapping[str, Any]]) -> Figure | None:
    """The grid of a group, `rows` of the confusion table; None if nothing was labelled."""
    if not any(row["labels"] for row in rows):
        return None
    shares = np.full((len(LABELS), len(LABELS)), np.nan)
    counts = np.zeros_like(shares)
    for row in rows:
        place = LABELS.index(row["truth"]), LABELS.index(row["label"])
        shares[place], counts[place] = np.nan if row["share"] is None else row["share"], row["labels"]

    def panels(canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (y, x), share in np.ndenumerate(shares):
            if np.isfinite(share):
                color = "white" if share > LIGHT else INK
                axes.text(x, y, f"{100 * share:.0f} %\n{counts[y, x]:.0f}", ha="center", va="center", fontsize=9, color=color)
        axes.set_xticks(range(len(LABELS)), LABELS)
        axes.set_yticks(range(len(LABELS)), LABELS)
        axes.set_xlabel("Label given")
        axes.set_ylabel("Making of the image")
        axes.tick_params(colors=INK, length=0)
        axes.spines[:].set_visible(False)

    return Figure(
        name=figure_name("confusion", group),
        group=group.name,
        caption=f"{group.title}: labels given to images of each making, in percent of these, and their number.",
        tables=("confusion",),
        content=draw((4.6, 4.2), panels, title=group.title, subtitle=subtitle(group)),
    )
