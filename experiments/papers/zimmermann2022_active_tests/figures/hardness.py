"""How success falls, or does not, while tests become harder."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from experiments.methods.choice_figures.style import COLORS, FURTHER, draw, frame
from experiments.methods.run_results import RunFigure

Metrics = Mapping[str, Mapping[str, Any]]
LINES = (
    ("none", "plain", COLORS["blur"], "no defence, PGD"),
    ("quantization", "adequate", COLORS["natural"], "quantization, BPDA"),
    ("quantization", "plain", COLORS["synthetic"], "quantization, plain PGD"),
)
RANDOM = (("none", "plain", COLORS["none"], "no defence, random"), ("quantization", "plain", FURTHER[0], "quantization, random"))
"""R-ASR at corners; the number of random points is that of the attack's queries."""

BESIDE = 0.08
"""Of the distance of two places."""


def graded(metrics: Metrics, *, by: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Of each defence the measurements that differ in `inner` or in `closeness` alone, from easy to hard.

    The other field has the value that most of the measurements have.
    """
    other = {"inner": "closeness", "closeness": "inner"}[by]
    values = [found[other] for found in metrics.values()]
    fixed = max(set(values), key=values.count)
    chosen = sorted((found for found in metrics.values() if found[other] == fixed), key=lambda found: float(found[by]))
    by_defence: dict[str, list[Mapping[str, Any]]] = {}
    for found in chosen:
        by_defence.setdefault(found["defence"], []).append(found)
    return by_defence


def hardness_figure(metrics: Metrics) -> RunFigure:
    """A panel over the number of inner points, one over closeness."""
    title = "Success rates while the test becomes harder"

    def panels(canvas: Canvas) -> None:
        left, right = canvas.subplots(1, 2, sharey=True)
        _panel(left, graded(metrics, by="inner"), by="inner", words="Inner points")
        _panel(right, graded(metrics, by="closeness"), by="closeness", words="Closeness of the threshold")
        left.set_ylabel("Success rate")
        left.set_ylim(-0.03, 1.03)
        handles, labels = left.get_legend_handles_labels()
        canvas.legend(handles, labels, loc="outside lower center", ncols=3)

    return RunFigure(
        name="hardness",
        caption=f"{title}: attacks (full lines, with 95 % Wilson intervals) and as many random corners (dashed).",
        content=draw((8.4, 4.4), panels, title=title),
    )


def _panel(axes: Axes, found: Mapping[str, Sequence[Mapping[str, Any]]], *, by: str, words: str) -> None:
    frame(axes)
    for number, (defence, attack, color, label) in enumerate(LINES):
        verdicts = [one["tests"]["normal"][attack] for one in found.get(defence, [])]
        shares = [verdict["share"] for verdict in verdicts]
        bars = [[one["share"] - one["low"] for one in verdicts], [one["high"] - one["share"] for one in verdicts]]
        # Beside one another, since several are at 1.
        places = [place + BESIDE * (number - 1) for place in range(len(shares))]
        axes.errorbar(places, shares, yerr=bars, color=color, marker="o", markersize=4, label=label)
    for defence, attack, color, label in RANDOM:
        rates = [one["tests"]["normal"][attack]["random_corner"] for one in found.get(defence, [])]
        axes.plot(range(len(rates)), rates, color=color, marker="x", linestyle=(0, (4, 3)), label=label)
    longest = max(found.values(), key=len, default=[])
    axes.set_xticks(range(len(longest)), [f"{one[by]:g}" for one in longest])
    axes.set_xlabel(words)
