"""Scores of all rows, ours beside baselines and reported ones, and how ours grew over the steps."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.methods.choice_figures.style import COLORS, FURTHER, GRID, INK, PALE, draw, frame
from experiments.methods.run_results import RunFigure

Score = Literal["r2", "mcc"]
TITLES: Mapping[Score, str] = {"r2": "R², up to an affine map", "mcc": "MCC, up to a permutation"}
OURS, REPORTED, SUPERVISED, IDENTITY = COLORS["natural"], COLORS["synthetic"], COLORS["blur"], PALE
ROW_HEIGHT = 0.34
"""Inches."""


def scores_figure(metrics: Mapping[str, Mapping[str, Any]]) -> RunFigure:
    """Each row's scores; a score that was not reported for a row has no diamond."""
    title = "How well encoders of pairs find the latents"

    def panels(canvas: Figure) -> None:
        left, right = canvas.subplots(1, 2, sharey=True)
        _scores(left, metrics, "r2")
        _scores(right, metrics, "mcc")
        left.set_yticks(range(len(metrics)), [_label(name) for name in metrics], fontsize=8)
        left.invert_yaxis()
        canvas.legend(*right.get_legend_handles_labels(), loc="outside upper right", ncols=4)

    return RunFigure(
        name="scores",
        caption="Held-out scores by row: mean and standard deviation over seeds. The baselines are what is observed, taken for "
        "the codes (identity; for images, their pixels), and the same encoder trained on the latents (supervised). Reported "
        "figures are unverified.",
        content=draw((9.6, 2.0 + ROW_HEIGHT * len(metrics)), panels, title=title),
    )


def curves_figure(metrics: Mapping[str, Mapping[str, Any]]) -> RunFigure:
    """Scores over steps, the mean over seeds."""
    title = "Scores during the training"

    def panels(canvas: Figure) -> None:
        for axes, score in zip(canvas.subplots(1, 2), TITLES, strict=True):
            _curves(axes, metrics, score)
        axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), fontsize=7)

    return RunFigure(
        name="curves",
        caption="Held-out scores over the share of the steps, the mean over seeds.",
        content=draw((11.0, 3.8), panels, title=title),
    )


def _label(name: str) -> str:
    return name.replace("_", " ")


def _scores(axes: Axes, metrics: Mapping[str, Mapping[str, Any]], score: Score) -> None:
    frame(axes, grid="x")
    for place, found in enumerate(metrics.values()):
        axes.axhline(place, color=GRID, linewidth=0.6, zorder=0)
        for mean, color, marker, _ in _marks(found, score):
            axes.plot([mean], [place], color=color, marker=marker, markersize=6, linestyle="", zorder=3)
        reached = found["unsupervised"][score]
        spread = reached["sd"] or 0.0
        axes.plot([reached["mean"] - spread, reached["mean"] + spread], [place, place], color=OURS, linewidth=2, zorder=2)
    for label, color, marker in (
        ("ours", OURS, "o"),
        ("reported", REPORTED, "D"),
        ("supervised", SUPERVISED, "|"),
        ("identity", IDENTITY, "x"),
    ):
        axes.plot([], [], color=color, marker=marker, linestyle="", label=label)
    axes.set_xlim(right=1.02)
    axes.set_xlabel(TITLES[score])


def _marks(found: Mapping[str, Any], score: Score) -> Sequence[tuple[float, str, str, str]]:
    """What is marked of a row: where, in which color and form, and what it is."""
    marks = [(found["unsupervised"][score]["mean"], OURS, "o", "ours")]
    if found["supervised"]:
        marks.append((found["supervised"][score]["mean"], SUPERVISED, "|", "supervised"))
    identity = found["identity"].get(score)
    if identity:
        marks.append((identity["mean"], IDENTITY, "x", "identity"))
    reported = _reported(found, score)
    return marks if reported is None else [*marks, (reported / 100, REPORTED, "D", "reported")]


def _reported(found: Mapping[str, Any], score: Score) -> float | None:
    """The mean that was reported, in percent."""
    if found["kind"] == "images":
        figure = found["reported"][score]
        return None if figure is None else float(figure[0])
    return float(found["reported"]["unsupervised"][0]) if found["claimed"] == score else None


def _curves(axes: Axes, metrics: Mapping[str, Mapping[str, Any]], score: Score) -> None:
    frame(axes)
    colors = (*COLORS.values(), *FURTHER)
    for number, (name, found) in enumerate(metrics.items()):
        steps, values = found["curve"]["step"], found["curve"][score]
        shares = [100 * step / found["steps"] for step in steps]
        axes.plot(shares, values, color=colors[number % len(colors)], linewidth=1.4, label=_label(name))
    axes.axhline(1, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set_ylim(0, 1.03)
    axes.set_xlabel("Steps (% of the plan)")
    axes.set_ylabel(TITLES[score])
