"""Makers of activation indices: one pass over a pool for all units of a layer, in shards made once and merged exactly."""

import io
from collections.abc import Sequence
from functools import reduce
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float

from experiments.contract.artifacts import Manifest, NewFile, Product, Workshop
from experiments.contract.errors import InputError
from experiments.contract.fields import Json, require
from experiments.contract.recipes import ActivationIndex, ActivationShard
from experiments.datasets.pool import Pool, PoolImage
from experiments.datasets.read_ahead import ReadAhead
from experiments.methods.exemplars import as_tensor
from experiments.methods.layer_summary import LayerSummary
from experiments.methods.natural import OTHER_WEIGHTS
from experiments.methods.pool_listing import NAMED_UNREADABLE, ListedPool
from model_zoo.activations import aggregate, batch_size, in_batches, layer_output
from model_zoo.address import UnitAddress
from model_zoo.loading import LoadedModel, load

CPU_PIXELS = 2**17
"""Pixels per forward pass on a CPU: with this few every layer's buffers are used again instead of mapped afresh."""


def make(recipe: ActivationIndex, workshop: Workshop) -> Product:
    """Have all shards made and merge what they found.

    Raises:
        InputError: No image of the pool can be read, or shards were made with different weights.
    """
    listing = workshop.obtain(recipe.listing())
    shards = workshop.obtain_all([recipe.shard(number) for number in range(len(listing.files))])
    read = [shard for shard in shards if shard.values["images"]]
    unreadable = [image for shard in shards for image in shard.values["unreadable"]]
    if not read:
        message = f"none of its {listing.values['images']} images can be read; {unreadable[0]['reason']}"
        raise InputError(field="pool", message=message, remedy="Give a pool of whole images")
    blobs = (workshop.store.read_blob(shard.file("summary").sha256) for shard in read)
    summary = reduce(LayerSummary.merge, (LayerSummary.from_bytes(blob) for blob in blobs))
    values = {
        **{name: listing.values[name] for name in ("asked", "skipped")},
        "images": int(summary.images[0]),
        "sources": _sources(read),
        "unreadable_images": sum(shard.values["unreadable_images"] for shard in shards),
        "unreadable": unreadable[:NAMED_UNREADABLE],
        "channels": len(summary.sums),
        "shards": [shard.digest for shard in shards],
        "weights_sha256": _weights(shards),
        "pass_seconds": round(sum(shard.provenance["seconds"] for shard in shards), 3),
    }
    return Product(new_files=[_file("summary", summary.as_bytes())], values=values, parents=[listing.digest, *values["shards"]])


def make_shard(recipe: ActivationShard, workshop: Workshop) -> Product:
    """Show every image of one part of the pool to the network, once.

    Raises:
        InputError: The network gives something that is no number.
    """
    listing = workshop.obtain(recipe.listing())
    pool, sources = ListedPool(listing, store=workshop.store).part(recipe.number)
    model = load(recipe.model, device=workshop.device)
    table, boxes, unreadable = _look_at_all(pool, recipe, model=model, workshop=workshop, of=len(listing.files))
    readable = ~np.isnan(boxes[:, 0])
    numbers = recipe.number * recipe.shard_size + np.arange(len(pool))
    files = [_array("activations", table), _array("sources", np.array(sources, np.int32)), _array("boxes", boxes)]
    if readable.any():
        summary = LayerSummary.of(table[:, readable], images=numbers[readable])
        files.append(_file("summary", summary.as_bytes()))
    present = np.array(sources)[readable]
    values = {
        "listed": len(pool),
        "images": len(present),
        "channels": len(table),
        "sources": len(np.unique(present)),
        "source_range": [int(present[0]), int(present[-1])] if len(present) else [],
        "unreadable_images": len(unreadable),
        "unreadable": unreadable[:NAMED_UNREADABLE],
        "weights_sha256": model.card.weights.sha256,
    }
    return Product(new_files=files, values=values, parents=[listing.digest])


def _look_at_all(
    pool: Pool, recipe: ActivationShard, *, model: LoadedModel, workshop: Workshop, of: int
) -> tuple[Float[np.ndarray, "channel image"], Float[np.ndarray, "image 4"], list[dict[str, Json]]]:
    """Activations and boxes, NaN for images that cannot be read; and these images, each with the reason."""
    channels = model.card.layers[recipe.layer].channels
    table = np.full((channels, len(pool)), np.nan, np.float32)
    boxes = np.full((len(pool), 4), np.nan)
    unreadable: dict[int, dict[str, Json]] = {}
    with ReadAhead(pool, side=recipe.pool_resolution) as ahead:

        def look(part: slice) -> None:
            workshop.report(part.start, len(pool), f"activations of natural images, shard {recipe.number + 1} of {of}")
            images = dict(enumerate(ahead.images(part), start=part.start))
            seen = {index: image for index, image in images.items() if isinstance(image, PoolImage)}
            if seen:
                table[:, [*seen]] = _activations([*seen.values()], recipe, model=model).T
            boxes[[*seen]] = np.reshape([image.box for image in seen.values()], (-1, 4))
            for index, error in images.items():
                if isinstance(error, InputError):
                    unreadable[index] = {"source": pool.variants[index][0].name, "reason": error.message}

        for _ in in_batches(len(pool), start=_batch(recipe.pool_resolution, device=model.device), run=look):
            pass
    return table, boxes, list(unreadable.values())


def _batch(side: int, *, device: str) -> int:
    """How many images of a pool a forward pass takes best."""
    return max(1, CPU_PIXELS // side**2) if device == "cpu" else batch_size(side, device=device)


def _activations(
    images: Sequence[PoolImage], recipe: ActivationShard, *, model: LoadedModel
) -> Float[np.ndarray, "image channel"]:
    """What the network gives for some images; of what is no number the first image is named, so the check is made here."""
    position = f"@{recipe.position}" if recipe.position else ""
    unit = UnitAddress.parse(f"{recipe.model}/{recipe.layer}:0{position}")
    pixels = as_tensor(np.stack([image.pixels for image in images]), device=model.device)
    with torch.inference_mode():
        output = layer_output(model, unit.layer, images=pixels)
        numbers = aggregate(output, aggregation=recipe.aggregation, row=unit.row, column=unit.column)
    activations: Float[np.ndarray, "image channel"] = numbers.float().cpu().numpy()
    broken = np.argwhere(~np.isfinite(activations))
    if len(broken):
        image, channel = broken[0]
        message = f"channel {channel} of {recipe.layer} gives {activations[image, channel]} for image {images[image].source}"
        raise InputError(field="unit", message=message, remedy="Look at the weights of the network, or choose an earlier layer")
    return activations


def _weights(shards: Sequence[Manifest]) -> str:
    """The sha256 of the weights behind all shards."""
    first, *others = shards
    one = first.values["weights_sha256"]
    for shard in others:
        other = shard.values["weights_sha256"]
        message = f"shard {first.digest} was made with weights {one}, shard {shard.digest} with {other}"
        require(one == other, "model", message, OTHER_WEIGHTS)
    return str(one)


def _sources(shards: Sequence[Manifest]) -> int:
    """How many sources there are in shards that follow each other; one may have images in two of them."""
    ranges = [shard.values["source_range"] for shard in shards]
    shared = sum(last == first for (_, last), (first, _) in pairwise(ranges))
    return int(sum(shard.values["sources"] for shard in shards) - shared)


def _array(name: str, array: np.ndarray) -> NewFile:
    content = io.BytesIO()
    np.save(content, array)
    return _file(name, content.getvalue())


def _file(name: str, content: bytes) -> NewFile:
    return NewFile(name=name, content=content, media_type="application/octet-stream")
