"""The figures of a run: content and style over the training, learned precisions beside true ones, readouts of images."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from experiments.methods.choice_figures.style import COLORS, INK, MARKERS, PALE, draw, frame
from experiments.methods.run_results import RunFigure
from experiments.papers.rusak2024_aninfonce.networks import LOSSES, TITLES

LOSS_COLORS = {"infonce": COLORS["synthetic"], "infonce_scaled": COLORS["mixed"], "aninfonce": COLORS["natural"]}
PANELS = (("content_r2", "Content (high precision)"), ("style_r2", "Style (low precision)"))
RECOVERED = (("linear_aninfonce", "linear"), ("bimodal_aninfonce", "bimodal"), ("hard_negatives", "hard negatives"))


def contrast_figure(curves: Mapping[str, Sequence[Mapping[str, Any]]]) -> RunFigure:
    """A column of panels for each ratio; a line for each loss, its band from the lowest to the highest seed."""
    ratios = sorted({int(name.partition("_")[0].removeprefix("ratio")) for name in curves})
    title = "What the losses find of content and of style"

    def panels(canvas: Canvas) -> None:
        grid = canvas.subplots(len(PANELS), len(ratios), sharey=True, sharex=True, squeeze=False)
        for row, (score, words) in zip(grid, PANELS, strict=True):
            for axes, ratio in zip(row, ratios, strict=True):
                frame(axes)
                for loss in LOSSES:
                    _curve(axes, curves[f"ratio{ratio}_{loss}"], score=score, loss=loss)
                axes.set_ylim(-0.05, 1.05)
            row[0].set_ylabel(f"{words}\nheld-out R²")
        for axes, ratio in zip(grid[0], ratios, strict=True):
            axes.set_title(f"Precisions {ratio} : 1")
        for axes in grid[-1]:
            axes.set_xlabel("Step")
        grid[0][0].legend(loc="lower right")

    return RunFigure(
        name="contrast",
        caption=f"{title}. Held-out R² of a linear map from codes to latents while training; mean and range of seeds.",
        content=draw((max(5.4, 2.6 * len(ratios) + 1.4), 5.0), panels, title=title),
    )


def recovery_figure(metrics: Mapping[str, Mapping[str, Any]]) -> RunFigure:
    """Learned precisions by true ones, in falling order in both."""
    title = "Precisions that AnInfoNCE learned"

    def panels(canvas: Canvas) -> None:
        axes = canvas.subplots()
        frame(axes, grid="both")
        most = 1.0
        for marker, (name, words) in zip(MARKERS, RECOVERED, strict=False):
            found = metrics.get(name, {})
            for law in found.get("laws", [found] if "precisions" in found else []):
                true, learned = np.array(law["true_precisions"]), np.array(law["precisions"])
                axes.plot(np.tile(true, len(learned)), learned.ravel(), linestyle="", marker=marker, alpha=0.6, label=words)
                most = max(most, true.max(), learned.max())
        axes.plot([0, most], [0, most], color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_xlabel("Precision of the law (hard negatives: difference of both laws)")
        axes.set_ylabel("Learned precision")
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="upper left")

    return RunFigure(
        name="recovery",
        caption=f"{title}, by those of the law that pairs were drawn from; a mark for each latent and seed, both sorted.",
        content=draw((5.4, 4.8), panels, title=title),
    )


def image_figure(metrics: Mapping[str, Mapping[str, Any]]) -> RunFigure:
    """Accuracy of both kinds of readouts by representation, a mark for each seed."""
    title = "What linear probes read from encoders of images"
    names = sorted({name.rpartition("_")[0] for name in metrics})
    readings = ("features", "codes", "feature_differences", "code_differences")

    def panels(canvas: Canvas) -> None:
        grid = canvas.subplots(len(names), 2, squeeze=False, width_ratios=(4, 2))
        for row, name in zip(grid, names, strict=True):
            pair = {loss: metrics[f"{name}_{loss}"] for loss in ("infonce", "aninfonce")}
            _marks(row[0], pair, score="mean_accuracy", readings=readings, chance=0.5)
            row[0].set_title(f"{name}: which augmentations were applied")
            chance = pair["infonce"]["features"].get("class_chance")
            row[1].set_title("class of the object" if chance else "class of the object: none here")
            if chance is None:
                row[1].set_axis_off()
            else:
                _marks(row[1], pair, score="class_accuracy", readings=readings[:2], chance=chance)
        grid[0][0].legend(loc="best")

    return RunFigure(
        name="images",
        caption=f"{title}. Balanced accuracy on held-out photographs and objects, a mark for each seed; dashed: chance. "
        "Features stand before the projection head, codes behind it; differences are those of a view to the whole image.",
        content=draw((9.6, 3.4 * len(names) + 0.6), panels, title=title),
    )


def _curve(axes: Axes, lines: Sequence[Mapping[str, Any]], *, score: str, loss: str) -> None:
    steps = [line["step"] for line in lines]
    values = np.array([line[score] for line in lines])
    axes.plot(steps, values.mean(axis=1), color=LOSS_COLORS[loss], label=TITLES[loss])
    axes.fill_between(steps, values.min(axis=1), values.max(axis=1), color=LOSS_COLORS[loss], alpha=0.2, linewidth=0)


def _marks(axes: Axes, pair: Mapping[str, Mapping[str, Any]], *, score: str, readings: Sequence[str], chance: float) -> None:
    frame(axes)
    for shift, (loss, found) in zip((-0.12, 0.12), pair.items(), strict=True):
        for place, reading in enumerate(readings):
            values = found[reading].get(score, [])
            label = TITLES[loss].partition(",")[0] if place == 0 else None
            axes.plot([place + shift] * len(values), values, linestyle="", marker="o", color=LOSS_COLORS[loss], label=label)
    axes.axhline(chance, color=PALE, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_xticks(range(len(readings)), [reading.replace("_", "\n") for reading in readings], fontsize=8)
    axes.set_xlim(-0.5, len(readings) - 0.5)
