"""Mayilvahanan et al. 2025: which settings there are, whose labels a classifier learns, and what a quick run makes."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np
import open_clip
import pytest

from experiments.contract.artifacts import NewFile, Product
from experiments.contract.errors import InputError
from experiments.contract.fields import build
from experiments.contract.local_models import bring_models, model_id
from experiments.contract.recipes import Run, Training
from experiments.datasets.domains import domain_images, read
from experiments.methods.domains.labelling import domains_of
from experiments.papers.mayilvahanan2025_domains.claims import CLAIMS
from experiments.papers.mayilvahanan2025_domains.classifier.configuration import ClassifierConfiguration
from experiments.papers.mayilvahanan2025_domains.classifier.labels import Answers, by_people, read_answers
from experiments.papers.mayilvahanan2025_domains.classifier.words import warnings_of
from experiments.papers.mayilvahanan2025_domains.clip.configuration import ClipConfiguration
from experiments.papers.mayilvahanan2025_domains.clip.network import network_configuration
from experiments.papers.mayilvahanan2025_domains.figures.classifier import confusion_figure
from experiments.papers.mayilvahanan2025_domains.train import (
    KIND,
    SLUG,
    cells_of,
    classifier_stage,
    clip_stage,
    scale_of,
)
from model_zoo.catalogue import eligible_layers
from tests.experiments.methods.workshops import new_workshop

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
