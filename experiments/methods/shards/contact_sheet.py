"""A picture of some groups of duplicates: people would rather look than believe a threshold. Called by `deduplication`."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageOps

from experiments.datasets.images import Span, decode
from experiments.methods.shards.contents import Contents
from experiments.methods.shards.listed import Listed
from experiments.methods.shards.relations import HOW, Relations

GROUPS, IMAGES = 5, 6
"""Groups of each search, and images of a group, that are shown at most."""
SIDE, LINE, GAP = 112, 14, 4
"""Of an image, of the text below it, and between images, in px."""
GROUND, INK = (255, 255, 255), (0, 0, 0)


def contact_sheet(relations: Relations, *, listed: Listed) -> UInt8[np.ndarray, "height width 3"]:
    """A row a group: the image that is kept, and those removed for it, each with the search that found it and how far it is.

    Of each search the pairs that are furthest apart come first: they are the ones to doubt.
    """
    rows = list(_groups(relations))
    size = (max(map(len, rows)) * (SIDE + GAP) + GAP, len(rows) * (SIDE + LINE + GAP) + GAP)
    sheet = Image.new("RGB", size, GROUND)
    draw = ImageDraw.Draw(sheet)
    for line, row in enumerate(rows):
        for column, (sample, text) in enumerate(row):
            corner = (GAP + column * (SIDE + GAP), GAP + line * (SIDE + LINE + GAP))
            sheet.paste(_thumbnail(sample, listed=listed), corner)
            draw.text((corner[0], corner[1] + SIDE), text, fill=INK)
    return np.asarray(sheet)


def _groups(relations: Relations) -> Iterator[list[tuple[int, str]]]:
    """Samples and texts of the groups that are shown."""
    for place, how in enumerate(HOW):
        own = np.flatnonzero(relations.how == place)
        by_distance = own[np.argsort(-relations.distance[own], kind="stable")]
        for kept in list(dict.fromkeys(relations.kept[by_distance].tolist()))[:GROUPS]:
            group = by_distance[relations.kept[by_distance] == kept][: IMAGES - 1]
            removed = [(int(relations.removed[at]), f"{how} {relations.distance[at]:.3g}") for at in group]
            yield [(kept, "kept"), *removed]


def _thumbnail(sample: int, *, listed: Listed) -> Image.Image:
    shard, row = listed.places(np.array([sample]))[0]
    offset, length = Contents.of(listed.manifests[shard], store=listed.store).images[row]
    span: Span = (int(offset), int(length))
    image = decode(Path(listed.shards[shard]["path"]), field="shards", span=span, shorter_side=2 * SIDE).image
    canvas = Image.new("RGB", image.size, GROUND)
    canvas.paste(image, mask=image if image.mode == "RGBA" else None)
    return ImageOps.pad(canvas, (SIDE, SIDE), color=GROUND)
