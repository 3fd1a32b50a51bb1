"""Cohen's kappa between all kinds of raters, as a grid of numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas

from experiments.methods.choice_analysis.findings import Figure
from experiments.methods.choice_analysis.responses import Group
from experiments.methods.choice_figures.style import INK, draw, figure_name, in_words, subtitle

Row = Mapping[str, Any]


def consistency_figure(group: Group, rows: Sequence[Row]) -> Figure | None:
    """The grid of one family of raters, `rows` of the consistency table; None if no kappa is known."""
    raters = list(dict.fromkeys([(row["rater"], row["condition"]) for row in rows] + [_other(row) for row in rows]))
    kappas = np.full((len(raters), len(raters)), np.nan)
    for row in rows:
        places = raters.index((row["rater"], row["condition"])), raters.index(_other(row))
        kappas[max(places), min(places)] = np.nan if row["kappa"] is None else row["kappa"]
    if not np.isfinite(kappas).any():
        return None
    columns = int(np.flatnonzero(np.isfinite(kappas).any(axis=0)).max()) + 1

    def panels(canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        axes.imshow(kappas[:, :columns], cmap="PuOr_r", vmin=-1, vmax=1)
        for (y, x), kappa in np.ndenumerate(kappas):
            if np.isfinite(kappa):
                axes.text(x, y, f"{kappa:.2f}", ha="center", va="center", fontsize=8, color=INK if abs(kappa) < 0.6 else "white")
        names = [in_words(" · ".join(filter(None, rater))) for rater in raters]
        axes.set_xticks(range(columns), names[:columns], rotation=40, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(raters)), names)
        axes.tick_params(colors=INK, length=0)
        axes.spines[:].set_visible(False)

    side = 2.8 + 0.62 * len(raters)
    return Figure(
        name=figure_name("consistency", group),
        group=group.name,
        caption=f"{group.title}: Cohen's kappa between raters of the same query pairs, mean over batches. On the diagonal: two "
        "participants of one kind.",
        tables=("consistency",),
        content=draw((side, side), panels, title=group.title, subtitle=subtitle(group)),
    )


def _other(row: Row) -> tuple[str, str]:
    return row["other"], row["other_condition"]
