"""Ratings by unit, before and after the trials."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure as Canvas

from experiments.contract.designs import RATING_RANGE
from experiments.methods.choice_analysis.findings import Figure
from experiments.methods.choice_analysis.participants import AFTER, BEFORE
from experiments.methods.choice_analysis.responses import Group
from experiments.methods.choice_figures.style import INK, draw, figure_name, frame, interval_bar, subtitle

Row = Mapping[str, Any]
OCCASIONS = {
    "": ("o", INK, "ratings"),
    BEFORE: ("o", "#0072b2", "before the trials"),
    AFTER: ("s", "#d55e00", "after the trials"),
}


def ratings_figure(group: Group, rows: Sequence[Row], *, interval: str, part: str = "") -> Figure | None:
    """Mean rating of each unit and of all, `rows` of the ratings' table; None without ratings."""
    if not rows:
        return None
    units = sorted(dict.fromkeys(row["unit"] for row in rows), key=lambda unit: "/" not in unit)

    def panels(canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        frame(axes)
        for i, occasion in enumerate(name for name in OCCASIONS if any(row["occasion"] == name for row in rows)):
            marker, color, label = OCCASIONS[occasion]
            of_one = [row for row in rows if row["occasion"] == occasion]
            x = [units.index(row["unit"]) + 0.15 * i for row in of_one]
            axes.plot(x, [row["rating"] for row in of_one], marker, color=color, label=label, zorder=4)
            for place, row in zip(x, of_one, strict=True):
                interval_bar(axes, place, row["low"], row["high"], color=color)
        low, high = RATING_RANGE
        axes.set_ylim(low - 5, high + 5)
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.set_ylabel("Rating")
        axes.set_xlim(-0.6, len(units) - 0.4)
        axes.set_xticks(range(len(units)), [unit.partition("/")[2] or unit for unit in units], rotation=25, ha="right")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0)

    return Figure(
        name=figure_name("ratings", group, part),
        group=group.name,
        caption=f"{group.title}: mean rating of how intuitive the images are, by unit. Bars: {interval}.",
        tables=("ratings",),
        content=draw((4 + 1.1 * len(units), 4.2), panels, title=group.title, subtitle=subtitle(group, part)),
    )
