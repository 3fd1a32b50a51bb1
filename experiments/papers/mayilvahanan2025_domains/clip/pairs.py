"""Pairs of image and caption in WebDataset shards, read by number where they lie. Called by the training of CLIP."""

import io
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from jaxtyping import Int64
from PIL import Image

from experiments.contract.artifacts import Workshop
from experiments.contract.errors import InputError
from experiments.contract.fields import build, require
from experiments.contract.recipes import ShardContents
from experiments.datasets.archives import SUFFIXES
from experiments.datasets.images import UNREADABLE, open_foreign
from experiments.methods.shards.contents import Contents, require_unchanged
from experiments.methods.shards.listed import Listed

CAPTION = ".txt"


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Where the pairs of some shards lie; a row a pair, as there may be many millions."""

    paths: Sequence[Path]
    spans: Int64[np.ndarray, "pair 3"]
    """Number of the shard, first byte, byte behind the last."""

    @classmethod
    def listed(cls, listing: str, *, workshop: Workshop) -> Self:
        """All samples with an image in the shards of a list; what lies where is known from their contents in the store.

        Raises:
            InputError: There are none, a shard changed since it was listed, or one cannot be read to its end.
        """
        found = Listed.of(listing, workshop)
        for broken in found.lost["broken"]:
            message = f"{broken['shard']} {broken['reason']}"
            raise InputError(field="shards", message=message, remedy="Give whole tar files, or leave this one out")
        for shard in found.shards:
            require_unchanged(build(ShardContents, shard))
        spans = [_spans(number, contents) for number, contents in enumerate(found.contents())]
        together = np.concatenate(spans)
        require(len(together) > 0, "shards", "there is no image in the shards", "Give shards of images and captions")
        return cls(paths=[Path(str(shard["path"])) for shard in found.shards], spans=together)

    def __len__(self) -> int:
        return len(self.spans)

    def read(self, number: int) -> tuple[Image.Image, str]:
        """Image and caption of one.

        Raises:
            InputError: It has no caption, or an image that cannot be read.
        """
        shard, start, stop = self.spans[number].tolist()
        with self.paths[shard].open("rb") as file:
            file.seek(start)
            content = file.read(stop - start)
        parts: dict[str, bytes] = {}
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for member in archive:
                if member.isfile() and (body := archive.extractfile(member)) is not None:
                    parts[Path(member.name).suffix.lower()] = body.read()
        image = next((body for suffix, body in parts.items() if suffix in SUFFIXES), None)
        if image is None or CAPTION not in parts:
            message = f"pair {number}, in {self.paths[shard]}, lacks an image or a caption"
            raise InputError(field="shards", message=message, remedy=f"Give shards with an image and a {CAPTION} each sample")
        try:
            return open_foreign(io.BytesIO(image)).convert("RGB"), parts[CAPTION].decode(errors="replace")
        except UNREADABLE as error:
            message = f"the image of pair {number}, in {self.paths[shard]}, cannot be read ({error})"
            raise InputError(field="shards", message=message, remedy="Leave out what cannot be decoded") from error


def _spans(number: int, contents: Contents) -> Int64[np.ndarray, "pair 3"]:
    """Of the samples of a shard that have an image."""
    has_image = contents.images[:, 1] > 0
    whole: Int64[np.ndarray, "pair 3"] = np.insert(contents.spans[has_image], 0, number, axis=1)
    return whole
