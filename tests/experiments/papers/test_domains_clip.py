"""CLIP on shards: what it learns, in which order, from which shards, and its loss."""

import io
import tarfile
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch

from experiments.contract.errors import InputError
from experiments.contract.fields import build
from experiments.contract.recipes import Run
from experiments.datasets.images import png
from experiments.methods.contrastive.pair_loss import pair_nce
from experiments.papers.mayilvahanan2025_domains.clip.configuration import ClipConfiguration
from experiments.papers.mayilvahanan2025_domains.clip.pairs import Pairs
from experiments.papers.mayilvahanan2025_domains.clip.training import ClipTask
from experiments.papers.mayilvahanan2025_domains.train import (
    SLUG,
    clip_stage,
    shard_list,
)
from tests.experiments.methods.workshops import new_workshop


@pytest.mark.integration
def test_clip_learns_pairs_of_shards(tmp_path: Path):
    path = tmp_path / "pairs-000.tar"
    with tarfile.open(path, "w") as archive:
        for number in range(24):
            color = [(255, 0, 0), (0, 0, 255)][number % 2]
            pixels = np.full((32, 32, 3), color, np.uint8)
            for name, content in (("png", png(pixels)), ("txt", f"a {['red', 'blue'][number % 2]} card {number}".encode())):
                member = tarfile.TarInfo(f"{number:04d}.{name}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    vision = {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16, "head_width": 32}
    changes = {"embed_dim": 16, "vision_cfg": vision, "text_cfg": {"context_length": 8, "width": 32, "heads": 2, "layers": 1}}
    sizes = {"batch": 8, "held_out": 8, "steps": 4, "warm_up": 1, "measure_every": 2, "keep_every": 2, "learning_rate": 3e-3}
    recipe = Run(paper=SLUG, settings={"part": "clip", "shards": str(path), "clip": {"changes": changes, **sizes}})
    workshop = new_workshop(tmp_path / "store")

    workshop.obtain(recipe)
    listing = workshop.obtain(shard_list(recipe)).digest
    made = workshop.store.manifest(clip_stage(recipe, listing=listing).digest)

    assert made is not None
    assert made.values["pairs"] == 24
    assert 0 < made.values["held_out_loss"] < 1.5 * np.log(8)
    assert made.parents == (listing,)
    # Of 16 pairs, 8 a step, each comes once in an epoch; the next one has another order.
    about = build(ClipConfiguration, {"listing": listing, "changes": changes, **sizes})
    task = ClipTask(about, pairs=Pairs.listed(listing, workshop=workshop), seed=0, device="cpu")
    steps = [task.numbers(step).tolist() for step in range(4)]
    assert sorted(steps[0] + steps[1]) == sorted(steps[2] + steps[3]) == list(range(16))
    assert steps[0] + steps[1] != steps[2] + steps[3]
    assert task.numbers(1).tolist() == steps[1]
    # A shard that was written anew is another list, and the earlier one trains nothing any more.
    path.write_bytes(path.read_bytes() + bytes(512))
    assert clip_stage(recipe, listing=workshop.obtain(shard_list(recipe)).digest).digest != made.digest
    with pytest.raises(InputError, match="changed since it was listed"):
        Pairs.listed(listing, workshop=workshop)


@pytest.mark.unit
def test_the_loss_of_pairs_is_that_of_open_clip():
    generator = torch.Generator().manual_seed(0)
    images, captions = torch.nn.functional.normalize(torch.randn(2, 6, 5, generator=generator), dim=-1)

    ours = pair_nce(images, captions, temperature=1 / 14.0)

    torch.testing.assert_close(ours, open_clip.ClipLoss()(images, captions, torch.tensor(14.0)))
