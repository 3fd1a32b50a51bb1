"""The analysis of the 2-AFC study, of one network and of several."""

import pytest

from experiments.methods.choice_analysis.findings import Findings
from experiments.papers.zimmermann2023_scale.analysis import analyze_table
from experiments.papers.zimmermann2023_scale.networks import NETWORKS
from tests.experiments.methods.response_tables import Row, row, study, table
from tests.experiments.papers.findings import assert_sound, claims_of, rows_of

pytestmark = pytest.mark.integration
ONE = "efficientnet_lite0.in1k"


def units(model: str, count: int = 8) -> list[str]:
    return [f"{model}/_blocks.{i}:{i}" for i in range(count)]


def of_model(model: str, accuracies: dict[str, float], *, seed: int = 0) -> list[Row]:
    return list(study(accuracies, units=units(model), sessions=6, trials=8, seed=seed, name=model, choices=("upper", "lower")))


@pytest.fixture(scope="module")
def several() -> Findings:
    """Seven networks, the better the more parameters they have; the first with harder queries too."""
    networks = sorted(NETWORKS, key=lambda network: network.parameters.value)[:7]
    rows = [one for i, n in enumerate(networks) for one in of_model(n.names[0], {"natural": 0.6 + 0.05 * i, "synthetic": 0.6})]
    hard = {"natural_medium": 0.7, "natural_hard": 0.6, "natural_very_hard": 0.55, "synthetic_hard": 0.5}
    return analyze_table(table(rows + of_model(networks[0].names[0], hard)))


@pytest.fixture(scope="module")
def one() -> Findings:
    return analyze_table(table([*of_model(ONE, {"natural": 0.9, "synthetic": 0.6}), row("v", kind="preview")]))


def test_everything_that_was_found_can_be_downloaded(several: Findings, one: Findings):
    assert_sound(several)
    assert_sound(one)


def test_several_networks_have_the_headline_as_figure_and_claims(several: Findings):
    trends = {(t["condition"], t["fact"]): t for t in rows_of(several, "scale_trend")}

    assert trends["natural", "parameters"]["n"] == 7
    assert trends["natural", "parameters"]["rho"] > 0.7
    assert trends["natural_hard", "parameters"]["why_not"] == "scale needs several models; the parameters of 1 are known"
    assert {"scale_people", "models_people"} <= {figure.name for figure in several.figures}
    value, holds = claims_of(several)["no_improvement_with_parameters"]
    assert holds is False
    assert value.startswith("natural ρ = ")


def test_harder_queries_are_conditions_of_their_own(several: Findings):
    assert [found["condition"] for found in rows_of(several, "accuracy")] == [
        "natural", "natural_medium", "natural_hard", "natural_very_hard", "synthetic", "synthetic_hard",
    ]  # fmt: skip


def test_models_stand_in_the_order_of_the_paper(several: Findings):
    models = [found["network"] for found in rows_of(several, "models", condition="natural")]

    assert models == [network.title for network in NETWORKS if network.title in models]
    assert len(rows_of(several, "models_pairwise", condition="natural")) == 21


def test_one_network_says_that_scale_needs_several(one: Findings):
    assert {found["why_not"] for found in rows_of(one, "models_omnibus")} == {"only one model was asked about"}
    assert rows_of(one, "scale_trend")[0]["why_not"].startswith("scale needs several models")
    assert not {figure.name for figure in one.figures} & {"scale_people", "models_people"}
    assert claims_of(one)["no_improvement_with_parameters"] == (None, None)
    assert claims_of(one)["natural_beats_synthetic"][1] is True


def test_accuracy_runs_along_the_layers_of_a_known_model(one: Findings):
    assert [(found["model"], found["n"]) for found in rows_of(one, "layer_trend")] == [(ONE, 8), (ONE, 8)]
    assert "layers_people" in {figure.name for figure in one.figures}


def test_previews_are_left_out_and_counted(one: Findings):
    assert one.result["computed_from"]["sessions_left_out"] == {"preview": 1}


def test_few_networks_cannot_be_judged():
    rows = [one for i, n in enumerate(NETWORKS[:3]) for one in of_model(n.names[0], {"natural": 0.8}, seed=i)]

    value, holds = claims_of(analyze_table(table(rows)))["no_improvement_with_top1"]

    assert value.startswith("natural ρ")
    assert holds is None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row()],
        [row("a", unit="googlenet/l:0"), row("b", unit="resnet50/l:0")],
        [row(str(i), unit=f"{m}/l:{i}", correct=0) for m in ("googlenet", "resnet50", "convnext_b") for i in range(3)],
        [row(str(i), unit=f"{m}/l:{i}", correct=int(m != "m0")) for m in ("m0", "m1") for i in range(3)],
    ],
    ids=["empty", "one answer", "two models", "all wrong", "no overlap"],
)
def test_tables_that_say_little_are_analyzed_all_the_same(rows: list[Row]):
    assert_sound(analyze_table(table(rows)))
