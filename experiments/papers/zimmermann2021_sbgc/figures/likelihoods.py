"""Figures of accuracy and cost, of ways between images, and of images of no class."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure as Canvas

from experiments.methods.choice_figures.style import COLORS, INK, PALE, draw, frame
from experiments.methods.run_results import RunFigure
from experiments.papers.zimmermann2021_sbgc.analysis import Found
from experiments.papers.zimmermann2021_sbgc.figures.style import CLASSIFIER_COLORS, SHORT, show, strip

WAY_COLORS = {"latents": COLORS["synthetic"], "pixels": COLORS["blur"]}
SHOWN = 3
"""Pairs whose ways are drawn."""
KINDS = ("digits", "blends", "inverted", "shuffled pixels", "noise", "black")


def cost_figure(found: Mapping[str, Found]) -> RunFigure:
    """Accuracy by time an image, a mark for each seed."""
    title = "Accuracy, and what it costs"

    def panels(canvas: Canvas) -> None:
        axes = canvas.subplots()
        frame(axes, grid="both")
        for form, name in SHORT.items():
            for one in found[f"clean_{form}"].values if f"clean_{form}" in found else ():
                axes.plot(1000 * one["seconds"], one["accuracy"], marker="o", color=CLASSIFIER_COLORS[form], linestyle="")
            if f"clean_{form}" in found:
                axes.plot([], [], marker="o", color=CLASSIFIER_COLORS[form], linestyle="", label=name)
        axes.set_xscale("log")
        # Beside the marks, several of which lie on one another.
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        axes.set_xlabel("ms an image, all ten classes")
        axes.set_ylabel("Accuracy on test digits")

    caption = f"{title}: classifiers made of one score model, and both baselines, a mark for each seed; times of this machine."
    return RunFigure(name="accuracy", caption=caption, content=draw((7.2, 4.4), panels, title=title))


def way_figure(found: Found) -> RunFigure:
    """Pictures on the way, and below them the log-odds and the bits."""
    title = "From one digit to another"
    arrays = found.arrays[0]
    count = min(SHOWN, len(arrays["labels"]))

    def panels(canvas: Canvas) -> None:
        grid = canvas.subplots(4, count, squeeze=False, height_ratios=(0.55, 0.55, 3, 3))
        for place in range(count):
            shares = np.linspace(0, 1, arrays["latents_odds"].shape[1])
            for row, way in zip(grid[:2], WAY_COLORS, strict=True):
                show(row[place], strip(list(arrays[f"{way}_pictures"][place][::2])))
                row[place].set_ylabel(f"by {way}" if place == 0 else "", rotation=0, ha="right", va="center", fontsize=8)
            for axes, what in zip(grid[2:, place], ("odds", "bits"), strict=True):
                frame(axes)
                for way, color in WAY_COLORS.items():
                    axes.plot(shares, arrays[f"{way}_{what}"][place], color=color, label=f"by {way}")
            grid[2, place].axhline(0, color=INK, linewidth=1, linestyle=(0, (4, 3)))
            first, second = arrays["labels"][place]
            grid[0, place].set_title(f"{first} to {second}")
            grid[3, place].set_xlabel("Share of the way")
        grid[2, 0].set_ylabel("log p(x|last) - log p(x|first), nats")
        grid[3, 0].set_ylabel("bits/dim, likelier class")
        grid[3, 0].legend(loc="best")

    caption = f"{title}: through the latents of the probability flow (slerp) and through pixels (mix); the classes' log-odds and"
    return RunFigure(
        name="ways",
        caption=f"{caption} the likelihood on the way (less bits are likelier).",
        content=draw((3.6 * count + 0.8, 7.0), panels, title=title),
    )


def stranger_figure(found: Mapping[str, Found]) -> RunFigure:
    """The pictures, and the distribution of their bits under the score model and the flow."""
    title = "Likelihoods of images of no class"

    def panels(canvas: Canvas) -> None:
        grid = canvas.subplots(len(KINDS), 2, width_ratios=(2, 3))
        everything = np.concatenate([one.arrays[0][f"{kind}_bits"] for one in found.values() for kind in KINDS])
        edges = np.linspace(float(np.quantile(everything, 0.001)), float(np.quantile(everything, 0.999)), 61)
        for row, kind in zip(grid, KINDS, strict=True):
            pictures, bars = row
            show(pictures, strip(list(next(iter(found.values())).arrays[0][f"{kind}_shown"])))
            pictures.set_ylabel(kind, rotation=0, ha="right", va="center", fontsize=8)
            for form, one in found.items():
                bits = np.clip(one.arrays[0][f"{kind}_bits"], edges[0], edges[-1])
                weights = np.full(len(bits), 1 / len(bits))
                bars.hist(bits, edges, weights=weights, color=CLASSIFIER_COLORS[form], alpha=0.55, label=SHORT[form])
            frame(bars)
            bars.set_yticks([])
            bars.axvline(np.log2(17), color=PALE, linewidth=1, linestyle=(0, (4, 3)))
        grid[0, 1].legend(loc="upper right")
        grid[-1, 1].set_xlabel("bits/dim, no class given (dashed: uniform)")

    return RunFigure(
        name="strangers",
        caption=f"{title}, under the score model's ODE and the flow: test digits, mixes of two, and digits made strange.",
        content=draw((9.0, 7.2), panels, title=title),
    )
