"""Accuracy along something: the layers of a network, or the relative difference of two occlusions."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from experiments.methods.choice_analysis.findings import Figure
from experiments.methods.choice_analysis.responses import Group
from experiments.methods.choice_figures.style import (
    DOTS,
    color_of,
    draw,
    figure_name,
    frame,
    in_words,
    interval_bar,
    percent_axis,
    subtitle,
)

Row = Mapping[str, Any]
WIDTH = 3
"""Panels beside each other."""


def layers_figure(group: Group, rows: Sequence[Row], *, interval: str, part: str = "") -> Figure | None:
    """Accuracy by layer, `rows` of the table by layer; a panel for each model and branch. None for fewer than two layers."""
    panes = list(dict.fromkeys((row["model"], row["branch"]) for row in rows))
    if len({(row["model"], row["block"]) for row in rows}) < 2:
        return None
    conditions = list(dict.fromkeys(row["condition"] for row in rows))
    longest = max(len({row["block"] for row in rows if row["model"] == model}) for model, _ in panes)

    def panels(canvas: Canvas) -> None:
        grid = canvas.subplots(len(panes), 1, squeeze=False)[:, 0]
        for axes, (model, branch) in zip(grid, panes, strict=True):
            _draw_layers(axes, [row for row in rows if (row["model"], row["branch"]) == (model, branch)], conditions)
            axes.set_title(" ".join(filter(None, (model, branch))), fontsize=9)
        grid[0].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0)

    return Figure(
        name=figure_name("layers", group, part),
        group=group.name,
        caption=f"{group.title}: accuracy by layer in the network's order. Bars: {interval}.",
        tables=("accuracy_by_layer",),
        content=draw((3.4 + 0.75 * longest, 1 + 3 * len(panes)), panels, title=group.title, subtitle=subtitle(group, part)),
    )


def layer_trend_figure(group: Group, rows: Sequence[Row], trends: Sequence[Row]) -> Figure | None:
    """Accuracy of each layer against its relative position, a panel for each model whose card tells that; else None."""
    known = [row for row in rows if row["position"] is not None]
    models, conditions = (list(dict.fromkeys(row[name] for row in known)) for name in ("model", "condition"))
    if not known:
        return None

    def panels(canvas: Canvas) -> None:
        height = -(-len(models) // WIDTH)
        grid = canvas.subplots(height, min(WIDTH, len(models)), sharey=True, squeeze=False)
        for axes, model in zip(grid.flat, models, strict=False):
            frame(axes)
            for condition in conditions:
                of_one = [row for row in known if (row["model"], row["condition"]) == (model, condition)]
                x, y = [row["position"] for row in of_one], [100 * row["accuracy"] for row in of_one]
                axes.plot(x, y, "o", color=color_of(condition, conditions), markersize=5, alpha=0.8, label=in_words(condition))
            percent_axis(axes, [row["accuracy"] for row in known])
            axes.set_xlim(-0.05, 1.05)
            told = [f"{in_words(row['condition'])}: {_in_short(row)}" for row in trends if row["model"] == model]
            axes.set_title("\n".join([model, *told]), fontsize=8.5)
            axes.set_xlabel("Relative position of the layer")
        for axes in grid.flat[len(models) :]:
            axes.set_visible(False)
        grid[0, -1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0)

    size = (3.2 + 3.4 * min(WIDTH, len(models)), 0.8 + 3.6 * -(-len(models) // WIDTH))
    return Figure(
        name=figure_name("layers", group),
        group=group.name,
        caption=f"{group.title}: accuracy of each layer against its position in the network, with Spearman's rho over layers and "
        "its 95 % bootstrap interval.",
        tables=("accuracy_by_layer", "layer_trend"),
        content=draw(size, panels, title=group.title, subtitle=subtitle(group)),
    )


def relative_difference_figure(group: Group, rows: Sequence[Row], correlations: Sequence[Row]) -> Figure | None:
    """Accuracy of each query pair against its relative difference, a panel for each condition; None without query pairs."""
    conditions = list(dict.fromkeys(row["condition"] for row in rows))
    if not rows:
        return None
    rhos = {row["condition"]: row for row in correlations}

    def panels(canvas: Canvas) -> None:
        for axes, condition in zip(canvas.subplots(1, len(conditions), sharey=True, squeeze=False)[0], conditions, strict=True):
            frame(axes)
            of_one = [row for row in rows if row["condition"] == condition]
            x, y = [row["relative_difference"] for row in of_one], [100 * row["accuracy"] for row in of_one]
            axes.scatter(x, y, s=[10 + 2 * row["trials"] for row in of_one], color=DOTS, alpha=0.6, linewidths=0)
            percent_axis(axes, [row["accuracy"] for row in of_one])
            axes.set_ylim(-4, 104)
            axes.set_title(f"{in_words(condition)}\n{_in_short(rhos[condition])}", fontsize=9)
            axes.set_xlabel("Relative difference")
            axes.label_outer()

    return Figure(
        name=figure_name("relative_difference", group),
        group=group.name,
        caption=f"{group.title}: accuracy of each pair of occlusions against the relative difference of activation between them "
        "(larger dots: more trials), with Spearman's rho and its 95 % bootstrap interval.",
        tables=("accuracy_by_query_pair", "relative_difference"),
        content=draw((1.6 + 2.6 * len(conditions), 4.2), panels, title=group.title, subtitle=subtitle(group)),
    )


def _draw_layers(axes: Axes, rows: Sequence[Row], conditions: Sequence[str]) -> None:
    blocks = list(dict.fromkeys(row["block"] for row in rows))
    frame(axes)
    for i, condition in enumerate(conditions):
        color, shift = color_of(condition, conditions), 0.5 * (i - (len(conditions) - 1) / 2) / len(conditions)
        of_one = [row for row in rows if row["condition"] == condition]
        x = [blocks.index(row["block"]) + shift for row in of_one]
        axes.plot(
            x,
            [100 * row["accuracy"] for row in of_one],
            "o-",
            color=color,
            linewidth=0.8,
            markersize=5,
            label=in_words(condition),
        )
        for place, row in zip(x, of_one, strict=True):
            if row["low"] is not None:
                interval_bar(axes, place, 100 * row["low"], 100 * row["high"], color=color)
    axes.set_xlim(-0.6, len(blocks) - 0.4)
    axes.set_xticks(range(len(blocks)), blocks, rotation=0 if max(map(len, blocks)) < 9 else 30)
    percent_axis(axes, [value for row in rows for value in (row["accuracy"], row["low"])])


def _in_short(correlation: Row) -> str:
    if correlation["rho"] is None:
        return str(correlation["why_not"])
    ends = "" if correlation["low"] is None else f" [{correlation['low']:.2f}, {correlation['high']:.2f}]"
    return f"ρ = {correlation['rho']:.2f}{ends}"
