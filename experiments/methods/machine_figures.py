"""The figure of a comparison of people and a machine: one dot a unit, as SVG with the same bytes each time."""

import io
from collections.abc import Mapping
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from experiments.methods.choice_figures.style import DOTS, GRID, INK, STYLE


def draw_machine_scores(comparison: Mapping[str, Any]) -> bytes:
    """The SVG of one comparison of `machine_scores`: people's share of right answers over the machine's score."""
    units = comparison["units"]
    probable = all(unit["probability"] is not None for unit in units)
    score = "probability" if probable else "machine"
    # matplotlib reads its defaults when objects are made and when they are drawn: both stand inside.
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(4.6, 4.8), layout=ConstrainedLayoutEngine(h_pad=0.12, w_pad=0.12))
        axes = figure.add_subplot()
        machine, human = ([100 * unit[name] for unit in units] for name in (score, "human"))
        _draw_frame(axes, lowest=min(40.0, *machine, *human))
        axes.scatter(machine, human, s=26, color=DOTS, edgecolors=INK, linewidths=0.5, zorder=3)
        axes.set_xlabel("Machine: mean probability (%)" if probable else "Machine: correct answers (%)", color=INK)
        axes.set_ylabel("People: correct answers (%)", color=INK)
        title = f"Observer {comparison['observer']} (simulated), {comparison['condition']}"
        axes.set_title(f"{title}\n{_in_words(comparison, score)}", loc="left", fontsize=10, color=INK, pad=10)
        content = io.BytesIO()
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return content.getvalue()


def _draw_frame(axes: Axes, *, lowest: float) -> None:
    ends = (lowest - 4, 104)
    axes.set_xlim(*ends)
    axes.set_ylim(*ends)
    axes.set_aspect("equal")
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, length=0)
    axes.spines[:].set_visible(False)
    axes.plot(ends, ends, color=INK, linewidth=1, linestyle=(0, (4, 3)))


def _in_words(comparison: Mapping[str, Any], score: str) -> str:
    """Units, and Pearson's correlation over them with its interval."""
    found = next(
        row for row in comparison["correlations"] if (row["score"], row["over"], row["kind"]) == (score, "units", "pearson")
    )
    words = f"{found['count']} units, "
    if found["value"] is None:
        return f"{words}too few or too equal for a correlation"
    interval = "" if found["low"] is None else f" [{found['low']:.2f}, {found['high']:.2f}]"
    return f"{words}r = {found['value']:.2f}{interval}"
