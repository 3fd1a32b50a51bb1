"""The figures of a run: rates of attacks by defence, robust accuracies claimed and true, hardness, and attacked images."""

import io
from collections.abc import Mapping
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from PIL import Image

from experiments.methods.choice_figures.style import COLORS, INK, MARKERS, PALE, draw, frame
from experiments.methods.run_results import RunFigure
from experiments.papers.zimmermann2022_active_tests.figures.hardness import hardness_figure

Metrics = Mapping[str, Mapping[str, Any]]
WANTED = 0.95
TITLE, LABEL = 44, 26
"""Letters of a line of the titles and labels beside sheets."""
ATTACKS = {"single_step": "single step", "plain": "plain PGD", "original": "original evaluation", "adequate": "adequate attack"}
ATTACK_MARKERS = dict(zip(ATTACKS, MARKERS, strict=False))
ATTACK_COLORS = dict(zip(ATTACKS, (PALE, COLORS["blur"], COLORS["synthetic"], COLORS["natural"]), strict=True))


def figures_of(metrics: Metrics, sheets: Mapping[str, bytes]) -> list[RunFigure]:
    """Those that the metrics carry."""
    defences = {name: found for name, found in metrics.items() if found["part"] in ("defences", "large", "pair")}
    figures = []
    if defences:
        figures += [rates_figure(defences), accuracies_figure(defences)]
    graded = {name: found for name, found in metrics.items() if found["part"] == "hardness"}
    if graded:
        figures.append(hardness_figure(graded))
    shown = {name: content for name, content in sheets.items() if metrics[name]["part"] != "agreement"}
    if shown:
        figures.append(examples_figure(metrics, shown))
    return figures


def label_of(found: Mapping[str, Any]) -> str:
    """A defence's name, and of which network it is if not of the small one."""
    network = {"large": "EfficientNet-Lite0: ", "pair": "stamps: "}.get(found["part"], "")
    return f"{network}{found['title']}"


def rates_figure(metrics: Metrics) -> RunFigure:
    """A row for each defence and kind of test; a mark with its interval for each attack, a cross for random points."""
    title = "Success of attacks in their active tests"
    rows = [
        (label_of(found) + (", inverted test" if kind == "inverted" else ""), verdicts)
        for found in metrics.values()
        for kind, verdicts in found["tests"].items()
    ]

    def panels(canvas: Canvas) -> None:
        axes = canvas.subplots()
        frame(axes, grid="x")
        for place, (_, verdicts) in enumerate(rows):
            _marks(axes, place, verdicts)
        axes.axvline(WANTED, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_yticks(range(len(rows)), [label for label, _ in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(-0.03, 1.03)
        axes.set_xlabel("Success rate; dashed: what an attack needs to pass")
        handles = {label: handle for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
        canvas.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=3)

    return RunFigure(
        name="rates",
        caption=f"{title}. Bars: 95 % intervals over images; crosses are as many random corners as the attack has queries.",
        content=draw((7.4, 1.9 + 0.42 * len(rows)), panels, title=title),
    )


def _marks(axes: Axes, place: int, verdicts: Mapping[str, Any]) -> None:
    shown = [name for name in ATTACKS if name in verdicts]
    for offset, name in zip(np.linspace(-0.24, 0.24, len(shown)), shown, strict=True):
        one = verdicts[name]
        bars = [[one["share"] - one["low"]], [one["high"] - one["share"]]]
        color, marker = ATTACK_COLORS[name], ATTACK_MARKERS[name]
        axes.errorbar(one["share"], place + offset, xerr=bars, color=color, marker=marker, markersize=5, label=ATTACKS[name])
    hardest = max(verdicts[name]["random_corner"] for name in shown)
    axes.plot(hardest, place, color=INK, marker="x", linestyle="", markersize=6, label="random corners")


def accuracies_figure(metrics: Metrics) -> RunFigure:
    """An arrow for each defence from the robust accuracy under the original attack to that under the adequate one."""
    title = "Robust accuracy, claimed and true"
    rows = [found for found in metrics.values() if {"original", "adequate"} <= set(found.get("robust", {}))]

    def panels(canvas: Canvas) -> None:
        axes = canvas.subplots()
        frame(axes, grid="x")
        for place, found in enumerate(rows):
            claimed, true = (found["robust"][name]["share"] for name in ("original", "adequate"))
            axes.annotate("", (true, place), (claimed, place), arrowprops={"arrowstyle": "->", "color": INK, "shrinkA": 4})
            # The claimed one is larger, so that it is seen where both are the same.
            for share, name, size in ((claimed, "original", 10), (true, "adequate", 6)):
                label = "" if place else ATTACKS[name]
                axes.plot(share, place, "o", markersize=size, color=ATTACK_COLORS[name], label=label)
            label = "" if place else "clean images"
            axes.plot(found["clean"]["share"], place, "|", markersize=12, color=PALE, label=label)
        axes.set_yticks(range(len(rows)), [label_of(found) for found in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(-0.03, 1.03)
        axes.set_xlabel("Share of images that the attack does not win")
        canvas.legend(loc="outside lower center", ncols=3)

    return RunFigure(
        name="accuracies",
        caption=f"{title}: from the original evaluation to an adequate attack of the same radius. Detected counts as defended.",
        content=draw((7.4, 1.9 + 0.36 * len(rows)), panels, title=title),
    )


def examples_figure(metrics: Metrics, shown: Mapping[str, bytes]) -> RunFigure:
    """The sheets of attacked images, row by row."""
    title = "Attacked images"
    columns = 2
    rows = -(-len(shown) // columns)

    def panels(canvas: Canvas) -> None:
        grid = canvas.subplots(rows, columns, squeeze=False)
        for axes in grid.ravel():
            axes.set_axis_off()
        for axes, (name, content) in zip(grid.ravel(), shown.items(), strict=False):
            found = metrics[name]
            axes.set_axis_on()
            _sheet(axes, content, rows=["clean", *dict.fromkeys(one["title"] for one in found["attacks"].values())])
            axes.set_title(fill(f"{label_of(found)}, ε = {found['eps']:.3g}", TITLE), fontsize=9)

    return RunFigure(
        name="examples",
        caption=f"{title}: a column for each image, a row for each attack. Each sheet is a PNG of its own beside it.",
        content=draw((9.6, 2.3 * max(1, rows) + 0.6), panels, title=title),
    )


def _sheet(axes: Axes, content: bytes, *, rows: list[str]) -> None:
    with Image.open(io.BytesIO(content)) as image:
        pixels = np.asarray(image.convert("RGB"))
    axes.imshow(pixels, interpolation="nearest")
    step = len(pixels) / len(rows)
    axes.set_yticks([(number + 0.5) * step for number in range(len(rows))], [fill(row, LABEL) for row in rows], fontsize=6)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
