"""Pictures of what each slot of a network adds to a scene: a PNG of each training, and a figure of a run."""

import io
from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure as Canvas
from PIL import Image
from torch import Tensor

from experiments.methods.choice_figures.style import draw
from experiments.methods.run_results import RunFigure
from experiments.papers.brady2023_objects.images.networks import Network, as_shares, encode, layers

SHEET = "layers.png"
SCENES, ZOOM, GAP = 5, 2, 2
"""Rows of a sheet; how often a pixel is repeated; px of white around a tile."""


@torch.no_grad()
def layer_sheet(network: Network, images: Float[Tensor, "scene 3 side side"]) -> bytes:
    """The PNG: a row for each of a few scenes, with the scene, its image by all slots, and the layer of each slot alone."""
    shown = images[:SCENES]
    added = layers(network, encode(network, shown))
    tiles = torch.cat([as_shares(shown)[:, None], added.sum(dim=1, keepdim=True), added], dim=1).clamp(0, 1)
    pixels = (255 * tiles.movedim(2, -1)).round().to(torch.uint8).cpu().numpy()
    pixels = pixels.repeat(ZOOM, axis=2).repeat(ZOOM, axis=3)
    framed = np.pad(pixels, ((0, 0), (0, 0), (GAP, GAP), (GAP, GAP), (0, 0)), constant_values=255)
    rows, columns, height, width, colors = framed.shape
    content = io.BytesIO()
    sheet = framed.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, colors)
    Image.fromarray(sheet).save(content, format="PNG", optimize=True)
    return content.getvalue()


def sheets_figure(sheets: Mapping[str, bytes]) -> RunFigure:
    """The sheets of several methods side by side."""
    title = "What each slot adds to a scene"

    def paint(canvas: Canvas) -> None:
        all_axes = canvas.subplots(1, len(sheets), squeeze=False)[0]
        for axes, (method, content) in zip(all_axes, sheets.items(), strict=True):
            axes.imshow(np.asarray(Image.open(io.BytesIO(content))), interpolation="nearest")
            axes.set_axis_off()
            axes.set_title(f"{method}: scene, image, slots", fontsize=9)

    return RunFigure(
        name="image_layers",
        caption=f"{title}: held-out scenes, their images by all slots, and the layers of the slots; first seed of each method.",
        content=draw((3.6 * len(sheets), 3.4), paint, title=title),
    )
