"""Truth files: which unit a trial is about, which query is better, and what is refused."""

from pathlib import Path

import pytest

from experiments.contract.errors import InputError
from experiments.methods.observers.truth import Truth, read_truth
from tests.experiments.methods.observers.seen_trials import STUDY, truth_file

pytestmark = pytest.mark.unit
UNITS = {"m/l:0": {"a": 1.0, "b": 2.0, "c": 3.0, "d": -1.0}, "m/l:1": {"a": 9.0, "b": 0.0, "x": 5.0}}
TRIAL = {"left_0": "d", "right_0": "c", "query_upper": "a", "query_lower": "b"}


def test_best_query_asks_the_unit_that_knows_most_of_the_images():
    truth = Truth(units=UNITS)

    # Unit 1 knows both queries too and would choose the other, but not the references.
    assert truth.best_query(TRIAL) == "lower"
    assert truth.best_query({"reference_0": "x", "query_left": "a", "query_right": "b"}) == "left"


def test_best_query_takes_an_image_of_another_unit_as_the_worst():
    assert Truth(units=UNITS).best_query({"base": "c", "query_left": "x", "query_right": "d"}) == "right"


def test_a_trial_that_the_truth_does_not_know_is_refused():
    with pytest.raises(InputError, match="knows no image"):
        Truth(units=UNITS).best_query({"query_left": "p", "query_right": "q"})


def test_spread_leaves_synthetic_images_out():
    units = {"m/l:0": {"a": 1.0, "b": 3.0, "drawn": 1000.0}}

    assert Truth(units=units, parts={"drawn": "synthetic", "a": "natural"}).spread("m/l:0") == 1.0
    assert Truth(units={"m/l:0": {"drawn": 5.0}}, parts={"drawn": "synthetic"}).spread("m/l:0") == 0.0


def test_a_truth_file_is_read_with_and_without_the_parts(tmp_path: Path):
    with_parts = read_truth(truth_file(tmp_path, UNITS, parts={"a": "natural"}), study=STUDY)
    (tmp_path / "old.json").write_text(f'{{"study": "{STUDY}", "units": {{"m/l:0": {{"a": 1.0}}}}}}')

    assert with_parts == Truth(units=UNITS, parts={"a": "natural"})
    assert read_truth(tmp_path / "old.json", study=STUDY).parts == {}


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"study": 1}', '{"units": {"a": 3}, "study": "x"}', '{"units": [], "study": "x"}', '{"units": {}, "parts": 3}'],
)
def test_a_broken_truth_file_is_refused(tmp_path: Path, content: str):
    path = tmp_path / "truth.json"
    path.write_text(content)

    with pytest.raises(InputError) as caught:
        read_truth(path, study=STUDY)

    assert caught.value.field == "truth"


def test_a_truth_file_that_is_not_text_is_refused(tmp_path: Path):
    path = tmp_path / "truth.json"
    path.write_bytes(b"\xff\xfe\x00binary")

    with pytest.raises(InputError) as caught:
        read_truth(path, study=STUDY)

    assert caught.value.field == "truth"


def test_the_truth_of_another_study_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="is not of study"):
        read_truth(truth_file(tmp_path, UNITS, study="another"), study=STUDY)
