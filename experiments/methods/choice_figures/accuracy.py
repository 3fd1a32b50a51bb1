"""Accuracy by condition: the units (or participants) as dots, the paper's interval, and experts and baselines beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from experiments.methods.choice_analysis.findings import Figure
from experiments.methods.choice_analysis.responses import Group
from experiments.methods.choice_analysis.tables import Table
from experiments.methods.choice_figures.style import (
    DOTS,
    INK,
    PALE,
    draw,
    figure_name,
    frame,
    in_lines,
    interval_bar,
    percent_axis,
    subtitle,
)

Row = Mapping[str, Any]
DOTS_WIDTH = 0.3
"""Width of the swarm of dots, where the distance of two conditions is 1."""
DOTS_GAP = 0.045
OTHERS = ("D", "o", "s", "^")
"""Markers of experts and baselines."""


def accuracy_figure(
    group: Group,
    rows: Sequence[Row],
    singles: Table,
    *,
    interval: str,
    others: Mapping[str, Sequence[Row]] | None = None,
    part: str = "",
) -> Figure | None:
    """The figure of one group (and part of a study); `rows` of the accuracy table, one a condition. None without rows.

    `singles` gives the accuracies of single units or participants, `others` rows of further raters by name.
    """
    if not rows:
        return None
    by_condition = {row["condition"]: [one["accuracy"] for one in singles.rows if _belongs(one, row)] for row in rows}
    known = {label: {row["condition"]: row for row in found} for label, found in (others or {}).items() if found}

    def panels(canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        frame(axes)
        for place, row in enumerate(rows):
            _draw_condition(axes, place, row, by_condition[row["condition"]])
        _draw_others(axes, [row["condition"] for row in rows], known)
        axes.set_xlim(-0.6, len(rows) - 0.4)
        axes.set_xticks(range(len(rows)), [f"{in_lines(row['condition'])}\n{row['trials']} trials" for row in rows])
        shown = [row["wilson_low"] for row in rows] + [value for found in by_condition.values() for value in found]
        percent_axis(axes, shown + [row["accuracy"] for found in known.values() for row in found.values()])

    what = {"accuracy_by_unit": "units", "accuracy_by_participant": "participants"}[singles.name]
    caption = f"accuracy by condition. Small dots: {what}. Thick bar: {interval}. Thin bar: Wilson 95 % interval over trials."
    return Figure(
        name=figure_name("accuracy", group, part),
        group=group.name,
        caption=f"{group.title}: {caption}" + (" Hollow marks: others in the same kind of trials." if known else ""),
        tables=("accuracy", singles.name),
        content=draw((2.6 + 1.5 * len(rows) + 1.5 * bool(known), 4.3), panels, title=group.title, subtitle=subtitle(group, part)),
    )


def _belongs(single: Row, row: Row) -> bool:
    return all(single[name] == row[name] for name in ("group", "experiment", "condition") if name in row)


def _draw_condition(axes: Axes, place: int, row: Row, singles: Sequence[float]) -> None:
    shown = np.sort(np.asarray(singles, float))
    axes.scatter(place - 0.26 + _spread(shown), 100 * shown, s=16, color=DOTS, alpha=0.7, linewidths=0)
    interval_bar(axes, place + 0.2, 100 * row["wilson_low"], 100 * row["wilson_high"], color=INK, width=1)
    if row["low"] is not None:
        interval_bar(axes, place + 0.1, 100 * row["low"], 100 * row["high"], color=INK, width=3)
    axes.plot([place + 0.1], [100 * row["accuracy"]], marker="o", markersize=8, color=INK, zorder=4)
    axes.annotate(
        f"{100 * row['accuracy']:.0f} %", (place + 0.1, 100 * row["accuracy"]), (-7, 0), textcoords="offset points", ha="right",
        va="center", fontsize=9, zorder=5, bbox={"facecolor": "white", "alpha": 0.75, "pad": 1, "linewidth": 0},
    )  # fmt: skip


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far sideways each of the sorted values stands, so that those in one hundredth lie beside each other."""
    _, start, counts = np.unique(np.round(values, 2), return_index=True, return_counts=True)
    step = min(DOTS_GAP, DOTS_WIDTH / max(1, counts.max(initial=1) - 1))
    rank = np.arange(len(values)) - np.repeat(start + (counts - 1) / 2, counts)
    return np.asarray(rank * step, float)


def _draw_others(axes: Axes, conditions: Sequence[str], known: Mapping[str, Mapping[str, Row]]) -> None:
    for i, (label, rows) in enumerate(known.items()):
        places = [place for place, name in enumerate(conditions) if name in rows]
        values = [100 * rows[conditions[place]]["accuracy"] for place in places]
        x = [place + 0.28 + 0.05 * i for place in places]
        marker = OTHERS[i % len(OTHERS)]
        axes.plot(x, values, marker, markersize=6, markerfacecolor="white", markeredgecolor=PALE if i else INK, label=label)
    if known:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0)
