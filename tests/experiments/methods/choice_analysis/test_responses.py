"""What a table of responses may hold, which of its sessions count, and for whom they speak."""

import pytest

from experiments.contract.errors import InputError
from experiments.methods.choice_analysis.responses import Responses, read_responses
from tests.experiments.methods.response_tables import Row, row, table

pytestmark = pytest.mark.unit


def read(*rows: Row) -> Responses:
    return read_responses(table(rows), conditions=("natural", "synthetic"))


def test_people_experts_and_each_simulated_observer_are_groups_of_their_own():
    found = read(
        row("b", kind="bot", observer="lapsing"),
        row("a", kind="bot", observer="Ideal 2"),
        row("u", kind="bot"),
        row("e", cohort="expert"),
        row("p"),
        row("q"),
    )

    assert [(group.name, group.sessions, group.simulated) for group in found.groups] == [
        ("people", 2, False),
        ("experts", 1, False),
        ("simulated", 1, True),
        ("simulated Ideal 2", 1, True),
        ("simulated lapsing", 1, True),
    ]
    assert all("not people" in group.title for group in found.groups if group.simulated)


def test_groups_have_different_names_for_files_whatever_observers_are_called():
    found = read(*(row(name, kind="bot", observer=name) for name in ("größe", "gr e", "日本", "a/b", "a b", "a b 2")))

    slugs = [group.slug for group in found.groups]
    assert len(set(slugs)) == 6
    assert all(set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789_") for slug in slugs)


def test_sessions_are_left_out_for_a_reason():
    reasons = {
        "preview": {"kind": "preview"},
        "pilot": {"kind": "pilot"},
        "unfinished": {"session_state": "running"},
        "withdrawn": {"session_state": "withdrawn"},
        "expired": {"session_state": "expired"},
        "returned": {"session_state": "returned"},
        "failed checks": {"passed_checks": 0},
        "counted": {"passed_checks": 1},
    }

    found = read(*(row(name, **values) for name, values in reasons.items()), row("preview", kind="preview"))

    assert dict(zip(found.sessions["session_id"], found.sessions["status"], strict=True)) == {name: name for name in reasons}
    assert set(found.answers["session_id"]) == {"counted"}


def test_columns_that_are_not_needed_may_be_absent():
    needed = ("session_id", "session_kind", "session_state", "condition", "trial_kind", "unit", "correct")
    content = table([{name: row()[name] for name in needed}], without="")
    for absent in set(row()) - set(needed):
        content = content.replace(absent.encode(), b"unused_" + absent.encode())

    (answer,) = read_responses(content, conditions=()).answers.to_dict("records")

    assert (answer["group"], answer["trial_condition"], answer["model"], answer["layer"]) == ("people", "natural", "m", "l")
    assert answer["rt_s"] != answer["rt_s"]


def test_conditions_stand_in_the_given_order_and_others_by_name():
    found = read(*(row(name, condition=name) for name in ("zeta", "synthetic", "alpha", "natural")))

    assert list(found.answers["condition"].cat.categories) == ["natural", "synthetic", "alpha", "zeta"]


@pytest.mark.parametrize(
    ("unit", "model", "layer"),
    [
        ("googlenet.tf_in1k/mixed4a:17@c,c", "googlenet.tf_in1k", "mixed4a"),
        ("m/blocks.0/conv:3", "m", "blocks.0/conv"),
        ("unit 7", "unknown", "unknown"),
    ],
)
def test_model_and_layer_come_from_the_address(unit: str, model: str, layer: str):
    (answer,) = read(row(unit=unit)).answers.to_dict("records")

    assert (answer["model"], answer["layer"]) == (model, layer)


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ({"rt": 1500}, 1.5),
        ({"rt": "", "flags": "rt_missing"}, None),
        ({"rt": -20, "flags": "rt_negative"}, None),
        ({"rt": 0}, None),
        ({"rt": 30, "flags": "odd rt_impossible"}, None),
        ({"rt": 900, "flags": "clock_jump"}, None),
        ({"rt": 900, "flags": "something_else"}, 0.9),
    ],
)
def test_only_well_measured_times_are_used(values: Row, seconds: float | None):
    found = read(row(**values)).answers["rt_s"].tolist()

    assert found == [pytest.approx(seconds)] if seconds else found[0] != found[0]


def test_answers_without_right_or_wrong_are_no_trials():
    found = read(row(), row("s2", correct=""), row("s3", trial_kind="rating", correct="", rating=-30))

    assert len(found.trials("main")) == 1
    assert found.trials("rating")["rating"].tolist() == [-30]


def test_a_table_from_a_spreadsheet_can_be_read():
    content = b"\xef\xbb\xbf" + table([row("ä", unit="m/l:0")]).replace(b"\n", b"\r\n")

    assert read_responses(content, conditions=()).answers["session_id"].tolist() == ["ä"]


def test_a_table_without_responses_has_no_groups():
    assert read().groups == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no column session_id"),
        (table([row()], without="condition"), "no column condition"),
        (table([row()]).replace(b"observer", b"cohort"), "two columns of one name"),
        (b"\xff\xfe", "cannot be read as CSV"),
        (table([row()]) + b'"open', "cannot be read as CSV"),
        (table([row()]) + b"s2,live\n", "response 2 has 2 fields"),
        (table([row()]) + b"," * 40 + b"\n", "response 2 has 41 fields"),
        (table([row(), row("s2", correct=2)]), "after 1 responses: '2' in column correct"),
        (table([row(correct="yes")]), "'yes' in column correct"),
        (table([row(confidence=4)]), "in column confidence"),
        (table([row(rt="soon")]), "'soon' in column rt"),
        (table([row(rt="inf")]), "'inf' in column rt"),
        (table([row(rt="nan")]), "'nan' in column rt"),
        (table([row(trial_kind="Main")]), "'Main' in column trial_kind"),
        (table([row(cohort="friends")]), "'friends' in column cohort"),
        (table([row(passed_checks="maybe")]), "'maybe' in column passed_checks"),
        (table([row("")]), "in column session_id"),
        (table([row(correct="", trial_kind="rating", rating=101)]), "in column rating"),
        (table([row(response_id=name) for name in ("r1", "r2", "r1")]), "after 2 responses: 'r1' in column response_id"),
        (table([row(choice="left", correct_choice="right")]), "in column correct"),
        (table([row(), row(session_state="running")]), "'running' in column session_state"),
        (table([row(), row(kind="bot")]), "'bot' in column session_kind"),
    ],
)  # fmt: skip
def test_a_table_that_contradicts_its_columns_is_refused(content: bytes, message: str):
    with pytest.raises(InputError) as caught:
        read_responses(content, conditions=())

    assert caught.value.field == "table"
    assert message in caught.value.message
    assert caught.value.remedy
