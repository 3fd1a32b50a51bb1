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

from experiments.contract.errors import InputError
from experiments.datasets.archives import SUFFIXES, expand
from experiments.methods.shards.samples import samples

CAPTION = ".txt"


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Where the pairs of some shards lie; a row a pair, as there may be many millions."""

    paths: Sequence[Path]
    spans: Int64[np.ndarray, "pair 3"]
    """Number of the shard, first byte, byte behind the last."""

    @classmethod
    def listed(cls, pattern: str) -> Self:
        """All samples with an image.

        Raises:
            InputError: There are none, or a shard cannot be read to its end.
        """
        paths = expand(pattern)
        rows = []
        for number, path in enumerate(paths):
            found, broken = samples(path)
            if broken:
                message = f"{path} {broken.reason}"
                raise InputError(field="shards", message=message, remedy="Give whole tar files, or leave this one out")
            rows += [(number, sample.start, sample.stop) for sample in found if sample.image]
        if not rows:
            raise InputError(
                field="shards", message=f"there is no image in {pattern}", remedy="Give shards of images and captions"
            )
        return cls(paths=paths, spans=np.array(rows, np.int64))

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
                if (body := archive.extractfile(member)) is not None:
                    parts[Path(member.name).suffix.lower()] = body.read()
        image = next((body for suffix, body in parts.items() if suffix in SUFFIXES), None)
        if image is None or CAPTION not in parts:
            message = f"pair {number}, in {self.paths[shard]}, lacks an image or a caption"
            raise InputError(field="shards", message=message, remedy=f"Give shards with an image and a {CAPTION} each sample")
        try:
            return Image.open(io.BytesIO(image)).convert("RGB"), parts[CAPTION].decode(errors="replace")
        except OSError as error:
            message = f"the image of pair {number}, in {self.paths[shard]}, cannot be read ({error})"
            raise InputError(field="shards", message=message, remedy="Leave out what cannot be decoded") from error
