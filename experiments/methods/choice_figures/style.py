"""How all figures look, and how they become SVG."""

import io
from collections.abc import Callable, Sequence
from typing import Any, Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.typing import RcKeyType

from experiments.methods.choice_analysis.responses import Group, file_slug

INK, DOTS, GRID, PALE = "#1f2d3d", "#7f9bb3", "#d9dee3", "#8a949e"
# Outlines instead of fonts: an <img> shows the same letters everywhere. The salt makes ids, hence bytes, repeatable.
STYLE: dict[RcKeyType, Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "unitscope",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.handletextpad": 0.4,
}
# Colors that most people tell apart (Okabe and Ito 2008), and for other conditions in their order.
COLORS = {"natural": "#009e73", "synthetic": "#d55e00", "mixed": "#cc79a7", "blur": "#0072b2", "none": "#5f6b76"}
FURTHER = ("#56b4e9", "#b8860b", "#7b5ea7", "#3d7a3d", "#a23b3b", "#2b8c9e")
LIGHTER = {"medium": 0.3, "hard": 0.5, "very_hard": 0.68}
"""How much lighter the colors of conditions with harder queries are."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")


def draw(size: tuple[float, float], panels: Callable[[Figure], None], *, title: str, subtitle: str = "") -> bytes:
    """The SVG of a figure of `size` in inches, whose panels are drawn by a function."""
    # matplotlib reads its defaults when objects are made and when they are drawn: both stand inside.
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=size, layout=ConstrainedLayoutEngine(h_pad=0.12, w_pad=0.12))
        panels(figure)
        figure.suptitle(f"{title}\n{subtitle}" if subtitle else title, x=0.012, ha="left", fontsize=11)
        content = io.BytesIO()
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return content.getvalue()


def frame(axes: Axes, *, grid: Literal["x", "y", "both"] = "y") -> None:
    """Grid lines instead of a box."""
    axes.grid(axis=grid, color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, length=0)
    axes.spines[:].set_visible(False)


def percent_axis(axes: Axes, values: Sequence[float | None], *, label: str = "Correct answers (%)") -> None:
    """A vertical axis of percent that reaches from below all `values` (shares) and chance to 100, with chance marked."""
    lowest = min([0.4, *(value for value in values if value is not None)])
    axes.set_ylim(100 * max(0.0, lowest) - 4, 104)
    axes.set_yticks([tick for tick in range(0, 101, 10) if tick >= 100 * lowest - 4])
    axes.set_ylabel(label)
    axes.axhline(50, color=INK, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.text(1, 50.6, "chance", transform=axes.get_yaxis_transform(), ha="right", va="bottom", fontsize=8)


def color_of(condition: str, conditions: Sequence[str]) -> str:
    """The color of a condition among all that a figure shows; harder queries are lighter."""
    family, _, difficulty = condition.partition("_")
    if family in COLORS:
        amount = LIGHTER.get(difficulty, 0.0)
        red, green, blue = (channel + (1 - channel) * amount for channel in to_rgb(COLORS[family]))
        return str(to_hex((red, green, blue)))
    return FURTHER[list(conditions).index(condition) % len(FURTHER)]


def figure_name(kind: str, group: Group, part: str = "") -> str:
    """The name of a figure's file."""
    return "_".join(filter(None, (kind, file_slug(part), group.slug)))


def subtitle(group: Group, part: str = "") -> str:
    """What stands below the title: which part of the study, or of how many sessions."""
    return in_words(part).capitalize() or f"{group.sessions} finished session{'' if group.sessions == 1 else 's'}"


def in_words(name: str) -> str:
    """A name of a table's value as people read it."""
    return name.replace("_", " ")


def in_lines(name: str) -> str:
    """A name of a table's value below an axis: its first word, and the others below."""
    return in_words(name).replace(" ", "\n", 1)


def interval_bar(axes: Axes, x: float, low: float | None, high: float | None, *, color: str, width: float = 1.6) -> None:
    """A vertical bar from low to high, if there is an interval; in the axis's own unit."""
    if low is not None and high is not None:
        axes.plot([x, x], [low, high], color=color, linewidth=width, solid_capstyle="butt", zorder=3)
