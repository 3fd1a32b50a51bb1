"""Runs from the command line: result and figures on disk, claims printed, one page of all results, and what is refused."""

import json
import re
from pathlib import Path

import pytest

from experiments import registry
from experiments.__main__ import main

pytestmark = pytest.mark.integration
SLUG = "geirhos2024_fooling"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the result of a run of the theory, made from the command line."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARTIFACT_URL", str(folder / "artifacts"))
        code = main(["run", SLUG, "--seed", "3", "--set", "part=theory", "--out", str(folder / "results" / "theory")])
    assert code == 0
    return folder / "results"


def test_a_run_writes_recipe_metrics_claims_environment_and_figures(results: Path):
    result = json.loads((results / "theory" / "result.json").read_text())
    claims = {claim["id"]: claim for claim in result["claims"]}

    assert result["recipe"] == {
        **{"kind": "run", "paper": SLUG, "preset": "smoke", "seed": 3, "settings": {"part": "theory"}},
    }
    assert claims["theory"]["holds"] is True
    assert (claims["detector"]["value"], claims["detector"]["holds"]) == (None, None)
    assert {"python", "torch", "unitscope", "device", "cores"} <= set(result["environment"])
    assert [path.name for path in (results / "theory").glob("*.svg")] == [f"{figure['name']}.svg" for figure in result["figures"]]


def test_a_report_is_one_page_without_other_files(results: Path, capsys: pytest.CaptureFixture[str]):
    code = main(["report", str(results)])

    page = (results / "report.html").read_text()
    assert (code, capsys.readouterr().out) == (0, f"1 results in {results / 'report.html'}\n")
    assert "10 of 12 classes of functions fail" in page
    assert 'src="data:image/svg+xml;base64,' in page
    assert re.findall(r"(?:src|href)=\"(?!data:)", page) == []
    assert "http" not in re.sub(r"base64,[^\"]*", "", page)


def test_what_a_result_says_is_text_in_the_report(tmp_path: Path):
    claim = {
        "id": "x",
        "statement": "<script>alert(1)</script>",
        "reported": "a & b",
        "source": "p",
        "value": None,
        "holds": None,
    }
    (tmp_path / "result.json").write_text(json.dumps({"paper": "<b>", "claims": [claim]}))

    main(["report", str(tmp_path)])

    page = (tmp_path / "report.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["run", "nobody2000_nothing"], "paper"),
        (["run", "zimmermann2023_scale"], "paper"),
        (["run", SLUG, "--set", "part=everything"], "part"),
        (["run", SLUG, "--set", "courage=1"], "courage"),
        (["run", SLUG, "--set", "epochs=0"], "epochs"),
        (["run", SLUG, "--set", 'scale={"units": "many"}'], "units"),
        (["run", SLUG, "--set", "epochs"], "set"),
        (["run", SLUG, "--seed", "-1"], "seed"),
        (["run", SLUG, "--processes", "0"], "processes"),
        (["run", SLUG, "--preset", "paper"], "images"),
        (["run", SLUG, "--preset", "paper", "--set", "images=/imagenet"], "labeled"),
        (["report", "/no/such/folder"], "folder"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    words: list[str], field: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("ARTIFACT_URL", str(tmp_path / "artifacts"))

    code = main([*words, *(["--out", str(tmp_path / "out")] if words[0] == "run" else [])])

    error = capsys.readouterr().err
    assert code == 2
    assert error.startswith(f"{field}: ")
    assert error.count("\n") == 1


def test_a_file_that_is_no_result_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "result.json").write_text("{")

    assert main(["report", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("folder: ")


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["--set", "part=NaN"], "part"),
        (["--set", 'scale={"rate": [1e999]}'], "scale"),
        (["--device", "nonsense"], "device"),
    ],
)
def test_what_cannot_be_run_is_refused_by_its_field(
    words: list[str], field: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("ARTIFACT_URL", str(tmp_path / "artifacts"))

    assert main(["run", SLUG, "--out", str(tmp_path / "out"), *words]) == 2
    assert capsys.readouterr().err.startswith(f"{field}: ")


def test_an_unknown_preset_is_refused_with_exit_code_2(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught:
        main(["run", SLUG, "--preset", "huge"])

    assert caught.value.code == 2


def test_list_says_which_papers_run(capsys: pytest.CaptureFixture[str]):
    main(["list"])

    runs = [line.split()[0] for line in capsys.readouterr().out.splitlines() if "can be run" in line]
    assert runs == [slug for slug, paper in registry.experiments().items() if paper.runs]
    assert SLUG in runs
