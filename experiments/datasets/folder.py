"""A folder of the user's images, one image a source, cropped as published."""

from pathlib import Path

from experiments.contract.errors import InputError
from experiments.datasets.sources import Source, frame_center

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}


def folder(path: Path) -> list[Source]:
    """The images anywhere below a folder, in the order of their names.

    Raises:
        InputError: There is no such folder, or no image in it.
    """
    if not path.is_dir():
        raise InputError(
            field="pool",
            message=f"{str(path)!r} is neither a pool nor a folder",
            remedy="Give photographs, stamps, digits, photographs+stamps, or a folder of images",
        )
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not files:
        raise InputError(field="pool", message=f"there are no images in {path}", remedy="Give a folder of PNG or JPEG files")
    return [Source(name=str(file.relative_to(path)), path=file, frame=frame_center, variants=1) for file in files]
