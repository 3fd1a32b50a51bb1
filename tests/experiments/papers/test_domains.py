"""Mayilvahanan et al. 2025: sets with exact counts, what is measured of them, CLIP on shards, and what a quick run makes."""

import io
import itertools
import json
import tarfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from scipy.special import expit, logit

from experiments.contract.artifacts import NewFile, Product
from experiments.contract.errors import InputError
from experiments.contract.fields import build
from experiments.contract.local_models import bring_models, model_id
from experiments.contract.recipes import Run, Training
from experiments.datasets.domains import DOMAINS, domain_images, read
from experiments.datasets.images import png
from experiments.methods.contrastive.pair_loss import pair_nce
from experiments.methods.domains.labelling import domains_of
from experiments.papers.mayilvahanan2025_domains.claims import CLAIMS
from experiments.papers.mayilvahanan2025_domains.classifier.configuration import ClassifierConfiguration
from experiments.papers.mayilvahanan2025_domains.classifier.labels import Answers, by_people, read_answers
from experiments.papers.mayilvahanan2025_domains.classifier.words import warnings_of
from experiments.papers.mayilvahanan2025_domains.clip.configuration import ClipConfiguration
from experiments.papers.mayilvahanan2025_domains.clip.network import network_configuration
from experiments.papers.mayilvahanan2025_domains.clip.pairs import Pairs
from experiments.papers.mayilvahanan2025_domains.clip.training import ClipTask
from experiments.papers.mayilvahanan2025_domains.figures.classifier import confusion_figure
from experiments.papers.mayilvahanan2025_domains.mixing.captions import captions_of
from experiments.papers.mayilvahanan2025_domains.mixing.configuration import MixingConfiguration
from experiments.papers.mayilvahanan2025_domains.mixing.images import hashes, held_out_views, nearest, training_images
from experiments.papers.mayilvahanan2025_domains.mixing.measures import effective_robustness, mixing_metrics
from experiments.papers.mayilvahanan2025_domains.mixing.subsets import draw
from experiments.papers.mayilvahanan2025_domains.mixing.task import Contrastive, Supervised
from experiments.papers.mayilvahanan2025_domains.train import (
    KIND,
    SLUG,
    cells_of,
    classifier_stage,
    clip_stage,
    scale_of,
    shard_list,
)
from model_zoo.catalogue import eligible_layers
from tests.experiments.methods.workshops import new_workshop

TINY = {"objects": 3, "views": 8, "test_views": 4, "widths": [8, 8, 8], "images": 16, "batch": 8, "steps": 2, "apart": 0}
SHARDS = "/data/{000..146}.tar"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    """A whole run of the preset that shows that the stages fit together."""
    folder: Path = tmp_path_factory.mktemp("domains")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_DIR", str(folder / "zoo"))
        workshop = new_workshop(folder / "store")
        recipe = Run(paper=SLUG, preset="smoke", seed=2)
        yield workshop, recipe, workshop.obtain(recipe)


@pytest.mark.unit
def test_sets_have_exact_counts_and_renditions_that_are_nested_over_shares():
    drawn = {}
    for share in (0.0, 0.031, 0.25, 0.5, 1.0):
        configuration = MixingConfiguration(objects=5, views=20, images=97, batch=8, renditions=share)
        drawn[share] = draw(configuration, seed=3)
        assert Counter(drawn[share].domains)["rendition"] == round(share * 97) == configuration.counts["rendition"]
    sets = {
        share: {
            domain: {slot for slot, own in zip(one.slots.tolist(), one.domains, strict=True) if own == domain}
            for domain in DOMAINS
        }
        for share, one in drawn.items()
    }
    shares = sorted(sets)
    for smaller, larger in itertools.pairwise(shares):
        assert sets[smaller]["rendition"] < sets[larger]["rendition"]
        assert sets[larger]["natural"] < sets[smaller]["natural"]
    half = draw(MixingConfiguration(objects=5, views=20, images=40, batch=8), seed=3)
    assert len(set(half.slots.tolist())) == 40
    assert set(half.slots.tolist()) < sets[0.0]["natural"]
    assert set(Counter((half.slots % 5).tolist()).values()) == {8}
    assert not np.array_equal(half.slots, draw(MixingConfiguration(objects=5, views=20, images=40, batch=8), seed=4).slots)


@pytest.mark.unit
def test_shares_that_are_both_rounded_up_fill_the_set_and_no_more():
    halves = MixingConfiguration(objects=16, views=64, images=1023, renditions=0.5, ambiguous=0.5)

    assert halves.counts == {"rendition": 512, "ambiguous": 511, "natural": 0}
    assert len(draw(halves, seed=0).domains) == 1023


@pytest.mark.unit
def test_no_test_image_is_like_one_that_sets_are_drawn_from():
    near = held_out_views(3, 8, 4, side=32, domain="natural", apart=0)
    far = held_out_views(3, 8, 4, side=32, domain="natural", apart=14)
    seen = np.concatenate([hashes(training_images(3, 8, side=32, domain=domain)) for domain in DOMAINS])

    assert near.removed == 0
    assert len(near.images) == 12
    assert far.removed > 0
    assert len(far.images) == 12 - far.removed == len(far.labels) == len(far.styles)
    assert nearest(hashes(far.images), seen).min() >= 14
    assert nearest(seen, seen).max() == 0
    with pytest.raises(InputError) as refused:
        held_out_views(3, 8, 4, side=32, domain="natural", apart=64)
    assert refused.value.field == "apart"


@pytest.mark.unit
@pytest.mark.parametrize("kind", [Contrastive, Supervised])
def test_a_step_is_the_same_whatever_came_before(kind: type[Contrastive]):
    task = kind(build(MixingConfiguration, {**TINY, "renditions": 0.5, "ambiguous": 0.25}), seed=1, device="cpu")

    at_first = task.loss(7).item()
    task.measure()
    task.loss(3)

    assert task.loss(7).item() == at_first != task.loss(8).item()


@pytest.mark.unit
def test_captions_are_the_words_of_their_domain():
    found = captions_of(["peacock", "sea horse"])

    assert found.words.shape == (3, 3, 2, 6)
    assert found.vocabulary == 1 + len(set(found.words.unique().tolist()) - {0})
    # "a photo of a peacock" and "a photo of a sea horse" begin alike.
    assert found.words[0, 0, 0, :4].equal(found.words[0, 0, 1, :4])
    assert (found.words[0, 0, 0] == 0).sum() == 1


@pytest.mark.unit
def test_curves_have_their_best_share_inside_where_it_is():
    natural = np.array([0.9, 0.88, 0.86, 0.3])[:, None, None] + np.zeros((4, 3, 5))
    rendition = np.array([0.1, 0.5, 0.7, 0.75])[:, None, None] + np.zeros((4, 3, 5))
    reference = {"natural": natural[1:2], "rendition": np.full((1, 3, 5), 0.4)}

    found = mixing_metrics(natural, rendition, shares=[0, 0.1, 0.5, 1], reference=reference, seed=0)

    assert found["best"]["arithmetic"]["share"] == found["best"]["harmonic"]["share"] == 0.5
    assert found["best"]["arithmetic"]["interval"] == [0.5, 0.5]
    assert found["best"]["arithmetic"]["over_first"]["mean"] == pytest.approx(0.78 - 0.5)
    assert found["curves"]["relative_rendition"]["mean"] == pytest.approx([0.25, 1.25, 1.75, 1.875])
    assert found["curves"]["gap"]["mean"][0] == pytest.approx(0.8)
    assert found["contamination"]["mean"] == pytest.approx([4.0, 0.5, 0.1])


@pytest.mark.unit
def test_intervals_draw_seeds_and_objects_and_leave_out_what_was_not_measured():
    natural, rendition = np.random.default_rng(0).random((2, 2, 3, 40))
    natural[:, :, 7] = np.nan
    reference = {"natural": natural[:1], "rendition": rendition[:1]}

    found = mixing_metrics(natural, rendition, shares=[0, 1], reference=reference, seed=0)["curves"]["natural"]

    assert found["mean"] == pytest.approx(np.nanmean(natural, axis=(1, 2)))
    # Independent values: about the error of a mean over all of them.
    spread = np.nanstd(natural[0]) / np.sqrt(3 * 39)
    assert 2 * spread < found["high"][0] - found["low"][0] < 8 * spread


@pytest.mark.unit
def test_draws_of_objects_without_test_images_are_left_out_and_a_domain_without_any_is_refused():
    natural, rendition = np.random.default_rng(0).random((2, 2, 3, 2))
    # A quarter of all draws are of this object alone.
    natural[:, :, 1] = np.nan
    reference = {"natural": natural[:1], "rendition": rendition[:1]}

    found = mixing_metrics(natural, rendition, shares=[0, 1], reference=reference, seed=0)

    assert json.dumps(found, allow_nan=False)
    with pytest.raises(InputError) as refused:
        mixing_metrics(natural * np.nan, rendition, shares=[0, 1], reference=reference, seed=0)
    assert refused.value.field == "apart"


@pytest.mark.unit
def test_effective_robustness_is_what_exceeds_the_line_of_the_references():
    sizes = np.array([0.2, 0.5, 0.8])[:, None, None] + np.zeros((3, 2, 4))
    references = {"natural": sizes, "rendition": expit(0.7 * logit(sizes) - 1)}

    found = effective_robustness(np.full((1, 2, 4), 0.6), np.full((1, 2, 4), 0.9), references=references, seed=0)

    assert (found["slope"], found["intercept"]) == pytest.approx((0.7, -1))
    expected = 0.9 - expit(0.7 * logit(0.6) - 1)
    # All seeds and objects are alike here, and so are all draws of them.
    assert [found["residuals"][name][0] for name in ("mean", "low", "high")] == pytest.approx([expected] * 3)


@pytest.mark.unit
def test_intervals_of_effective_robustness_are_those_of_lines_fitted_to_each_draw():
    rng = np.random.default_rng(3)
    natural, rendition = rng.uniform(0.2, 0.8, (2, 2, 3, 30))
    references = {
        name: np.linspace(0.3, 0.6, 4)[:, None, None] + rng.uniform(-0.2, 0.2, (4, 3, 30)) for name in ("natural", "rendition")
    }

    found = effective_robustness(natural, rendition, references=references, seed=0)

    points = [logit(references[name].mean(axis=2).ravel()) for name in ("natural", "rendition")]
    slope, intercept = np.polyfit(*points, 1)
    residuals = rendition.mean(axis=(1, 2)) - expit(slope * logit(natural.mean(axis=(1, 2))) + intercept)
    assert found["residuals"]["mean"] == pytest.approx(residuals)
    assert all(
        low < value < high
        for low, value, high in zip(*(found["residuals"][name] for name in ("low", "mean", "high")), strict=True)
    )


@pytest.mark.unit
@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"scale": {"shares": [0.5, 0.1]}}, "shares"),
        ({"scale": {"sizes": [4096]}}, "images"),
        ({"scale": {"mixing": {"layers": 3}}}, "layers"),
        ({"part": "clip"}, "shards"),
        ({"labels": "abc"}, "labels"),
        ({"shards": "shards"}, "shards"),
        ({"scale": {"mixing": [1]}}, "mixing"),
        ({"clip": {"network": "coca_ViT-B-32"}}, "network"),
        ({"clip": {"network": "roberta-ViT-B-32"}}, "network"),
        ({"clip": {"network": "ViT-B-32", "changes": {"vision_cfg": {"patches": 3}}}}, "changes"),
        ({"clip": {"network": "ViT-B-32", "changes": {"text_cfg": 3}}}, "changes"),
        ({"clip": {"listing": "0" * 64}}, "clip"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object], field: str):
    recipe = Run(paper=SLUG, preset="cpu", settings=settings)

    with pytest.raises(InputError) as refused:
        scale_of(recipe), classifier_stage(recipe), clip_stage(recipe, listing="0" * 64)

    assert refused.value.field == field


@pytest.mark.unit
def test_the_published_scale_can_be_built():
    recipe = Run(paper=SLUG, preset="paper", settings={"shards": SHARDS})
    cells = cells_of(recipe)
    stage = clip_stage(recipe, listing="0" * 64)
    clip = build(ClipConfiguration, {name: value for name, value in stage.configuration.items() if name != KIND})

    assert {cell.share for cell, _ in cells} >= {0.0, 0.016, 0.97, 1.0}
    assert len({training.digest for _, training in cells}) == len(cells)
    assert network_configuration(clip) == open_clip.get_model_config("ViT-B-32")


@pytest.mark.integration
def test_a_run_makes_every_stage_and_judges_nothing_at_this_scale(made):
    workshop, recipe, manifest = made
    result = json.loads(workshop.store.read_blob(manifest.file("result.json").sha256))

    assert set(result["metrics"]) == {"classifier", "contrastive_24", "supervised_24"}
    assert [claim["id"] for claim in result["claims"] if claim["holds"] is not None] == []
    assert [figure["name"] for figure in result["figures"]] == ["precision_recall", "confusion", "shares"]
    assert len(manifest.parents) == 1 + len(cells_of(recipe))
    assert workshop.store.read_blob(manifest.file("domains.png").sha256).startswith(b"\x89PNG")


@pytest.mark.integration
def test_the_classifier_is_a_model_that_labels_images_of_any_size(made):
    workshop, recipe, _ = made
    training = classifier_stage(recipe)
    name = model_id(training.digest)
    bring_models(name, store=workshop.store)
    listed = domain_images("test")[::10]

    found = domains_of(name, (read(image, side=64) for image in listed))

    sure = [(label, image.domain) for label, image in zip(found, listed, strict=True) if label != "ambiguous"]
    # Of the listed images two in five are renditions.
    assert found.count("rendition") > 5
    assert np.mean([label == domain for label, domain in sure]) > 0.6
    assert eligible_layers(name)[:2] == ("blocks.0", "blocks.1")


@pytest.mark.integration
@pytest.mark.parametrize(("group", "simulated"), [("people", []), ("simulated lapsing", ["simulated lapsing"])])
def test_labels_of_a_study_take_the_place_of_the_making_and_tell_whose_they_are(made, group: str, simulated: list[str]):
    workshop, _recipe, _ = made
    listed = [image for part in ("train", "validation", "test") for image in domain_images(part)[::11]]
    # Two of the three call what is ambiguous a rendition.
    rows = [
        f"{image.name},p{person},{'rendition' if person and image.domain == 'ambiguous' else image.domain},{group}"
        for image in listed
        for person in range(3)
    ]
    study = Training(paper=SLUG, configuration={"stands_for": f"the analysis of a study of {group}"})
    table = NewFile(
        name="labels.csv", content="\n".join(["image,participant,label,group", *rows]).encode(), media_type="text/csv"
    )
    digest = workshop.store.publish(study, Product(new_files=[table]), provenance={}).digest
    about = ClassifierConfiguration(labels=digest, side=48, precision=0.6)

    values = workshop.obtain(Training(paper=SLUG, configuration={**asdict(about), KIND: "classifier"})).values
    result = {"recipe": {"preset": "cpu"}, "metrics": {"classifier": values}}
    told = {claim.id: (claim.check(result) or ("",))[0] for claim in CLAIMS}["agreement"]

    labels = by_people(read_answers(digest, store=workshop.store))
    assert Counter(labels["test"].labels).keys() == {"natural", "rendition"}
    assert sum(values["images"].values()) == len(listed)
    assert [one["images"] for one in values["annotators"]] == [values["images"]["test"]] * 3
    assert {one["group"] for one in values["annotators"]} == {group}
    assert values["test"]["low"] <= values["test"]["kappa"] <= values["test"]["high"]
    assert values["simulated"] == simulated
    assert ("simulated annotators" in told) == bool(simulated) == bool(warnings_of(values))
    assert f"with 3 single annotators ({group})" in told
    assert f"[{values['test']['low']:.2f}, {values['test']['high']:.2f}]" in told
    assert (b"imulated annotators" in confusion_figure(values).content) == bool(simulated)


@pytest.mark.unit
def test_an_image_without_a_majority_is_ambiguous():
    one, two = domain_images("test", domains=("natural",))[:2]
    labels = {"p": {one.name: "natural", two.name: "natural"}, "q": {one.name: "rendition", two.name: "natural"}}

    found = by_people(Answers(labels=labels))["test"]

    assert dict(zip([image.name for image in found.images], found.labels, strict=True)) == {
        one.name: "ambiguous",
        two.name: "natural",
    }


@pytest.mark.integration
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"image,label,group\n", "has no rows"),
        (b"image,participant,label,group\nanimals/birds/peacock:0:photograph,p,fresco,people\n", "'fresco' is no domain"),
        (None, "has no file labels.csv"),
    ],
)
def test_labels_that_cannot_be_read_are_refused(made, content: bytes | None, told: str):
    workshop, _, _ = made
    study = Training(paper=SLUG, configuration={"stands_for": told})
    files = [] if content is None else [NewFile(name="labels.csv", content=content)]
    digest = workshop.store.publish(study, Product(new_files=files), provenance={}).digest

    with pytest.raises(InputError, match=told):
        read_answers(digest, store=workshop.store)


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
