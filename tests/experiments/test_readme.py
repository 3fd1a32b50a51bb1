"""Tables of results in READMEs by command: from real results, again without a change, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from experiments import papers
from experiments.__main__ import main
from experiments.commands.readme import BEGIN, END, fill, tables
from experiments.commands.report import FoundResult, found_results
from experiments.contract.errors import InputError

pytestmark = pytest.mark.unit
SLUG = "geirhos2024_fooling"
ENVIRONMENT = {"cores": 2, "cpu": "Slow 1000", "machine": "x86_64", "device": "cpu"}


def claim(name: str, value: str | None, *, holds: bool | None) -> dict[str, Any]:
    return {"id": name, "statement": f"{name} | holds", "reported": ".99", "source": "p. 1", "value": value, "holds": holds}


def write_result(
    folder: Path, claims: list[dict[str, Any]], *, settings: dict[str, Any] | None = None, preset: str = "cpu", **more: Any
) -> None:
    folder.mkdir(parents=True)
    recipe = {"kind": "run", "paper": SLUG, "preset": preset, "seed": 3, "settings": settings or {}}
    result = {"paper": SLUG, "recipe": recipe, "claims": claims, "environment": ENVIRONMENT, **more}
    (folder / "result.json").write_text(json.dumps(result))


@pytest.fixture
def readme(tmp_path: Path) -> Path:
    """The README of a paper in a folder of its own."""
    path = tmp_path / "papers" / SLUG / "README.md"
    path.parent.mkdir(parents=True)
    path.write_text(f"# A paper\n\n{BEGIN}\nof long ago\n{END}\n\nThe end.\n")
    return path


def test_a_table_stands_between_the_markers_and_again_is_the_same(tmp_path: Path, readme: Path):
    results = tmp_path / "results"
    claims = [claim("a", "1.0\n± 0", holds=True), claim("b", ".1", holds=False), claim("c", None, holds=None)]
    write_result(results / "one", claims, settings={"part": "x"}, warnings=["it cannot identify"])
    stages = [{"digest": "d", "seeds": [0, 1], "steps": 3000, "seconds": 90}] * 2
    (results / "one" / "stages.json").write_text(json.dumps(stages))

    paths = fill(found_results(results), papers_folder=readme.parents[1])
    first = readme.read_text()
    fill(found_results(results), papers_folder=readme.parents[1])

    assert paths == [readme]
    assert readme.read_text() == first
    assert first.splitlines() == [
        *("# A paper", "", BEGIN, "| claim | reported | ours | holds |", "|---|---|---|---|"),
        "| a \\| holds | .99 | 1.0 ± 0 | **holds** |",
        "| b \\| holds | .99 | .1 | **fails** |",
        "| c \\| holds | .99 | no data at this scale | not judged |",
        "",
        'Preset `cpu`, seed 3, `part="x"`; 2 trainings of 2 seeds, 6,000 steps in 3.0 min; 2 cores of Slow 1000, device cpu. '
        "Warning: it cannot identify.",
        *(END, "", "The end."),
    ]


def test_results_of_parts_list_each_claim_where_there_is_data_for_it(tmp_path: Path):
    write_result(tmp_path / "one", [claim("a", "1", holds=True), claim("b", None, holds=None), claim("c", None, holds=None)])
    write_result(tmp_path / "two", [claim("a", None, holds=None), claim("b", "2", holds=True), claim("c", None, holds=None)])

    first, second = tables(found_results(tmp_path)).split("\n\n| claim")

    assert [name in first for name in ("| a ", "| b ", "| c ")] == [True, False, True]
    assert [name in second for name in ("| a ", "| b ", "| c ")] == [False, True, False]


@pytest.mark.parametrize("text", ["# No markers\n", f"{BEGIN}\n", f"{END}\n{BEGIN}\n", f"{BEGIN}\n{BEGIN}\n{END}\n"])
def test_a_readme_without_its_markers_is_refused_and_not_changed(tmp_path: Path, readme: Path, text: str):
    readme.write_text(text)
    write_result(tmp_path / "results" / "one", [claim("a", "1", holds=True)])

    with pytest.raises(InputError, match="Write a line <!-- results --> and, below it, a line <!-- /results -->"):
        fill(found_results(tmp_path / "results"), papers_folder=readme.parents[1])

    assert readme.read_text() == text


def test_a_result_of_no_paper_is_refused_by_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "result.json").write_text(json.dumps({"paper": "nobody2000_nothing", "claims": []}))

    assert main(["readme", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("paper: 'nobody2000_nothing' is unknown")


def test_a_result_says_without_its_stages_what_it_knows():
    result = {"recipe": {"preset": "smoke", "seed": 0, "settings": {}}, "claims": [], "environment": ENVIRONMENT}

    assert tables([FoundResult(folder=Path("/nowhere"), result=result)]).endswith(
        "Preset `smoke`, seed 0; 2 cores of Slow 1000, device cpu."
    )


def test_what_the_smallest_preset_found_is_left_out_by_the_command(
    tmp_path: Path, readme: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(papers, "__path__", [str(readme.parents[1])])
    for preset in ("cpu", "smoke"):
        write_result(tmp_path / "results" / preset, [claim(preset, "1", holds=True)], preset=preset)

    assert main(["readme", str(tmp_path / "results")]) == 0
    left_out = f"left out: {tmp_path}/results/smoke, whose preset smoke claims nothing"
    assert capsys.readouterr().out.splitlines() == [left_out, str(readme)]
    assert "| cpu \\| holds |" in readme.read_text()
    assert "smoke" not in readme.read_text()
