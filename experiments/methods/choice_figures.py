"""The figure of a choice analysis: accuracy by condition with its units and intervals, as SVG with the same bytes each time."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.typing import RcKeyType

INK, DOTS, GRID = "#1f2d3d", "#7f9bb3", "#d9dee3"
# Outlines instead of fonts: an <img> shows the same letters everywhere. The salt makes ids, hence bytes, repeatable.
STYLE: dict[RcKeyType, Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "unitscope",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
}
DOTS_WIDTH = 0.3
"""Width of the swarm of units, where the distance of two conditions is 1."""


def draw_accuracy(group: Mapping[str, Any], *, title: str) -> bytes:
    """The SVG of one group of sessions of a result."""
    rows = group["conditions"]
    # matplotlib reads its defaults when objects are made and when they are drawn: both stand inside.
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(1.9 + 1.7 * len(rows), 4.2), layout=ConstrainedLayoutEngine(h_pad=0.12, w_pad=0.12))
        axes = figure.add_subplot()
        _draw_frame(axes, rows)
        for place, row in enumerate(rows):
            _draw_condition(axes, place, row)
        axes.set_title(f"{title}\n{group['sessions']} finished sessions", loc="left", fontsize=11, color=INK, pad=10)
        content = io.BytesIO()
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return content.getvalue()


def _draw_frame(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    lowest = min([0.4, *(unit["accuracy"] for row in rows for unit in row["by_unit"]), *(row["wilson_low"] for row in rows)])
    axes.set_xlim(-0.6, len(rows) - 0.4)
    axes.set_ylim(100 * lowest - 4, 104)
    axes.set_yticks([tick for tick in range(0, 101, 10) if tick >= 100 * lowest - 4])
    axes.set_xticks(range(len(rows)), [f"{row['condition']}\n{row['trials']} trials" for row in rows])
    axes.set_ylabel("Correct answers (%)", color=INK)
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, length=0)
    axes.spines[:].set_visible(False)
    axes.axhline(50, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    axes.text(len(rows) - 0.42, 50.6, "chance", ha="right", va="bottom", fontsize=8)


def _draw_condition(axes: Axes, place: int, row: Mapping[str, Any]) -> None:
    units = [100 * unit["accuracy"] for unit in row["by_unit"]]
    spread = np.linspace(-0.5, 0.5, len(units)) * DOTS_WIDTH if len(units) > 1 else np.zeros(1)
    axes.scatter(place - 0.22 + spread, units, s=22, color=DOTS, alpha=0.75, linewidths=0)
    axes.plot([place + 0.24] * 2, [100 * row["wilson_low"], 100 * row["wilson_high"]], color=INK, linewidth=1)
    if row["low"] is not None:
        axes.plot([place + 0.14] * 2, [100 * row["low"], 100 * row["high"]], color=INK, linewidth=3, solid_capstyle="butt")
    axes.plot([place + 0.14], [100 * row["accuracy"]], marker="o", markersize=8, color=INK)
    axes.text(place + 0.3, 100 * row["accuracy"], f"{100 * row['accuracy']:.0f} %", va="center", fontsize=9)
