"""WebDataset shards of real images with captions, among which duplicates are planted, and what is made of them."""

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from experiments.contract.recipes import ShardContents, ShardList
from experiments.datasets.pool import open_pool
from experiments.workshop import LocalWorkshop

SIDE = 160
Files = Mapping[str, bytes]
"""Of a sample, by what follows the key in their names."""


def pictures(count: int) -> list[Image.Image]:
    """Different photographic stamps on plain grays."""
    pool = open_pool("stamps", size=count, seed=5)
    return [Image.fromarray(pool.read(index, side=SIDE).pixels) for index in range(count)]


def encoded(image: Image.Image, *, quality: int = 92, format: str = "JPEG") -> bytes:
    content = io.BytesIO()
    image.save(content, format=format, quality=quality)
    return content.getvalue()


def sample(key: str, image: bytes) -> Files:
    return {"jpg": image, "txt": f"a photo of {key}".encode(), "json": json.dumps({"key": key}).encode()}


def write_shard(path: Path, samples: Mapping[str, Files]) -> Path:
    """Each file with a time of change and an owner of its own, which a copy has to keep."""
    with tarfile.open(path, "w") as archive:
        for number, (key, files) in enumerate(samples.items()):
            for kind, content in files.items():
                member = tarfile.TarInfo(f"{key}.{kind}")
                member.size, member.mtime, member.uname = len(content), 1_700_000_000 + number, "someone"
                archive.addfile(member, io.BytesIO(content))
    return path


def dealt(folder: Path, samples: Mapping[str, Files], *, shards: int) -> list[Path]:
    """The samples dealt to shards like cards."""
    folder.mkdir(parents=True, exist_ok=True)
    items = list(samples.items())
    return [write_shard(folder / f"{number:03d}.tar", dict(items[number::shards])) for number in range(shards)]


def listing(paths: Sequence[Path], workshop: LocalWorkshop) -> str:
    """The digest of the list of these shards as they are now."""
    shards = [ShardContents.at(path).as_json() for path in paths]
    fields = ("path", "bytes", "modified_ns")
    return workshop.obtain(ShardList(shards=tuple({name: shard[name] for name in fields} for shard in shards))).digest
