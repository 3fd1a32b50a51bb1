"""The samples of a WebDataset shard: files that stand together under one key, and where they lie. Called by `contents`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from webdataset.tariterators import base_plus_ext

from experiments.contract.errors import InputError
from experiments.contract.fields import require
from experiments.datasets.archives import BLOCK, Member, Skipped, is_image, members
from experiments.datasets.images import Span

META = re.compile("__[^/]*__($|/)")
"""How names begin of files that tell of the shard."""
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """All files of a sample."""

    key: str
    kinds: tuple[str, ...]
    """What follows the key in the names of its files: `jpg`, `txt`."""
    start: int
    """Bytes of the tar file from `start` to `stop` are its files with their headers."""
    stop: int
    image: Span | None
    """Where its first image lies, if it has one."""


def samples(path: Path) -> tuple[list[Sample], Skipped | None]:
    """The whole samples in a tar file, and how it broke off, if it did.

    The sample before a break is used if it has all kinds of files that the one before it has; the first one has none to compare.

    Raises:
        InputError: Two samples have the same key, or a key is no line of text, as lists of keys need it.
    """
    files, broken = members(path)
    found = [_sample(key, kinds, group) for key, kinds, group in _groups(files)]
    keys: set[str] = set()
    for sample in found:
        _require_line(sample.key, path=path)
        if sample.key in keys or len(set(sample.kinds)) < len(sample.kinds):
            message = f"{path} has two samples with the key {sample.key}"
            raise InputError(field="shards", message=message, remedy="Give shards in which every sample has a key of its own")
        keys.add(sample.key)
    if broken and found and (len(found) == 1 or not set(found[-1].kinds) >= set(found[-2].kinds)):
        lost = broken.images_lost + (found[-1].image is not None)
        broken = Skipped(shard=broken.shard, reason=broken.reason, images_lost=lost)
        found.pop()
    return found, broken


def _require_line(key: str, *, path: Path) -> None:
    # tarfile reads bytes that are no UTF-8 as lone surrogates.
    fit = len(key.splitlines()) == 1 and not SURROGATE.search(key)
    message = f"{path} has a sample with the key {key!r}, which is no line of UTF-8 text"
    require(fit, "shards", message, "Give shards whose files are named so, or leave this one out")


def _groups(files: list[Member]) -> Iterator[tuple[str, tuple[str, ...], list[Member]]]:
    """Files that follow each other under one key; those that WebDataset passes over belong to none."""
    key = ""
    kinds: list[str] = []
    group: list[Member] = []
    for file in files:
        base, kind = base_plus_ext(file.name)
        if not base or META.match(file.name):
            continue
        if base != key and group:
            yield key, tuple(kinds), group
            kinds, group = [], []
        key = base
        kinds.append(kind)
        group.append(file)
    if group:
        yield key, tuple(kinds), group


def _sample(key: str, kinds: tuple[str, ...], group: list[Member]) -> Sample:
    offset, size = group[-1].span
    images = [member.span for member in group if is_image(member.name)]
    stop = offset + -(-size // BLOCK) * BLOCK
    return Sample(key=key, kinds=kinds, start=group[0].header, stop=stop, image=images[0] if images else None)
