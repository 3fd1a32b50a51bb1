"""Makers of activation indices (one pass over a pool for all units of a layer) and of exemplars, which they rank first."""

import io
import json
from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from experiments.contract.artifacts import NewFile, Product, Workshop
from experiments.contract.recipes import ActivationIndex, Exemplars, Sign
from experiments.datasets.images import png
from experiments.datasets.pool import open_pool
from experiments.methods.natural import choose, natural_activations, repeats
from model_zoo.activations import batch_size, layer_activations
from model_zoo.address import UnitAddress
from model_zoo.loading import load


def make_index(recipe: ActivationIndex, workshop: Workshop) -> Product:
    """Show every image of the pool to the network, once."""
    pool = open_pool(recipe.pool, size=recipe.pool_size, seed=recipe.seed)
    model = load(recipe.model, device=workshop.device)
    position = f"@{recipe.position}" if recipe.position else ""
    unit = UnitAddress.parse(f"{recipe.model}/{recipe.layer}:0{position}")
    rows, about, batch = [], [], batch_size(recipe.pool_resolution, device=workshop.device)
    for start in range(0, len(pool), batch):
        workshop.report(start, len(pool), "activations of natural images")
        images = [pool.read(i, side=recipe.pool_resolution) for i in range(start, min(start + batch, len(pool)))]
        pixels = as_tensor(np.stack([image.pixels for image in images]), device=workshop.device)
        rows.append(layer_activations(model, unit, aggregation=recipe.aggregation, images=pixels).cpu().numpy())
        about += [{"source": image.source, "box": image.box} for image in images]
    table = io.BytesIO()
    np.save(table, np.concatenate(rows).astype(np.float32))
    files = (
        NewFile(name="activations", content=table.getvalue(), media_type="application/octet-stream"),
        NewFile(name="images", content=json.dumps(about).encode(), media_type="application/json"),
    )
    sources = {image["source"] for image in about}
    values = {"images": len(pool), "sources": len(sources), "weights_sha256": model.card.weights.sha256}
    return Product(new_files=files, values=values)


def make(recipe: Exemplars, workshop: Workshop) -> Product:
    """Choose the images and render them at the size asked for."""
    natural = natural_activations(recipe, workshop)
    signs: tuple[Sign, ...] = ("max", "min") if recipe.sign == "both" else (recipe.sign,)
    chosen = choose(natural, counts=dict.fromkeys(signs, recipe.k), quantile=recipe.quantile)
    pool = open_pool(recipe.pool, size=recipe.pool_size, seed=recipe.seed)
    files: list[NewFile] = []
    for sign, images in chosen.items():
        for rank, image in enumerate(images):
            workshop.report(len(files), recipe.k * len(signs), "exemplars")
            read = pool.read(image, side=recipe.size)
            about = {"activation": float(natural.activations[image]), "source": read.source, "box": read.box}
            files.append(png_file(f"{sign}_{rank:03d}", read.pixels, about=about))
    repeated = repeats([(file.about["source"], file.about["box"]) for file in files])
    return Product(new_files=files, values={"sources": natural.source_count, **repeated}, parents=[natural.digest])


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
