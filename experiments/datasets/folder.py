"""The user's own images: a folder of files, of class folders or of tar files, or tar files by name; cropped as published."""

from collections.abc import Sequence
from pathlib import Path

from experiments.contract.errors import InputError
from experiments.datasets.archives import SUFFIXES, Skipped, archives, expand
from experiments.datasets.sources import Source, frame_center


def user_images(pool: str) -> tuple[Sequence[Source], Sequence[Skipped]]:
    """The images that a path names, one image a source, in the order of their names; and the tar files that broke off.

    Raises:
        InputError: There is no such folder or file, or no image in it.
    """
    if pool.endswith(".tar"):
        return archives(expand(pool))
    path = Path(pool)
    if not path.is_dir():
        raise InputError(
            field="pool",
            message=f"{pool!r} is neither a pool nor a folder",
            remedy="Give photographs, stamps or digits, a folder of images, or tar files as in /data/{000..146}.tar",
        )
    sources = folder(path)
    if sources:
        return sources, ()
    shards = sorted(path.glob("*.tar"))
    if not shards:
        remedy = "Give a folder of PNG or JPEG files, or of tar files"
        raise InputError(field="pool", message=f"there are no images in {path}", remedy=remedy)
    return archives(shards)


def folder(path: Path) -> list[Source]:
    """The images anywhere below a folder."""
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    return [Source(name=str(file.relative_to(path)), path=file, frame=frame_center, variants=1) for file in files]
