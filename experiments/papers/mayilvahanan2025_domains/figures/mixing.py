"""Accuracy over the share of renditions in the training set. Called by the run."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from experiments.methods.choice_figures.style import COLORS, PALE, draw, frame
from experiments.methods.run_results import RunFigure

SHOWN = {
    "natural": (COLORS["natural"], "natural images"),
    "rendition": (COLORS["synthetic"], "renditions"),
    "arithmetic": (COLORS["mixed"], "mean of both"),
    "harmonic": (COLORS["blur"], "harmonic mean"),
}


def share_figure(studies: Mapping[str, Mapping[str, Any]]) -> RunFigure:
    """A panel for each network and size; bands are intervals of the two accuracies over seeds and objects, dots are seeds."""
    title = "Accuracy by the share of renditions in the training set"

    def panels(canvas: Canvas) -> None:
        row = canvas.subplots(1, len(studies), sharey=True, squeeze=False)[0]
        for axes, (name, study) in zip(row, studies.items(), strict=True):
            _panel(axes, study)
            axes.set_title(f"{name.replace('_', ', ')} images")
        row[0].set_ylabel("Accuracy on held-out views")
        lines, words = row[0].get_legend_handles_labels()
        canvas.legend(lines, words, loc="outside lower center", ncols=len(words))

    caption = (
        f"{title}. Bands: 95 % bootstrap intervals over seeds and objects; dots: seeds; dotted: random sets of the same size; "
        "dashed: chance."
    )
    return RunFigure(name="shares", caption=caption, content=draw((1.2 + 4.4 * len(studies), 4.7), panels, title=title))


def _panel(axes: Axes, study: Mapping[str, Any]) -> None:
    frame(axes)
    places = range(len(study["shares"]))
    for name, (color, words) in SHOWN.items():
        curve = study["curves"][name]
        axes.plot(places, curve["mean"], color=color, label=words)
        # Four bands over one another would hide all of them.
        if name in study["by_seed"]:
            axes.fill_between(places, curve["low"], curve["high"], color=color, alpha=0.15, linewidth=0)
    for name, by_share in study["by_seed"].items():
        for place, values in zip(places, by_share, strict=True):
            axes.plot([place] * len(values), values, ".", color=SHOWN[name][0], markersize=4)
        axes.axhline(study["reference"][name]["mean"][0], color=SHOWN[name][0], linewidth=1, linestyle=":")
    axes.axhline(1 / study["objects"], color=PALE, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_xticks(places, [f"{100 * share:.4g}" for share in study["shares"]])
    axes.set_xlabel("Renditions in the set (%)")
    axes.set_ylim(0, 1.02)
