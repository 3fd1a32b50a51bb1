"""Figures of detectors and circuits: errors on the way of a visualization, and what visualizations show before and after."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import UInt8
from matplotlib.figure import Figure

from experiments.contract.fields import Json
from experiments.methods.choice_figures.style import COLORS, INK, draw, frame

GAP = 4
"""px between the images of a strip."""


def errors_by_step(report: Mapping[str, Json]) -> bytes:
    """SVG: how often the detector takes a visualization for natural, by step; the dashed line is the opposite error."""
    by_step = report["missed"]["by_step"]
    alarms = report["false_alarms"]["plain"]

    def panels(figure: Figure) -> None:
        axes = figure.subplots()
        places = range(len(by_step))
        axes.plot(places, [100 * share for share in by_step.values()], marker="o", color=COLORS["synthetic"])
        axes.axhline(100 * alarms, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_xticks(places, list(by_step))
        axes.set_xlabel("Step of the optimization")
        axes.set_ylabel("Errors (%)")
        axes.set_ylim(bottom=0)
        axes.margins(y=0.1)
        frame(axes)

    subtitle = f"visualizations taken for natural images; dashed, {100 * alarms:.1f} %: the other way round"
    return draw((6.4, 3.2), panels, title="Errors of the detector on what it was not trained on", subtitle=subtitle)


def strips(*columns: UInt8[np.ndarray, "image side side 3"]) -> UInt8[np.ndarray, "height width 3"]:
    """The images of each column below each other, on white."""
    rows = []
    for images in zip(*columns, strict=True):
        padded = [np.pad(image, ((GAP, GAP), (GAP, GAP), (0, 0)), constant_values=255) for image in images]
        rows.append(np.concatenate(padded, axis=1))
    return np.concatenate(rows)
