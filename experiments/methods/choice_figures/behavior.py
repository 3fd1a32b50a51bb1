"""Response time and confidence of right and wrong answers, and accuracy by confidence, by condition."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from experiments.contract.designs import CONFIDENCES
from experiments.methods.choice_analysis.behavior import SPLITS
from experiments.methods.choice_analysis.findings import Figure
from experiments.methods.choice_analysis.responses import Group
from experiments.methods.choice_figures.style import (
    INK,
    color_of,
    draw,
    figure_name,
    frame,
    in_lines,
    in_words,
    interval_bar,
    percent_axis,
    subtitle,
)

Row = Mapping[str, Any]
SPLIT_MARKS = {"all": ("o", INK), "right": ("^", "#009e73"), "wrong": ("v", "#d55e00")}


def correctness_figure(group: Group, rows: Sequence[Row], *, interval: str, part: str = "") -> Figure | None:
    """Means of response time and confidence over all, right and wrong answers; None if neither was measured."""
    if not any(row["rt_s"] is not None or row["confidence"] is not None for row in rows):
        return None
    conditions = list(dict.fromkeys(row["condition"] for row in rows))

    def panels(canvas: Canvas) -> None:
        left, right = canvas.subplots(1, 2)
        _draw_splits(left, rows, conditions, ("rt_s", "rt_low", "rt_high"), label="Response time (s)")
        _draw_splits(right, rows, conditions, ("confidence", "confidence_low", "confidence_high"), label="Confidence (1 to 3)")
        left.set_ylim(bottom=0)
        right.set_ylim(0.9, 3.1)
        right.set_yticks(CONFIDENCES)
        right.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0)

    return Figure(
        name=figure_name("rt_and_confidence", group, part),
        group=group.name,
        caption=f"{group.title}: mean response time and confidence of all, right and wrong answers. Bars: {interval}.",
        tables=("rt_and_confidence",),
        content=draw((4.4 + 1.6 * len(conditions), 3.7), panels, title=group.title, subtitle=subtitle(group, part)),
    )


def confidence_figure(group: Group, rows: Sequence[Row], *, interval: str, part: str = "") -> Figure | None:
    """How often each confidence was given and how accurate those answers were; None if none was given."""
    if not rows:
        return None
    conditions = list(dict.fromkeys(row["condition"] for row in rows))

    def panels(canvas: Canvas) -> None:
        left, right = canvas.subplots(1, 2)
        for i, name in enumerate(conditions):
            width = 0.75 / len(conditions)
            shift = width * (i - (len(conditions) - 1) / 2)
            of_one = [row for row in rows if row["condition"] == name]
            left.bar(
                [r["confidence_level"] + shift for r in of_one],
                [100 * r["share"] for r in of_one],
                width,
                color=color_of(name, conditions),
            )
            _draw_levels(right, of_one, shift / 2, color_of(name, conditions))
            left.bar([0], [0], color=color_of(name, conditions), label=in_words(name))
        for axes in (left, right):
            frame(axes)
            axes.set_xticks(CONFIDENCES, ["1\nguess", "2", "3\ncertain"])
            axes.set_xlim(0.55, 3.45)
            axes.set_xlabel("Confidence")
        left.set_ylabel("Share of answers (%)")
        percent_axis(right, [value for row in rows for value in (row["accuracy"], row["low"])])
        right.legend(*left.get_legend_handles_labels(), loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0)

    return Figure(
        name=figure_name("confidence", group, part),
        group=group.name,
        caption=f"{group.title}: how often each confidence was given (left) and the accuracy of these answers. Bars: {interval}.",
        tables=("accuracy_by_confidence",),
        content=draw((9, 3.9), panels, title=group.title, subtitle=subtitle(group, part)),
    )


def _draw_splits(
    axes: Axes, rows: Sequence[Row], conditions: Sequence[str], columns: tuple[str, str, str], *, label: str
) -> None:
    """Means and ends of intervals in the three columns, at the places of the conditions."""
    mean, low, high = columns
    for i, split in enumerate(SPLITS):
        marker, color = SPLIT_MARKS[split]
        for row in rows:
            if row["answers"] == split and row[mean] is not None:
                place = conditions.index(row["condition"]) + 0.2 * (i - 1)
                interval_bar(axes, place, row[low], row[high], color=color)
                axes.plot([place], [row[mean]], marker, color=color, markersize=6, zorder=4)
        axes.plot([], [], marker, color=color, label=f"{split} answers")
    frame(axes)
    axes.set_xlim(-0.6, len(conditions) - 0.4)
    axes.set_xticks(range(len(conditions)), [in_lines(name) for name in conditions])
    axes.set_ylabel(label)


def _draw_levels(axes: Axes, rows: Sequence[Row], shift: float, color: str) -> None:
    """The accuracy of one condition at each confidence."""
    scored = [row for row in rows if row["accuracy"] is not None]
    x = [row["confidence_level"] + shift for row in scored]
    axes.plot(x, [100 * row["accuracy"] for row in scored], "o-", color=color, linewidth=1, markersize=6)
    for place, row in zip(x, scored, strict=True):
        if row["low"] is not None:
            interval_bar(axes, place, 100 * row["low"], 100 * row["high"], color=color)
