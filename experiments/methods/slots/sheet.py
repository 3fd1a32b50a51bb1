"""A sheet of segmentations: images, true objects, and what networks with different numbers of slots see. Called by a run."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure as Canvas
from PIL import Image
from scipy.optimize import linear_sum_assignment

from experiments.methods.choice_figures.style import draw
from experiments.methods.run_results import RunFigure

Arrays = Mapping[str, np.ndarray[Any, Any]]
GROUND = "#2b3440"
OBJECTS = (
    "#e69f00",
    "#56b4e9",
    "#cc79a7",
    "#f0e442",
    "#009e73",
    "#d55e00",
    "#0072b2",
    "#b39ddb",
    "#a1887f",
    "#90a4ae",
    "#dce775",
)
"""Colors that most people tell apart (Okabe and Ito 2008), then others."""
SCENES = 8
ZOOM = 3
GAP = 4
"""px around a tile of the PNG."""


def sheet_figure(name: str, trained: Mapping[int, Arrays], *, title: str) -> RunFigure:
    """The sheet as a figure of the report, with a word above each column."""
    columns = _columns(trained)

    def panels(canvas: Canvas) -> None:
        grid = canvas.subplots(len(columns), 1)
        for axes, (name, tiles) in zip(grid, columns.items(), strict=True):
            _strip(axes, name, tiles)

    return RunFigure(
        name=f"{name}_segmentations",
        caption=f"{title}: held-out images, true objects, and the slot with the largest share of each pixel, for networks "
        "trained and used with different numbers of slots (first seed). A slot has the color of the object that it overlaps "
        "most; slots that are no object's have colors of their own.",
        content=draw((9.6, 0.35 + 1.2 * len(columns)), panels, title=title),
    )


def sheet_png(trained: Mapping[int, Arrays]) -> bytes:
    """The same without words: a row for each scene."""
    columns = list(_columns(trained).values())
    rows = [np.concatenate([_tile(column[scene]) for column in columns], axis=1) for scene in range(len(columns[0]))]
    content = io.BytesIO()
    Image.fromarray(np.concatenate(rows)).save(content, format="PNG", optimize=True)
    return content.getvalue()


def matched(truth: Int[np.ndarray, "side side"], labels: Int[np.ndarray, "side side"]) -> Int[np.ndarray, "side side"]:
    """Labels renamed so that each true label's best slot, one to one, bears its number; the others get the next numbers."""
    true_names, slots = np.unique(truth), np.unique(labels)
    overlap = np.array([[_overlap(truth == name, labels == slot) for slot in slots] for name in true_names])
    rows, places = linear_sum_assignment(overlap, maximize=True)
    names = {int(slots[place]): int(true_names[row]) for row, place in zip(rows, places, strict=True) if overlap[row, place] > 0}
    free = iter(number for number in range(int(truth.max()) + 1, int(truth.max()) + 1 + len(slots)))
    renamed = np.zeros_like(truth)
    for slot in slots:
        renamed[labels == slot] = names[int(slot)] if int(slot) in names else next(free)
    return renamed


def _overlap(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> float:
    return float((first & second).sum() / (first | second).sum())


def _columns(trained: Mapping[int, Arrays]) -> dict[str, Sequence[UInt8[np.ndarray, "side side 3"]]]:
    first = next(iter(trained.values()))
    images, truths = first["image"][:SCENES], first["truth"][:SCENES].astype(int)
    columns: dict[str, Sequence[UInt8[np.ndarray, "side side 3"]]] = {
        "image": list(images),
        "objects": [_colored(one) for one in truths],
    }
    for slots, arrays in trained.items():
        seen = arrays[f"labels@{slots}"][:SCENES].astype(int)
        columns[f"{slots} slots"] = [_colored(matched(truth, own)) for truth, own in zip(truths, seen, strict=True)]
    return columns


def _colored(labels: Int[np.ndarray, "side side"]) -> UInt8[np.ndarray, "side side 3"]:
    palette: Float[np.ndarray, "color 3"] = np.array([to_rgb(color) for color in (GROUND, *OBJECTS)])
    # More slots than colors is rare and far beyond what an eye would follow: colors come again, but never the background's.
    known = np.where(labels < len(palette), labels, 1 + (labels - 1) % len(OBJECTS))
    return np.asarray(np.round(255 * palette[known]), dtype=np.uint8)


def _tile(pixels: UInt8[np.ndarray, "side side 3"]) -> UInt8[np.ndarray, "height width 3"]:
    large = pixels.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)
    return np.pad(large, ((GAP, GAP), (GAP, GAP), (0, 0)), constant_values=255)


def _strip(axes: Axes, name: str, tiles: Sequence[UInt8[np.ndarray, "side side 3"]]) -> None:
    axes.imshow(np.concatenate([_tile(tile) for tile in tiles], axis=1), interpolation="none")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_ylabel(name, rotation=0, ha="right", va="center")
    axes.spines[:].set_visible(False)
