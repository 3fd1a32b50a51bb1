"""Sheets of images as PNG: what people would look at."""

import io
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from PIL import Image
from torch import Tensor

SIDE = 96
"""px of an image; smaller ones are enlarged by whole pixels."""
GAP = 4


def sheet(rows: Sequence[Float[Tensor, "image 3 height width"]]) -> bytes:
    """A PNG with a row of images of [0, 1] for each batch, on white."""
    pixels = [(row.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy() for row in rows]
    times = max(1, SIDE // pixels[0].shape[1])
    large = [np.repeat(np.repeat(row, times, axis=1), times, axis=2) for row in pixels]
    framed = [np.pad(row, ((0, 0), (0, GAP), (0, GAP), (0, 0)), constant_values=255) for row in large]
    whole = np.concatenate([np.concatenate(list(row), axis=1) for row in framed], axis=0)
    content = io.BytesIO()
    Image.fromarray(whole).save(content, format="PNG", optimize=True)
    return content.getvalue()
