"""The figure of a path similarity: the similarities with both natural baselines, and the visualizations' place between these."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from experiments.methods.choice_figures.style import COLORS, INK, PALE, draw, frame
from experiments.methods.run_results import RunFigure

Summary = Mapping[str, Any]
LINES = (
    ("same", "two natural images of a class", COLORS["natural"]),
    ("visualized", "natural image and visualization", COLORS["synthetic"]),
    ("different", "natural images of two classes", PALE),
)
LOWEST = -1.0
"""Of the normalized axis; what is less alike than that is as unlike as anything needs to be, and is marked at the edge."""


def path_figure(name: str, layers: Mapping[str, Summary], *, title: str, subtitle: str) -> RunFigure:
    """The figure of one measure; `layers` holds the means over classes by layer, in the network's order."""
    names = list(layers)

    def panels(canvas: Canvas) -> None:
        left, right = canvas.subplots(1, 2)
        _raw(left, list(layers.values()))
        _normalized(right, list(layers.values()))
        for axes in (left, right):
            axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)

    return RunFigure(
        name=name,
        caption=f"{title}. Left: Spearman's correlation of the activations of two images. Right: the visualizations between the "
        "two natural baselines, with a 95 % bootstrap interval over classes; triangles stand for values below the axis.",
        content=draw((9.6, 4.4), panels, title=title, subtitle=subtitle),
    )


def _raw(axes: Axes, rows: Sequence[Summary]) -> None:
    frame(axes)
    for key, label, color in LINES:
        points = [(place, row[key]) for place, row in enumerate(rows) if row[key] is not None]
        axes.plot(*zip(*points, strict=True), color=color, marker="o", markersize=3.5, label=label)
    axes.set_ylabel("Spearman's correlation")
    axes.legend(loc="best")


def _normalized(axes: Axes, rows: Sequence[Summary]) -> None:
    frame(axes)
    known = [(place, row) for place, row in enumerate(rows) if row["normalized"] is not None]
    banded = [(place, row) for place, row in known if row["low"] is not None]
    axes.fill_between(
        [place for place, _ in banded],
        [max(LOWEST, row["low"]) for _, row in banded],
        [max(LOWEST, row["high"]) for _, row in banded],
        color=COLORS["synthetic"],
        alpha=0.2,
        linewidth=0,
    )
    shown = [max(LOWEST, row["normalized"]) for _, row in known]
    axes.plot([place for place, _ in known], shown, color=COLORS["synthetic"], marker="o", markersize=3.5)
    below = [place for place, row in known if row["normalized"] < LOWEST]
    axes.plot(below, [LOWEST] * len(below), color=COLORS["synthetic"], marker="v", linestyle="", markersize=7)
    for height, words, color in ((1, "as alike as the class", COLORS["natural"]), (0, "as another class", PALE)):
        axes.axhline(height, color=color, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.text(0, height + 0.02, words, transform=axes.get_yaxis_transform(), fontsize=8, color=INK)
    axes.set_ylim(LOWEST - 0.05, 1.25)
    axes.set_xlim(-0.5, len(rows) - 0.5)
    axes.set_ylabel("Normalized similarity of visualizations")
