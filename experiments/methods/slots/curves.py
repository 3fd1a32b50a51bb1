"""Precision and recall over the number of slots with the even-split envelope, and heat maps of slots in training and after."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Rectangle

from experiments.methods.choice_figures.style import COLORS, FURTHER, INK, PALE, draw, frame, interval_bar
from experiments.methods.metrics.clustering import even_split
from experiments.methods.run_results import RunFigure

Metrics = Mapping[str, Any]
SHADES = (COLORS["natural"], COLORS["synthetic"], COLORS["blur"], *FURTHER)
DARK = 0.55
"""Values above it are written in white."""


def curve_figure(name: str, found: Metrics) -> RunFigure:
    """Precision and recall of the foreground over the slots after training, a line for each number of slots in training."""

    def panels(canvas: Canvas) -> None:
        for axes, measure in zip(canvas.subplots(1, 2, sharey=True), ("precision", "recall"), strict=True):
            _curves(axes, found, measure=measure)

    networks = f"{found['seeds']} network{'s' if found['seeds'] > 1 else ''} each, {found['images']} held-out images"
    return RunFigure(
        name=f"{name}_curves",
        caption=f"{found['title']}: precision and recall of the foreground over the slots after training; {networks}; bars: "
        "95 % bootstrap over images, band: standard deviation over seeds. Rings: as many slots as in training. Gray: "
        f"{found['objects']} equal objects merged or split evenly; above it a network leaves slots empty or unequal.",
        content=draw((9.2, 4.0), panels, title=found["title"], subtitle=networks),
    )


def heat_figure(name: str, found: Metrics) -> RunFigure:
    """Precision, recall and index of the foreground for each number of slots in training and after."""
    measures = {"precision": "Precision", "recall": "Recall", "ari": "Adjusted Rand index"}

    def panels(canvas: Canvas) -> None:
        for axes, (measure, title) in zip(canvas.subplots(1, 3), measures.items(), strict=True):
            rows = [[found["cells"][str(k)][str(j)][measure]["mean"] for j in found["tested"]] for k in found["trained"]]
            _heat(axes, np.array(rows), found, title=title)

    return RunFigure(
        name=f"{name}_heat",
        caption=f"{found['title']}: means over {found['seeds']} network(s) and {found['images']} images, foreground. Frames: as "
        "many slots after training as in it.",
        content=draw((10.5, 0.9 + 0.55 * len(found["trained"]) + 0.9), panels, title=found["title"]),
    )


def _curves(axes: Axes, found: Metrics, *, measure: str) -> None:
    frame(axes)
    tested: Sequence[int] = found["tested"]
    place = 0 if measure == "precision" else 1
    # Below one segment more than one there are no pairs to split: the envelope is of the objects alone.
    fine = np.linspace(max(2, min(tested)), max(tested), 200)
    envelope = [_envelope(slots, objects=found["objects"])[place] for slots in fine]
    axes.plot(fine, envelope, color=PALE, linewidth=5, alpha=0.35, label="even split", zorder=1)
    for color, trained in zip(SHADES, found["trained"], strict=False):
        cells = [found["cells"][str(trained)][str(slots)][measure] for slots in tested]
        means = np.array([cell["mean"] for cell in cells])
        axes.plot(tested, means, color=color, marker="o", markersize=4, label=_label(trained), zorder=4)
        spread = np.array([cell["spread"] or 0.0 for cell in cells])
        axes.fill_between(tested, means - spread, means + spread, color=color, alpha=0.15, linewidth=0)
        for slots, cell in zip(tested, cells, strict=True):
            interval_bar(axes, slots, *cell["interval"], color=color)
        if trained in tested:
            own = means[list(tested).index(trained)]
            axes.plot([trained], [own], marker="o", markersize=11, markerfacecolor="none", color=color, linestyle="", zorder=5)
    axes.set_xticks(tested)
    axes.set_ylim(-0.05, 1.08)
    axes.set_xlabel("Slots after training")
    axes.set_ylabel(measure.capitalize())
    axes.legend(loc="best")


def _label(trained: int) -> str:
    return f"trained with {trained} slots" if trained else "k-means, not trained"


def _envelope(slots: float, *, objects: int) -> tuple[float, float]:
    """That of `even_split` between whole numbers as well."""
    low, high = even_split(objects, slots=int(np.floor(slots))), even_split(objects, slots=int(np.ceil(slots)))
    share = slots - np.floor(slots)
    return tuple((1 - share) * a + share * b for a, b in zip(low, high, strict=True))


def _heat(axes: Axes, values: np.ndarray[Any, np.dtype[np.float64]], found: Metrics, *, title: str) -> None:
    axes.imshow(values, cmap="cividis_r", vmin=0, vmax=1, aspect="auto")
    for row, trained in enumerate(found["trained"]):
        for column, tested in enumerate(found["tested"]):
            value = values[row, column]
            axes.text(column, row, f"{value:.2f}", ha="center", va="center", color="white" if value > DARK else INK, fontsize=8)
            if trained == tested:
                corner = (column - 0.48, row - 0.46)
                axes.add_patch(_frame_of(corner))
    axes.set_xticks(range(len(found["tested"])), [str(slots) for slots in found["tested"]])
    axes.set_yticks(range(len(found["trained"])), [str(slots) for slots in found["trained"]])
    axes.set_xlabel("Slots after training")
    axes.set_ylabel("Slots in training")
    axes.set_title(title)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _frame_of(corner: tuple[float, float]) -> Rectangle:
    return Rectangle(corner, 0.96, 0.92, fill=False, edgecolor=COLORS["synthetic"], linewidth=2)
