"""The command line: what it prints, what it writes, and one line with exit code 2 for bad input."""

import hashlib
import json
from pathlib import Path

import pytest
from PIL import Image

from experiments import registry
from experiments.__main__ import main

pytestmark = pytest.mark.unit
UNIT = "efficientnet_lite0.in1k/_blocks.3:1"
LINK = "http://127.0.0.1:1/p/12345678-1234-1234-1234-123456789012/"


def test_list_prints_every_paper(capsys: pytest.CaptureFixture[str]):
    code = main(["list"])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert [line.split()[0] for line in lines] == list(registry.experiments())


@pytest.mark.integration
def test_stimulus_writes_images_and_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("ARTIFACT_URL", str(tmp_path / "artifacts"))
    words = ["stimulus", "exemplars", "--unit", UNIT, "--set", "k=2", "--set", "pool_size=32", "--set", "pool_resolution=64"]

    code = main([*words, "--set", "size=48", "--out", str(tmp_path / "out")])

    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    images = sorted(path.name for path in (tmp_path / "out").glob("*.png"))
    assert code == 0, capsys.readouterr().err
    assert images == ["max_000.png", "max_001.png", "min_000.png", "min_001.png"]
    assert Image.open(tmp_path / "out" / "max_000.png").size == (48, 48)
    assert manifest["recipe"]["unit"] == UNIT


@pytest.mark.integration
def test_stimulus_blurs_an_exemplar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("ARTIFACT_URL", str(tmp_path / "artifacts"))
    fields = ["pool_size=32", "pool_resolution=64", "size=64", "shown_size=48", "stride=16", "sigma=5"]
    words = ["stimulus", "blur", "--unit", UNIT, *(word for field in fields for word in ("--set", field))]

    code = main([*words, "--out", str(tmp_path / "out")])

    assert code == 0, capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == ["base.png", "map.png", "max.png", "min.png"]
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["recipe"]["sigma"] == 5.0


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["stimulus", "exemplars", "--unit", "nonsense"], "unit"),
        (["stimulus", "exemplars", "--unit", "no_such_model/layer:1"], "unit"),
        (["stimulus", "exemplars", "--unit", "efficientnet_lite0.in1k/_blocks.3:100000"], "unit"),
        (["stimulus", "occlusion", "--unit", UNIT, "--set", "color=red"], "color"),
        (["stimulus", "occlusion", "--unit", UNIT, "--set", "patch=2"], "patch"),
        (["stimulus", "occlusion", "--unit", UNIT, "--set", "sigma=2"], "sigma"),
        (["stimulus", "blur", "--unit", UNIT, "--set", "sigma=0"], "sigma"),
        (["stimulus", "blur", "--unit", UNIT, "--set", "fill=gray"], "fill"),
        (["stimulus", "feature_visualization", "--unit", UNIT, "--set", "steps=many"], "steps"),
        (["stimulus", "feature_visualization", "--unit", UNIT, "--set", "steps"], "set"),
        (["stimulus", "occlusion", "--unit", UNIT, "--set", "image=/no/such/image.png"], "image"),
        (["bot", "--link", "http://127.0.0.1/elsewhere/"], "link"),
        (["bot", "--link", "ftp://127.0.0.1/p/12345678-1234-1234-1234-123456789012/"], "link"),
        (["bot", "--link", "not a link"], "link"),
        (["bot", "--link", LINK, "--sessions", "0"], "sessions"),
        (["bot", "--link", LINK, "--seed", "-1"], "seed"),
        (["bot", "--link", LINK, "--truth", "/no/such/file.json"], "truth"),
        (["bot", "--link", LINK, "--dropout", "2"], "dropout"),
        (["bot", "--link", LINK, "--observer", "random", "--set", "courage=1"], "courage"),
        (["bot", "--link", LINK, "--observer", "noisy", "--alpha", "3"], "alpha"),
        (["bot", "--link", LINK, "--observer", "noisy", "--set", "lapse=2"], "lapse"),
        (["bot", "--link", LINK, "--observer", "similarity", "--weights", "/no/such/file"], "backbone"),
        (["bot", "--link", LINK, "--observer", "similarity", "--backbone", "/no/such/file"], "weights"),
        (["bot", "--link", LINK, "--observer", "random"], "link"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    words: list[str], field: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("ARTIFACT_URL", str(tmp_path / "artifacts"))

    code = main([*words, *(["--out", str(tmp_path / "out")] if words[0] == "stimulus" else [])])

    error = capsys.readouterr().err
    assert code == 2
    assert error.startswith(f"{field}: ")
    assert error.count("\n") == 1


def test_the_files_of_a_measure_are_named_with_their_sha256(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    weights = tmp_path / "lpips.safetensors"
    weights.write_bytes(b"lin")

    code = main(["bot", "--link", LINK, "--observer", "similarity", "--weights", str(weights), "--backbone", "/no/such/file"])

    output = capsys.readouterr()
    assert (code, output.err.split(":")[0]) == (2, "weights")
    assert output.out == f"weights {weights} sha256 {hashlib.sha256(b'lin').hexdigest()}\n"


def test_a_folder_that_cannot_be_made_is_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").write_text("")

    code = main(["stimulus", "exemplars", "--unit", UNIT, "--out", str(tmp_path / "file" / "out")])

    error = capsys.readouterr().err
    assert (code, error.count("\n")) == (2, 1)
    assert str(tmp_path / "file") in error


@pytest.mark.parametrize("words", [[], ["run"], ["stimulus", "blot"], ["bot"], ["bot", "--link", LINK, "--observer", "expert"]])
def test_unknown_words_are_refused_with_exit_code_2(words: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught:
        main(words)

    assert caught.value.code == 2
