"""Networks side by side, and their interpretability against size, training data and accuracy (Zimmermann et al. 2023)."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from experiments.methods.choice_analysis.findings import Figure
from experiments.methods.choice_analysis.responses import Group
from experiments.methods.choice_analysis.scale_trend import FACTS
from experiments.methods.choice_figures.style import (
    PALE,
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
COUNTS = ("parameters", "images")
"""Facts that are drawn on a logarithmic axis."""


def models_figure(group: Group, rows: Sequence[Row], *, interval: str) -> Figure | None:
    """Accuracy of each model under each condition, `rows` of the models' table; None for fewer than two models."""
    models = list(dict.fromkeys(row["network"] for row in rows))
    conditions = _in_order(rows)
    if len(models) < 2:
        return None

    def panels(canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        frame(axes)
        for i, condition in enumerate(conditions):
            shift = 0.6 * (i - (len(conditions) - 1) / 2) / len(conditions)
            color = color_of(condition, conditions)
            for row in rows:
                if row["condition"] == condition:
                    _draw_model(axes, models.index(row["network"]) + shift, row, color)
            axes.plot([], [], "o", color=color, label=in_words(condition))
        axes.set_xlim(-0.6, len(models) - 0.4)
        axes.set_xticks(range(len(models)), [name.replace(" ", "\n", 1) for name in models])
        percent_axis(axes, [value for row in rows for value in (row["accuracy"], row["low"])])
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0)

    return Figure(
        name=figure_name("models", group),
        group=group.name,
        caption=f"{group.title}: accuracy of each model by condition. Bars: {interval}.",
        tables=("models",),
        content=draw((3.2 + 1.1 * len(models), 4.3), panels, title=group.title, subtitle=subtitle(group)),
    )


def scale_figure(group: Group, rows: Sequence[Row], trends: Sequence[Row], *, interval: str) -> Figure | None:
    """Accuracy of the models against each of FACTS, under conditions with a trend; None if there is none."""
    conditions = [name for name in _in_order(rows) if any(t["condition"] == name and t["rho"] is not None for t in trends)]
    shown = [row for row in rows if row["condition"] in conditions and all(row[fact] is not None for fact in FACTS)]
    if not shown:
        return None
    numbers = {name: i for i, name in enumerate(dict.fromkeys(row["network"] for row in shown), start=1)}

    def panels(canvas: Canvas) -> None:
        for axes, fact in zip(canvas.subplots(1, len(FACTS), sharey=True), FACTS, strict=True):
            frame(axes)
            axes.set_xscale("log" if fact in COUNTS else "linear")
            places = _beside_each_other({row["network"]: row[fact] for row in shown}, fact)
            for row in shown:
                color = color_of(row["condition"], conditions)
                _draw_model(axes, places[row["network"]], row, color, number=numbers[row["network"]])
            percent_axis(axes, [value for row in shown for value in (row["accuracy"], row["low"])])
            axes.set_xlabel(FACTS[fact][0].upper() + FACTS[fact][1:])
            told = [_in_short(trend) for trend in trends if trend["fact"] == fact and trend["condition"] in conditions]
            axes.set_title("\n".join(told), fontsize=8.5)
            axes.margins(x=0.12)
            axes.minorticks_off()
            axes.label_outer()
        handles = [*(axes.plot([], [], "o", color=color_of(name, conditions), label=in_words(name))[0] for name in conditions)]
        handles += [axes.plot([], [], linestyle="", label=f"{number} {name}")[0] for name, number in numbers.items()]
        axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.02, 1.0), borderaxespad=0)

    return Figure(
        name=figure_name("scale", group),
        group=group.name,
        caption=f"{group.title}: accuracy of each model against its size, training data and accuracy on ImageNet. "
        f"Bars: {interval}. Above: Spearman's rho over models, its 95 % bootstrap interval, and p of a permutation test. "
        "Models with the same figure stand beside each other; where the figures come from, some unverified, stands in the table.",
        tables=("models", "scale_trend"),
        content=draw((13, 4.8), panels, title=group.title, subtitle=subtitle(group)),
    )


def _beside_each_other(values: Mapping[str, float], fact: str) -> dict[str, float]:
    """Where each network is drawn: those with the same value a little apart."""
    places = {}
    for name, value in values.items():
        alike = [other for other, also in values.items() if also == value]
        step = alike.index(name) - (len(alike) - 1) / 2
        places[name] = value * 10 ** (0.08 * step) if fact in COUNTS else value + 0.006 * step
    return places


def _in_order(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row["condition"] for row in rows))


def _draw_model(axes: Axes, x: float, row: Row, color: str, *, number: int | None = None) -> None:
    if row["low"] is not None:
        interval_bar(axes, x, 100 * row["low"], 100 * row["high"], color=color)
    axes.plot([x], [100 * row["accuracy"]], "o", color=color, markersize=6, zorder=4)
    if number:
        axes.annotate(str(number), (x, 100 * row["accuracy"]), (5, 3), textcoords="offset points", fontsize=7.5, color=PALE)


def _in_short(trend: Row) -> str:
    if trend["rho"] is None:
        return f"{in_words(trend['condition'])}: {trend['why_not']}"
    ends = "" if trend["low"] is None else f" [{trend['low']:.2f}, {trend['high']:.2f}]"
    return f"{in_words(trend['condition'])}: ρ = {trend['rho']:.2f}{ends}, p = {trend['p_permutation']:.2g}"
