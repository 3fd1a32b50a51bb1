"""Figures of corruptions and of attacks, with the pictures that were classified."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from experiments.datasets.corruptions.kinds import KINDS
from experiments.methods.choice_figures.style import draw, frame, in_words
from experiments.methods.run_results import RunFigure
from experiments.papers.zimmermann2021_sbgc.analysis import Found, interval_of
from experiments.papers.zimmermann2021_sbgc.figures.style import CLASSIFIER_COLORS, SHORT, show, strip

CORRUPTED = ("discriminative", "noise_16", "ode_quick", "flow_quick")
ATTACKED = ("discriminative", "noise_16", "noise_over_banks", "ode_quick", "ode_other_probe", "flow_quick")
NORMS = {"linf": "L∞", "l2": "L2"}
PICTURES = 8
SHIFT = 0.006
"""Between the bars of two forms, as a share of the largest eps."""
SIDES = ("discriminative", "noise_16")
RIGHT, WRONG = "white", "#d55e00"
"""Frames of pictures that are classified right, and wrong."""


def corruption_figure(found: Mapping[str, Found]) -> RunFigure:
    """Accuracy by severity, and by kind."""
    title = "Accuracy under fifteen corruptions"

    def panels(canvas: Canvas) -> None:
        left, right = canvas.subplots(1, 2, width_ratios=(2, 5))
        for form in CORRUPTED:
            _by_severity(left, found[f"corrupted_{form}"], form=form)
            _by_kind(right, found[f"corrupted_{form}"], form=form)
        for axes in (left, right):
            frame(axes)
            axes.set_ylim(0, 1.03)
        left.set_xlabel("Severity (0: clean)")
        left.set_ylabel("Accuracy")
        left.legend(loc="lower left")
        right.set_xticks(range(len(KINDS)), [in_words(kind) for kind in KINDS], rotation=45, ha="right", fontsize=8)

    caption = f"{title} of digits; right: mean over severities. Bars: 95 % intervals over images. The ODE saw fewer images and"
    return RunFigure(name="corruptions", caption=f"{caption} severities.", content=draw((10.4, 4.4), panels, title=title))


def attack_figure(found: Mapping[str, Found]) -> RunFigure:
    """Robust accuracy by eps, for both norms."""
    title = "Robust accuracy under projected gradient descent through the whole classifier"

    def panels(canvas: Canvas) -> None:
        grid = canvas.subplots(1, len(NORMS), sharey=True)
        for axes, (norm, words) in zip(grid, NORMS.items(), strict=True):
            frame(axes)
            span = max(float(eps) for eps in found["attack_discriminative"].values[0][norm])
            for place, form in enumerate(ATTACKED):
                shift = SHIFT * span * (place - (len(ATTACKED) - 1) / 2)
                _by_eps(axes, found[f"attack_{form}"], form=form, norm=norm, shift=shift)
            axes.set_xlabel(f"{words} perturbation, of images from 0 to 1")
        grid[0].set_ylabel("Accuracy")
        grid[0].set_ylim(-0.03, 1.05)
        lines, names = grid[0].get_legend_handles_labels()
        # All forms are in the left panel, where every corner has lines.
        canvas.legend(lines, names, loc="outside lower center", ncols=3)

    caption = f"{title}: digits that are still classified right. Bars: 95 % Wilson intervals over images of the first seed."
    return RunFigure(name="attacks", caption=caption, content=draw((9.6, 4.6), panels, title=title))


def adversarial_figure(found: Mapping[str, Found]) -> RunFigure:
    """The attacked digits themselves."""
    title = "What it takes to be misled"
    epsilons = list(found["attack_noise_16"].values[0]["linf"])

    def panels(canvas: Canvas) -> None:
        grid = canvas.subplots(1 + len(epsilons), len(SIDES), squeeze=False)
        for column, form in zip(grid.T, SIDES, strict=True):
            one = found[f"attack_{form}"].arrays[0]
            column[0].set_title(SHORT[form])
            show(column[0], strip(list(one["shown"][:PICTURES]), _frames(one["clean"][:PICTURES])))
            for axes, pictures, right in zip(column[1:], one["linf_images"], one["linf"], strict=True):
                show(axes, strip(list(pictures[:PICTURES]), _frames(right[: min(PICTURES, len(pictures))])))
        for axes, eps in zip(grid[:, 0], ["clean", *epsilons], strict=True):
            axes.set_ylabel(eps, rotation=0, ha="right", va="center")

    caption = (
        f"{title}: the same digits after attacks on the discriminative network and on the score model, by the largest change"
    )
    return RunFigure(
        name="adversarial",
        caption=f"{caption} of a pixel (L∞, of 1). In orange frames: the classifier that was attacked is wrong.",
        content=draw((8.6, 4.4), panels, title=title),
    )


def _frames(right: Bool[np.ndarray, " image"]) -> list[str]:
    return [RIGHT if one else WRONG for one in right]


def _by_severity(axes: Axes, found: Found, *, form: str) -> None:
    arrays = found.arrays
    severities = [0, *arrays[0]["severities"].tolist()]
    shares = [np.mean([one["clean"].mean() for one in arrays])]
    shares += [np.mean([one["right"][:, place].mean() for one in arrays]) for place in range(len(severities) - 1)]
    axes.plot(severities, shares, marker="o", markersize=4, color=CLASSIFIER_COLORS[form], label=SHORT[form])


def _by_kind(axes: Axes, found: Found, *, form: str) -> None:
    shift = 0.16 * (CORRUPTED.index(form) - 1.5)
    by_image = np.mean([one["right"] for one in found.arrays], axis=(0, 2))
    places, means = np.arange(len(KINDS)) + shift, by_image.mean(axis=1)
    margin = 1.96 * by_image.std(axis=1) / np.sqrt(by_image.shape[1])
    # Normal intervals, which would reach beyond 1.
    bars = [np.minimum(margin, means), np.minimum(margin, 1 - means)]
    axes.errorbar(places, means, yerr=bars, linestyle="", marker="o", markersize=3.5, color=CLASSIFIER_COLORS[form], elinewidth=1)


def _by_eps(axes: Axes, found: Found, *, form: str, norm: str, shift: float) -> None:
    """Moved aside a little, so that bars of several forms can be told from one another."""
    if norm not in found.values[0]:
        return
    epsilons = shift + np.array([0.0, *(float(eps) for eps in found.values[0][norm])])
    right = [found.arrays[0]["clean"], *found.arrays[0][norm]]
    ends = np.array([interval_of(one)[:2] for one in right], dtype=float)
    means = np.array([float(np.mean(one)) for one in right])
    # Rounding can put a mean of 0 or 1 outside of its interval.
    bars = np.clip([means - ends[:, 0], ends[:, 1] - means], 0, None)
    axes.errorbar(
        epsilons, means, yerr=bars, marker="o", markersize=4, color=CLASSIFIER_COLORS[form], elinewidth=1, label=SHORT[form]
    )
