"""Cards, the check of units, the draw of units, and the command line over them."""

from collections import Counter
from pathlib import Path

import pytest

from model_zoo import catalogue
from model_zoo.__main__ import main
from model_zoo.address import UnitAddress
from model_zoo.catalogue import Layer, card, check_unit, draw_units, eligible_layers, model_ids
from model_zoo.errors import InputError

pytestmark = pytest.mark.unit

MODEL = "efficientnet_lite0.in1k"


def checked(unit: str, *, aggregation: str = "mean") -> str:
    return str(check_unit(UnitAddress.parse(unit), aggregation=aggregation))


def test_check_unit_takes_the_verbatim_name():
    assert checked(f"{MODEL}/_blocks.10:5") == f"{MODEL}/_blocks.10:5"


def test_check_unit_resolves_the_name_of_lucent():
    assert checked(f"{MODEL}/_blocks_10__project_conv:5") == f"{MODEL}/_blocks.10._project_conv:5"


def test_check_unit_lists_the_candidates_of_an_ambiguous_name(monkeypatch: pytest.MonkeyPatch):
    layers = {"a.b_c": Layer(channels=1, layout="BCHW"), "a_b.c": Layer(channels=1, layout="BCHW")}
    ambiguous = catalogue.ModelCard(**{**vars(card(MODEL)), "layers": layers})
    monkeypatch.setattr(catalogue, "card", lambda _id: ambiguous)

    with pytest.raises(InputError, match=r"a\.b_c, a_b\.c"):
        checked(f"{MODEL}/a_b_c:0")


@pytest.mark.parametrize(
    ("unit", "aggregation", "field", "message"),
    [
        ("resnet.x/_blocks.10:5", "mean", "unit", MODEL),
        (f"{MODEL}/_block.10:5", "mean", "unit", "_blocks.10"),
        (f"{MODEL}/_blocks.10:112", "mean", "unit", "0 to 111"),
        (f"{MODEL}/_blocks.10:5@1,1", "mean", "aggregation", "together"),
        (f"{MODEL}/_blocks.10:5", "position", "aggregation", "together"),
        (f"{MODEL}/_fc:5@1,1", "position", "aggregation", "mean"),
        (f"{MODEL}/_blocks.10:5", "tokens", "aggregation", "mean or position"),
    ],
)
def test_check_unit_says_what_is_wrong(unit: str, aggregation: str, field: str, message: str):
    with pytest.raises(InputError) as raised:
        checked(unit, aggregation=aggregation)

    assert raised.value.field == field
    assert message in str(raised.value)


def test_models_whose_weights_always_are_there_come_first():
    assert model_ids()[0] == MODEL
    assert len(set(model_ids())) == len(model_ids()) >= 10


def test_eligible_layers_are_the_blocks():
    assert eligible_layers(MODEL) == tuple(f"_blocks.{i}" for i in range(16))


def test_draw_units_is_uniform_over_layers_first():
    units = [UnitAddress.parse(unit) for unit in draw_units(MODEL, count=800, seed=1)]

    early = Counter(unit.layer for unit in units)["_blocks.15"]
    # 320 of 1808 channels lie in the last block; drawn by layer first it gets about a sixteenth, at first more than that
    # because small blocks run out.
    assert len(set(units)) == 800
    assert 40 < early < 120


def test_draw_units_depends_on_the_seed_alone():
    assert draw_units(MODEL, count=5, seed=3) == draw_units(MODEL, count=5, seed=3) != draw_units(MODEL, count=5, seed=4)


def test_draw_units_refuses_more_than_there_are():
    with pytest.raises(InputError, match="1808"):
        draw_units(MODEL, count=1809, seed=1)


def test_main_lists_models(capsys: pytest.CaptureFixture[str]):
    assert main(["list"]) == 0
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()] == list(model_ids())


def test_main_says_which_weights_are_there(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("ZOO_DIR", str(tmp_path))
    (tmp_path / "googlenet.tf_in1k").mkdir()
    (tmp_path / "googlenet.tf_in1k" / "inception5h.pth").touch()

    assert main(["list"]) == 0

    there = {line.split("\t")[0] for line in capsys.readouterr().out.splitlines() if line.endswith("are there")}
    assert there == {MODEL, "googlenet.tf_in1k"}


def test_main_shows_a_card(capsys: pytest.CaptureFixture[str]):
    assert main(["show", "resnet50.tv_in1k"]) == 0

    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["top-1", "0.7613", "(reported)"] in rows
    assert ["layer2.0.conv3", "512", "BCHW", "*"] in rows
    assert ["layer2", "512", "BCHW"] in rows
    assert ["layer1.0.relu", "it", "runs", "3", "times", "in", "a", "forward", "pass"] in rows


def test_main_prints_addresses_that_exist(capsys: pytest.CaptureFixture[str]):
    assert main(["units", MODEL, "--layer", "_blocks_1"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed == [f"{MODEL}/_blocks.1:{channel}" for channel in range(24)]
    assert [checked(unit) for unit in printed] == printed


def test_main_answers_bad_input_with_one_line(capsys: pytest.CaptureFixture[str]):
    assert main(["show", "nothing"]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
