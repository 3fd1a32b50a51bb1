"""WebDataset shards: tar files of images, read where they lie; a broken one gives what stands before the break."""

import mmap
import re
import tarfile
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path, PurePosixPath

from experiments.contract.errors import InputError
from experiments.datasets.images import Span
from experiments.datasets.sources import Source, frame_center

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp"}
MAX_SHARDS = 100_000
BRACES = re.compile(r"\{([^{}]*)\}")
NUMBERS = re.compile(r"(\d+)\.\.(\d+)")
BLOCK = 512
"""Bytes; everything in a tar file begins at a multiple of it."""
MAGIC, MAGIC_AT, NAME_BYTES = b"ustar", 257, 100


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A shard that was not read to its end."""

    shard: str
    reason: str
    images_lost: int
    """At least so many: those that can still be recognized."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file in a tar file."""

    name: str
    header: int
    """Where its header begins, in bytes; what names it at length stands there too."""
    span: Span


def expand(pattern: str) -> list[Path]:
    """The paths that braces stand for: `/data/{000..146}.tar` for 147 of them, `{a,b}` for two.

    Raises:
        InputError: They are more than `MAX_SHARDS`.
    """
    parts = BRACES.split(pattern)
    choices = [_choices(part) if number % 2 else [part] for number, part in enumerate(parts)]
    if prod(len(one) for one in choices) > MAX_SHARDS:
        message = f"{pattern!r} stands for more than {MAX_SHARDS} tar files"
        raise InputError(field="pool", message=message, remedy="Give fewer")
    return [Path("".join(chosen)) for chosen in product(*choices)]


def archives(paths: list[Path]) -> tuple[list[Source], list[Skipped]]:
    """The images in tar files, in their order there, one image a source; and the files that broke off.

    Raises:
        InputError: There is no image in any of them.
    """
    sources: list[Source] = []
    skipped: list[Skipped] = []
    for path in paths:
        found, broken = members(path)
        sources += [
            Source(name=f"{path.name}/{member.name}", path=path, frame=frame_center, variants=1, span=member.span)
            for member in found
            if is_image(member.name)
        ]
        skipped += [broken] if broken else []
    if not sources:
        reasons = f"; {skipped[0].shard} {skipped[0].reason}" if skipped else ""
        message = f"there are no images in the {len(paths)} tar files{reasons}"
        raise InputError(field="pool", message=message, remedy="Give whole tar files with PNG or JPEG files in them")
    return sources, skipped


def members(path: Path) -> tuple[list[Member], Skipped | None]:
    """The whole files in a tar file, in their order there, and how it broke off, if it did."""
    found: list[Member] = []
    lost, reason, end = 0, "", 0
    try:
        with tarfile.open(path, "r:") as archive:
            size = path.stat().st_size
            for member in archive:
                span = (member.offset_data, member.size)
                if member.isfile():
                    if sum(span) > size:
                        lost += is_image(member.name)
                    else:
                        found.append(Member(name=member.name, header=member.offset, span=span))
                if archive.offset <= member.offset:
                    raise tarfile.ReadError("a size that leads back")
                end = archive.offset
            reason = _break(path, end)
    except FileNotFoundError:
        reason = "does not exist"
    except (tarfile.TarError, OSError) as error:
        reason = f"cannot be read from byte {end} on ({error})"
    if not reason:
        return found, None
    return found, Skipped(shard=str(path), reason=reason, images_lost=lost + _recognizable(path, after=end))


def is_image(name: str) -> bool:
    """Whether a file is an image by its name."""
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def _break(path: Path, end: int) -> str:
    """What is wrong where an archive seems to end; nothing if the mark of its end stands there."""
    with path.open("rb") as file:
        file.seek(end)
        mark = file.read(BLOCK)
    if len(mark) < BLOCK:
        return f"is cut off at byte {min(end, path.stat().st_size)}"
    return f"is broken at byte {end}" if any(mark) else ""


def _recognizable(path: Path, *, after: int) -> int:
    """How many headers of images stand behind a break."""
    if not path.is_file() or path.stat().st_size <= after:
        return 0
    found = 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at = content.find(MAGIC, after)
        while at >= 0:
            header = at - MAGIC_AT
            if header % BLOCK == 0:
                found += is_image(content[header : header + NAME_BYTES].rstrip(b"\0").decode(errors="replace"))
            at = content.find(MAGIC, at + 1)
    return found


def _choices(inside: str) -> list[str]:
    """What the inside of a pair of braces stands for."""
    if numbers := NUMBERS.fullmatch(inside):
        first, last = numbers.groups()
        # One more than may be is enough to be refused.
        end = min(int(last), int(first) + MAX_SHARDS)
        return [f"{number:0{len(first)}}" for number in range(int(first), end + 1)]
    return inside.split(",")
