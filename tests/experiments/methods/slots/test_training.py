"""A training of slots that was interrupted, its measures, and what it makes of annotations."""

from pathlib import Path

import numpy as np
import pytest
import torch

from experiments.contract.artifacts import ArtifactStore
from experiments.contract.recipes import Training
from experiments.datasets.scenes.sprites import SpriteScenes
from experiments.methods.metrics.clustering import pair_scores
from experiments.methods.slots.evaluation import active_slots, mask_scores, segment
from experiments.methods.slots.hints import annotated_boxes
from experiments.methods.slots.objectives import Objective
from experiments.methods.slots.task import SlotTask
from experiments.methods.training.checkpoints import Checkpoints
from experiments.methods.training.loop import train
from experiments.methods.training.plan import Plan
from model_zoo.sources.slot_attention import SlotAttentionNetwork

pytestmark = pytest.mark.unit
SCENES = SpriteScenes(side=16, smallest=0.15, largest=0.2).render(48, seed=0)


def _network() -> SlotAttentionNetwork:
    torch.manual_seed(0)
    return SlotAttentionNetwork(side=16, patch=4, dim=8, width=16, rounds=2, slots=4)


def _trained(store: ArtifactStore, *, stop_at: int | None = None) -> SlotAttentionNetwork:
    network = _network()
    hints = annotated_boxes(SCENES, annotated="one", slots=4)
    task = SlotTask(
        network=network,
        scenes=SCENES,
        objective=Objective(),
        slots=4,
        batch=8,
        seed=5,
        device="cpu",
        measured=lambda: {"error": float(segment(network, SCENES, slots=4, seed=0, device="cpu", hints=hints).errors.mean())},
        hints=hints,
    )

    def report(done: int, _total: int, _doing: str) -> None:
        if done == stop_at:
            raise KeyboardInterrupt

    checkpoints = Checkpoints(store=store, recipe=Training(paper="zimmermann2023_slots", seeds=(5,)))
    train(
        task,
        plan=Plan(steps=60, learning_rate=3e-3, measure_every=60, keep_every=20),
        checkpoints=checkpoints,
        report=report,
        doing="",
    )
    return network


def test_resumed_training_is_the_uninterrupted_one(tmp_path: Path) -> None:
    whole = _trained(ArtifactStore(str(tmp_path / "whole")))
    broken = ArtifactStore(str(tmp_path / "broken"))

    with pytest.raises(KeyboardInterrupt):
        _trained(broken, stop_at=31)
    resumed = _trained(broken)

    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)


def test_training_lowers_the_error(tmp_path: Path) -> None:
    before = segment(_network(), SCENES, slots=4, seed=0, device="cpu").errors.mean()

    after = segment(_trained(ArtifactStore(str(tmp_path))), SCENES, slots=4, seed=0, device="cpu").errors.mean()

    assert after < 0.7 * before


def test_true_labels_score_one_everywhere() -> None:
    scores = mask_scores(SCENES.labels, SCENES.labels)

    for name in ("precision", "recall", "ari", "all_precision", "all_recall", "all_ari", "best_overlap", "iou"):
        assert np.allclose(scores[name], 1), name
    assert (scores["active"] == 4).all()


def test_foreground_ignores_how_the_background_is_split() -> None:
    split = SCENES.labels.copy()
    split[(SCENES.labels == 0) & (np.arange(16) < 8)] = 9

    scores = mask_scores(SCENES.labels, split)

    assert np.allclose(scores["recall"], 1)
    assert (scores["all_recall"] < 1).all()
    assert np.allclose(scores["all_precision"], 1)
    flat = SCENES.labels.reshape(len(SCENES), -1), split.reshape(len(SCENES), -1)
    assert np.array_equal(scores["all_recall"], pair_scores(*flat).recall)


def test_slots_of_a_few_pixels_are_not_active() -> None:
    labels = np.zeros((1, 16, 16), dtype=int)
    labels[0, 0, :2], labels[0, 4:8, 4:8] = 1, 2

    assert active_slots(labels).tolist() == [2]


def test_annotations_are_of_no_object_of_one_or_of_all() -> None:
    assert annotated_boxes(SCENES, annotated="none", slots=4) is None
    one, all_boxes = (annotated_boxes(SCENES, annotated=how, slots=4) for how in ("one", "all"))

    assert one is not None
    assert all_boxes is not None
    assert one.shape == (48, 1, 4)
    assert all_boxes.shape == (48, 3, 4)
    assert torch.equal(one[:, 0], all_boxes[:, 0])
    # Centers of what is seen are near those that were drawn.
    assert np.abs(all_boxes[..., :2].numpy() - SCENES.factors[..., :2]).mean() < 0.04


def test_no_more_boxes_are_told_than_there_are_slots() -> None:
    boxes = annotated_boxes(SCENES, annotated="all", slots=2)

    assert boxes is not None
    assert boxes.shape == (48, 2, 4)
