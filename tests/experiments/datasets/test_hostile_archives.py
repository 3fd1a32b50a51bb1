"""Tar files made to do harm: nothing is written, nothing outside of them is read, and reading ends."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from experiments.contract.errors import InputError
from experiments.datasets.archives import BLOCK, archives, expand, members
from experiments.datasets.pool import open_pool
from experiments.papers.mayilvahanan2025_domains.clip.pairs import Pairs

pytestmark = pytest.mark.unit
OUTSIDE = ("../../outside.png", "/outside.png", "..\\outside.png", "a/../../outside.png", "out\u202eside.png")


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (48, 48), (200, 10, 10)).save(file, format="PNG")
    return file.getvalue()


def add(archive: tarfile.TarFile, name: str, content: bytes = b"", *, kind: bytes = tarfile.REGTYPE, link: str = "") -> None:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, link, len(content)
    archive.addfile(member, io.BytesIO(content))


def test_names_that_lead_outside_are_only_names(tmp_path: Path) -> None:
    path = tmp_path / "inner" / "shard.tar"
    path.parent.mkdir()
    with tarfile.open(path, "w") as archive:
        for name in OUTSIDE:
            add(archive, name, picture())

    sources, broken = archives([path])
    pool = open_pool(str(path), size=len(OUTSIDE), seed=0)
    read = [pool.read(number, side=32) for number in range(len(pool))]

    assert [source.path for source in sources] == [path] * len(OUTSIDE)
    assert len(read) == len(OUTSIDE)
    assert not broken
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [path]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_links_and_devices_are_no_images(tmp_path: Path, kind: bytes) -> None:
    (tmp_path / "secret.png").write_bytes(picture())
    path = tmp_path / "shard.tar"
    with tarfile.open(path, "w") as archive:
        add(archive, "kept.png", picture())
        add(archive, "link.png", kind=kind, link=str(tmp_path / "secret.png"))

    found, broken = members(path)

    assert ([member.name for member in found], broken) == (["kept.png"], None)


def test_link_in_a_pair_of_image_and_caption_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "shard.tar"
    with tarfile.open(path, "w") as archive:
        add(archive, "0.png", picture())
        add(archive, "0.txt", kind=tarfile.SYMTYPE, link="/etc/hostname")
    pairs = Pairs(paths=[path], spans=np.array([[0, 0, path.stat().st_size]]))

    with pytest.raises(InputError, match="lacks an image or a caption"):
        pairs.read(0)


def test_size_that_leads_back_ends_the_reading(tmp_path: Path) -> None:
    """As in CVE-2025-8194: a negative size, over which readers go round for ever."""
    path = tmp_path / "shard.tar"
    with tarfile.open(path, "w") as archive:
        add(archive, "kept.png", picture())
        add(archive, "back.png", picture())
    with tarfile.open(path) as archive:
        at = archive.getmember("back.png").offset
    content = bytearray(path.read_bytes())
    content[at + 124 : at + 136] = (256**12 - BLOCK).to_bytes(12, "big")
    checked = content[at : at + 148] + b" " * 8 + content[at + 156 : at + BLOCK]
    content[at + 148 : at + 156] = b"%06o\0 " % sum(checked)
    path.write_bytes(content)

    found, broken = members(path)

    assert found[0].name == "kept.png"
    assert broken is not None


def test_compressed_archive_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "shard.tar"
    with tarfile.open(path, "w:gz") as archive:
        add(archive, "zeros.png", bytes(10_000_000))

    with pytest.raises(InputError, match="cannot be read"):
        archives([path])


@pytest.mark.parametrize("pattern", ["/data/{0..999999999999}.tar", "/data/{0..9999}-{0..9999}.tar", "/{a,b}/{00000..99999}.tar"])
def test_braces_that_stand_for_too_many_files_are_refused(pattern: str) -> None:
    with pytest.raises(InputError, match="more than") as raised:
        expand(pattern)

    assert raised.value.field == "pool"
