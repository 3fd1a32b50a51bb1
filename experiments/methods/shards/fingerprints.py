"""Maker of fingerprints: what the images of a shard look like, as hashes and embeddings; and these, as others read them."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64, UInt8
from PIL import Image
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save
from scipy.fft import dctn

from experiments.contract.artifacts import ArtifactStore, Manifest, NewFile, Product, Workshop
from experiments.contract.errors import InputError
from experiments.contract.fields import build
from experiments.contract.recipes import ShardContents, ShardFingerprints
from experiments.datasets.images import cut_square
from experiments.datasets.sources import frame_center
from experiments.methods.exemplars import as_tensor
from experiments.methods.shards.contents import BINARY, Contents, require_unchanged
from experiments.methods.shards.looking import GROUND, Seen, look
from model_zoo.activations import aggregate, batch_size, layer_output
from model_zoo.address import UnitAddress
from model_zoo.catalogue import aggregation_of
from model_zoo.loading import LoadedModel, load

HASHED_SIDE, FREQUENCIES = 32, 8
PLAIN = 1.0
"""Standard deviation in gray levels below which an image has nothing to hash."""


@dataclass(frozen=True, kw_only=True)
class Fingerprints:
    """A row for each sample of a shard."""

    hashes: UInt8[np.ndarray, "sample 8"]
    hashed: Bool[np.ndarray, " sample"]
    """Whether it has a hash: it can be read and is not plain."""
    sizes: Int64[np.ndarray, " sample"]
    """Pixels of the image; 0 where it cannot be read."""
    unreadable: Mapping[int, str]
    """Why not, by row."""

    @classmethod
    def of(cls, shard: Manifest, *, store: ArtifactStore) -> Self:
        """What a worker made of a shard."""
        arrays = load_arrays(store.read_blob(shard.file("table").sha256))
        reasons = json.loads(store.read_blob(shard.file("unreadable").sha256))
        return cls(**arrays, unreadable={int(row): reason for row, reason in reasons.items()})


def make(recipe: ShardFingerprints, workshop: Workshop) -> Product:
    """Decode every image of a shard once, hash it, and show it to the network.

    Raises:
        InputError: The shard changed since it was listed, or the network gives something that is no number.
    """
    shard = build(ShardContents, {name: getattr(recipe, name) for name in ("path", "bytes", "modified_ns")})
    listed = workshop.obtain(shard)
    spans = Contents.of(listed, store=workshop.store).images
    model = load(recipe.model, device=workshop.device)
    require_unchanged(recipe)
    prints, embeddings = _look_at_all(spans, recipe, model=model, workshop=workshop)
    require_unchanged(recipe)
    table = save({"hashes": prints.hashes, "hashed": prints.hashed, "sizes": prints.sizes})
    reasons = json.dumps(prints.unreadable).encode()
    files = [
        NewFile(name="table", content=table, media_type=BINARY),
        NewFile(name="embeddings", content=array_bytes(embeddings), media_type=BINARY),
        NewFile(name="unreadable", content=reasons, media_type="application/json"),
    ]
    values = {"samples": len(spans), "unreadable": len(prints.unreadable), "weights_sha256": model.card.weights.sha256}
    return Product(new_files=files, values=values, parents=[listed.digest])


def perceptual_hash(image: Image.Image) -> UInt8[np.ndarray, "8"] | None:
    """64 bits: which of the 8 x 8 lowest frequencies of the image at 32 x 32 px are above their median; None where all is plain.

    By the cosine transform, after Zauner 2010.
    """
    small = np.asarray(image.convert("L").resize((HASHED_SIDE, HASHED_SIDE), Image.Resampling.LANCZOS), np.float64)
    if small.std() < PLAIN:
        return None
    low = dctn(small, norm="ortho")[:FREQUENCIES, :FREQUENCIES].ravel()
    return np.packbits(low > np.median(low))


def array_bytes(array: np.ndarray) -> bytes:
    """An array as .npy."""
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


def _look_at_all(
    spans: Int64[np.ndarray, "sample 2"], recipe: ShardFingerprints, *, model: LoadedModel, workshop: Workshop
) -> tuple[Fingerprints, Float[np.ndarray, "sample channel"]]:
    """Fingerprints and embeddings of all images of a shard."""
    path, step = Path(recipe.path), batch_size(recipe.resolution, device=model.device)
    embeddings = np.zeros((len(spans), model.card.layers[recipe.layer].channels), np.float16)
    hashes, hashed = np.zeros((len(spans), FREQUENCIES), np.uint8), np.zeros(len(spans), bool)
    sizes = np.zeros(len(spans), np.int64)
    unreadable: dict[int, str] = {}
    for first in range(0, len(spans), step):
        workshop.report(first, len(spans), f"fingerprints of {path.name}")
        seen = look(path, spans[first : first + step], shorter_side=2 * recipe.resolution)
        whole = {row: one for row, one in enumerate(seen, start=first) if isinstance(one, Seen)}
        unreadable |= {row: one for row, one in enumerate(seen, start=first) if isinstance(one, str)}
        for row, one in whole.items():
            sizes[row], own = one.pixels, perceptual_hash(one.image)
            hashed[row], hashes[row] = own is not None, 0 if own is None else own
        if whole:
            squares = [_center(one.image, side=recipe.resolution) for one in whole.values()]
            embeddings[[*whole]] = _embed(squares, recipe, model=model)
    return Fingerprints(hashes=hashes, hashed=hashed, sizes=sizes, unreadable=unreadable), embeddings


def _center(image: Image.Image, *, side: int) -> UInt8[np.ndarray, "side side 3"]:
    """The published center crop; no chance is in it."""
    return cut_square(image, frame_center(image.size, 0, np.random.default_rng(0)).box, side=side, gray=GROUND[0])


def _embed(
    images: Sequence[UInt8[np.ndarray, "side side 3"]], recipe: ShardFingerprints, *, model: LoadedModel
) -> Float[np.ndarray, "image channel"]:
    """Embeddings of length 1."""
    aggregation = aggregation_of(UnitAddress.parse(f"{recipe.model}/{recipe.layer}:0"))
    with torch.inference_mode():
        output = layer_output(model, recipe.layer, images=as_tensor(np.stack(images), device=model.device))
        numbers = aggregate(output, aggregation=aggregation).float()
        embeddings: Float[np.ndarray, "image channel"] = torch.nn.functional.normalize(numbers).cpu().numpy()
    if not np.isfinite(embeddings).all():
        message = f"{recipe.layer} of {recipe.model} gives something that is no number"
        raise InputError(field="model", message=message, remedy="Look at the weights of the network, or choose an earlier layer")
    return embeddings
