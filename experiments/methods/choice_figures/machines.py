"""People against a machine, one dot a unit."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from experiments.methods.choice_analysis.findings import Figure
from experiments.methods.choice_analysis.responses import Group
from experiments.methods.choice_figures.style import DOTS, INK, draw, figure_name, frame, in_words, percent_axis, subtitle

Row = Mapping[str, Any]


def machine_figure(group: Group, scores: Sequence[Row], correlations: Sequence[Row]) -> Figure | None:
    """People's accuracy against the machine's score of each unit, a panel for each condition; None without common units.

    `scores` and `correlations` are the rows of the machine's group. The score is its probability, where that is known.
    """
    conditions = list(dict.fromkeys(row["condition"] for row in scores))
    if not scores:
        return None
    score = "probability" if all(row["probability"] is not None for row in scores) else "accuracy"
    told = {row["condition"]: row for row in correlations if (row["score"], row["over"]) == (score, "units")}

    def panels(canvas: Canvas) -> None:
        for axes, condition in zip(canvas.subplots(1, len(conditions), sharey=True, squeeze=False)[0], conditions, strict=True):
            _draw(axes, [row for row in scores if row["condition"] == condition], score)
            axes.set_title(f"{in_words(condition)}\n{_in_short(told[condition])}", fontsize=9)
            axes.label_outer()

    return Figure(
        name=figure_name("machine_scores", group),
        group=group.name,
        caption=f"{group.title}: accuracy of people against the machine's {score}, one dot a unit, with Pearson's r over "
        "units and its 95 % bootstrap interval. Dashed: chance, and where both are equal.",
        tables=("machine_scores", "machine_correlation"),
        content=draw((1.2 + 3.4 * len(conditions), 4.6), panels, title=group.title, subtitle=subtitle(group)),
    )


def _draw(axes: Axes, rows: Sequence[Row], score: str) -> None:
    frame(axes, grid="both")
    both = [row[name] for row in rows for name in ("human_accuracy", score)]
    percent_axis(axes, both, label="People: correct answers (%)")
    axes.set_xlim(axes.get_ylim())
    axes.set_aspect("equal")
    axes.plot([0, 100], [0, 100], color=INK, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    x, y = [100 * row[score] for row in rows], [100 * row["human_accuracy"] for row in rows]
    axes.scatter(x, y, s=26, color=DOTS, edgecolors=INK, linewidths=0.5, zorder=3)
    axes.set_xlabel("Machine: mean probability (%)" if score == "probability" else "Machine: correct answers (%)")


def _in_short(row: Row) -> str:
    units = f"{row['n']} unit{'' if row['n'] == 1 else 's'}"
    if row["r"] is None:
        return f"{units}, {row['why_not']}"
    interval = "" if row["r_low"] is None else f" [{row['r_low']:.2f}, {row['r_high']:.2f}]"
    return f"{units}, r = {row['r']:.2f}{interval}"
