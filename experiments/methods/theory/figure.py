"""The figure of the theory: by class of functions how far two functions with the same visualizations disagree."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure as Canvas

from experiments.methods.choice_figures.style import COLORS, PALE, draw, frame
from experiments.methods.run_results import RunFigure

NOTIONS = (
    ("value", "Its value\nlargest difference, share of the range", COLORS["blur"]),
    ("nearer", "Nearer to largest or smallest\nshare of inputs with opposite answers", COLORS["synthetic"]),
    ("larger", "Which of two is larger\nshare of pairs with opposite answers", COLORS["natural"]),
)


def theory_figure(table: Sequence[Mapping[str, Any]]) -> RunFigure:
    """A panel for each notion of prediction; classes that visualizations determine are marked."""
    rows = list(reversed(table))
    title = "Two functions of a class with the same visualizations: how far they disagree"

    def panels(canvas: Canvas) -> None:
        for axes, (notion, words, color) in zip(canvas.subplots(1, len(NOTIONS), sharey=True), NOTIONS, strict=True):
            frame(axes, grid="x")
            axes.barh(range(len(rows)), [0 if row["determined"] else row[notion] for row in rows], color=color, height=0.6)
            for place, row in enumerate(rows):
                if row["determined"]:
                    axes.text(0.02, place, "determined", va="center", fontsize=8, color=PALE)
            axes.set_yticks(range(len(rows)), [row["functions"] for row in rows])
            axes.set_xlim(0, 1)
            axes.set_title(words, fontsize=9)

    return RunFigure(
        name="theory",
        caption=f"{title}. Measured on pairs built by code; a bar above 0 refutes every decoder of that notion for the class.",
        content=draw((10.4, 4.2), panels, title=title),
    )
