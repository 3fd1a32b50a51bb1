"""Maker of exemplars, and the forms in which all makers of images handle pixels."""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from experiments.contract.artifacts import Manifest, NewFile, Product, Workshop
from experiments.contract.fields import Json
from experiments.contract.recipes import Exemplars, Sign
from experiments.datasets.images import png
from experiments.methods.layer_summary import LayerSummary
from experiments.methods.natural import exemplars_of, index_recipe, repeats
from experiments.methods.pool_listing import ListedPool
from model_zoo.address import UnitAddress


def make(recipe: Exemplars, workshop: Workshop) -> Product:
    """Choose the images and render them at the size asked for."""
    index = workshop.obtain(index_recipe(recipe))
    signs: tuple[Sign, ...] = ("max", "min") if recipe.sign == "both" else (recipe.sign,)
    chosen = exemplars_of(recipe, workshop, counts=dict.fromkeys(signs, recipe.k), quantile=recipe.quantile)
    pool = ListedPool.of(recipe, workshop)
    files: list[NewFile] = []
    for sign, images in chosen.items():
        for rank, (image, activation) in enumerate(images.items()):
            workshop.report(len(files), recipe.k * len(signs), "exemplars")
            read = pool.read(image, side=recipe.size)
            about = {"activation": activation, "source": read.source, "box": read.box}
            files.append(png_file(f"{sign}_{rank:03d}", read.pixels, about=about))
    values = {
        "sources": index.values["sources"],
        **repeats([(file.about["source"], file.about["box"]) for file in files]),
        **_on_the_pool(recipe, index, chosen, workshop=workshop),
    }
    return Product(new_files=files, values=values, parents=[index.digest])


def _on_the_pool(
    recipe: Exemplars, index: Manifest, chosen: Mapping[Sign, Mapping[int, float]], *, workshop: Workshop
) -> dict[str, Json]:
    """How the unit responds to the pool, where the exemplars lie in that, and what of the pool could not be read."""
    summary = LayerSummary.from_bytes(workshop.store.read_blob(index.file("summary").sha256))
    channel = UnitAddress.parse(recipe.unit).channel
    histogram = summary.histogram(channel)
    bins = {sign: [histogram.bin_of(activation) for activation in images.values()] for sign, images in chosen.items()}
    return {
        "histogram": {"edges": histogram.edges, "counts": histogram.counts, "exemplars": bins},
        "mean": float(summary.sums[channel] / summary.images[channel]),
        "dead": bool(summary.low[channel] == summary.high[channel]),
        **{name: index.values[name] for name in ("images", "asked", "unreadable_images", "unreadable", "skipped")},
    }


def png_file(name: str, pixels: UInt8[np.ndarray, "height width 3"], *, about: Mapping[str, object]) -> NewFile:
    """An image of an artifact, with its size."""
    height, width, _ = pixels.shape
    return NewFile(name=name, content=png(pixels), about={"width": width, "height": height, **about})


def as_tensor(pixels: UInt8[np.ndarray, "batch height width 3"], *, device: str) -> Float[Tensor, "batch 3 height width"]:
    """Images as networks want them, RGB in [0, 1]."""
    return torch.tensor(pixels, device=device).permute(0, 3, 1, 2) / 255


def as_pixels(images: Float[Tensor, "batch 3 height width"], *, side: int) -> UInt8[np.ndarray, "batch side side 3"]:
    """Images in [0, 1] as they are written, at `side` px."""
    if images.shape[-1] != side:
        images = functional.interpolate(images, size=(side, side), mode="bicubic", antialias=True, align_corners=False)
    bytes_: UInt8[np.ndarray, "batch side side 3"] = (images.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    return bytes_
