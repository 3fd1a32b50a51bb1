"""Precision over recall of a domain classifier's heads, and the confusion of its labels. Called by the run."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas

from experiments.datasets.domains import DOMAINS
from experiments.methods.choice_figures.style import COLORS, INK, draw, frame
from experiments.methods.run_results import RunFigure
from experiments.papers.mayilvahanan2025_domains.classifier.words import named_truth

HEAD_COLORS = {"natural": COLORS["natural"], "rendition": COLORS["synthetic"]}

LIGHT = 0.65
"""Shares above this are written in white."""


def precision_figure(card: Mapping[str, Any]) -> RunFigure:
    """Of test images; the operating points, which validation images chose, are marked."""
    title = "Precision and recall of the domain classifier"

    def panels(canvas: Canvas) -> None:
        axes = canvas.subplots()
        frame(axes, grid="both")
        for head, curve in card["test"]["curves"].items():
            axes.plot(curve["recall"], curve["precision"], color=HEAD_COLORS[head], label=f"{head} against the rest")
            point = card["test"]["points"][head]
            if point["accepted"]:
                axes.plot([point["recall"]], [point["precision"]], "o", color=HEAD_COLORS[head])
        axes.axhline(card["precision"], color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_xlabel("Recall")
        axes.set_ylabel("Precision")
        axes.set_ylim(0.3, 1.02)
        axes.legend(loc="lower left")

    caption = (
        f"{title} on {card['test']['images']} test images, with {named_truth(card)} as truth; dots: the smallest thresholds with "
        f"{card['precision']:.0%} on validation images; dashed: that precision."
    )
    return RunFigure(name="precision_recall", caption=caption, content=draw((5.6, 4.2), panels, title=title))


def confusion_figure(card: Mapping[str, Any]) -> RunFigure:
    """Counts of test images by truth and label."""
    title = "What the classifier calls test images"
    counts = np.array(card["test"]["confusion"])

    def panels(canvas: Canvas) -> None:
        axes = canvas.subplots()
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (row, column), count in np.ndenumerate(counts):
            color = "white" if shares[row, column] > LIGHT else INK
            axes.text(column, row, str(count), ha="center", va="center", color=color)
        axes.set_xticks(range(len(DOMAINS)), DOMAINS)
        axes.set_yticks(range(len(DOMAINS)), DOMAINS)
        axes.set_xlabel("Label")
        axes.set_ylabel(named_truth(card).capitalize())
        axes.tick_params(colors=INK, length=0)
        axes.spines[:].set_visible(False)

    caption = f"{title}: counts; rows are the labels by {named_truth(card)}."
    return RunFigure(name="confusion", caption=caption, content=draw((4.8, 4.2), panels, title=title))
