"""The figures of a run: identifiability against compositionality and invertibility, and by weight of the contrast."""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil, floor, log10

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import NullFormatter

from experiments.methods.choice_figures.style import COLORS, INK, MARKERS, PALE, draw, frame
from experiments.methods.run_results import RunFigure
from experiments.papers.brady2023_objects.analysis import Row

FLOOR = 1e-9
"""A contrast below it is drawn at it, on an axis of logarithms."""
COLOR_MAP = "viridis"


def figures_of(networks: Mapping[str, Sequence[Row]]) -> list[RunFigure]:
    """Those for which there are networks."""
    synthetic, images = networks["synthetic"], networks["images"]
    found = []
    if synthetic:
        split = _split(synthetic, ("slots", "latents"))
        panels = {f"{slots} {latents} objects": rows for (slots, latents), rows in sorted(split.items(), reverse=True)}
        found += [_landscape(f"synthetic_{form}", panels, form=form, marked="weight") for form in ("plain", "whitened")]
        found.append(_by_weight(panels))
    if images:
        found.append(_landscape("image_weighted", {"sprites": images}, form="weighted", marked="method"))
    return found


def _landscape(name: str, panels: Mapping[str, Sequence[Row]], *, form: str, marked: str) -> RunFigure:
    """The error along x, the contrast along y, and the score as the color of a network."""
    title = "Slots are identified where networks both invert and are compositional"

    def paint(canvas: Canvas) -> None:
        all_axes = canvas.subplots(1, len(panels), squeeze=False, sharey=True)[0]
        for axes, (heading, rows) in zip(all_axes, panels.items(), strict=True):
            frame(axes, grid="both")
            for number, (kind, group) in enumerate(sorted(_split(rows, (marked,)).items())):
                contrasts = [max(row[f"contrast_{form}"], FLOOR) for row in group]
                points = axes.scatter(
                    [row["error"] for row in group],
                    contrasts,
                    c=[row["score"] for row in group],
                    marker=MARKERS[number],
                    **{"cmap": COLOR_MAP, "vmin": 0, "vmax": 1, "s": 44, "edgecolors": INK, "linewidths": 0.5},
                )
                axes.scatter(
                    [], [], marker=MARKERS[number], color=PALE, label=f"lambda {kind[0]}" if marked == "weight" else kind[0]
                )
            axes.set(xscale="log", yscale="log", xlabel="Reconstruction error (MSE)", title=heading)
            _whole_decades(axes.xaxis, [row["error"] for row in rows])
        _whole_decades(all_axes[0].yaxis, [max(row[f"contrast_{form}"], FLOOR) for rows in panels.values() for row in rows])
        all_axes[0].set_ylabel(f"Compositional contrast ({form})")
        all_axes[0].legend(fontsize=7.5)
        canvas.colorbar(points, ax=list(all_axes), label="Slot identifiability score")

    return RunFigure(
        name=name,
        caption=f"{title}. A mark is a network, measured on held-out scenes; its color is the score.",
        content=draw((3.2 * len(panels) + 2.4, 3.9), paint, title=title),
    )


def _whole_decades(axis: Axis, values: Sequence[float]) -> None:
    """Lets an axis of logarithms begin and end with powers of ten, which alone are named."""
    axis.set_minor_formatter(NullFormatter())
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    axis.set_view_interval(10.0**low, 10.0 ** max(high, low + 1), ignore=True)


def _by_weight(panels: Mapping[str, Sequence[Row]]) -> RunFigure:
    """The scores of all seeds, and their ceilings, by the weight of the contrast."""
    title = "Slot identifiability by weight of the contrast"

    def paint(canvas: Canvas) -> None:
        all_axes = canvas.subplots(1, len(panels), squeeze=False, sharey=True)[0]
        for axes, (heading, rows) in zip(all_axes, panels.items(), strict=True):
            frame(axes)
            groups = list(_split(rows, ("weight",)).items())
            for place, (_, group) in enumerate(sorted(groups)):
                _column(axes, place, group)
            axes.set_xticks(range(len(groups)), [f"{weight:g}" for (weight,), _ in sorted(groups)])
            axes.set(xlabel="lambda", title=heading, ylim=(-0.05, 1.05))
        all_axes[0].set_ylabel("Score")

    return RunFigure(
        name="synthetic_weights",
        caption=f"{title}: a dot is a seed, a line its ceiling, the score of the true latents as their own estimates.",
        content=draw((2.7 * len(panels) + 1.0, 3.6), paint, title=title, subtitle="dots: seeds; lines: their ceilings"),
    )


def _column(axes: Axes, place: int, rows: Sequence[Row]) -> None:
    across = place + 0.5 * (np.arange(len(rows)) - (len(rows) - 1) / 2) / max(1, len(rows))
    axes.scatter(across, [row["score"] for row in rows], color=COLORS["blur"], s=26, zorder=3)
    half = 0.2 / max(1, len(rows))
    axes.hlines([row["ceiling"] for row in rows], across - half, across + half, color=COLORS["synthetic"], linewidth=1.6)


def _split(rows: Iterable[Row], columns: tuple[str, ...]) -> dict[tuple[object, ...], list[Row]]:
    """The rows by their values in some columns."""
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[column] for column in columns), []).append(row)
    return groups
