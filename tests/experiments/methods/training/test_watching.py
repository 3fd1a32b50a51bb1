"""What others see of a training and a run: scalars for TensorBoard, stages, warnings, what they took, and what was begun."""

import json
import sys
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from experiments.commands.begun import begun_in
from experiments.commands.report_page import page
from experiments.commands.stages import stages_of
from experiments.contract.artifacts import ArtifactStore, Product
from experiments.contract.errors import Cancelled, InputError
from experiments.contract.recipes import Run
from experiments.methods.run_results import run_product
from experiments.tasks import Divided, SharedWorkshop
from tests.experiments.methods.training.regression import recipe, register
from tests.experiments.methods.training.test_loop import trained
from tests.experiments.methods.workshops import new_workshop

pytestmark = pytest.mark.unit
RUN = Run(paper="turning")


def test_evaluations_are_scalars_and_those_after_an_interruption_stand_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TENSORBOARD_DIR", str(tmp_path / "board"))
    with pytest.raises(Cancelled):
        trained(tmp_path, seeds=(1, 2), stop=35, keep_every=25)

    _, lines = trained(tmp_path, seeds=(1, 2), keep_every=25)

    board = EventAccumulator(str(tmp_path / "board" / recipe(seeds=(1, 2), keep_every=25).digest[:12])).Reload()
    assert sorted(board.Tags()["scalars"]) == ["fit/0", "fit/1", "loss/0", "loss/1"]
    assert [event.step for event in board.Scalars("loss/1")] == [10, 20, 30, 40]
    assert [event.value for event in board.Scalars("fit/1")] == pytest.approx([line["fit"][1] for line in lines])


def test_nothing_is_written_for_tensorboard_where_nobody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TENSORBOARD_DIR", raising=False)
    monkeypatch.chdir(tmp_path)

    trained(tmp_path / "store")

    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_missing_tensorboard_is_told_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TENSORBOARD_DIR", str(tmp_path / "board"))
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)

    with pytest.raises(InputError, match=r"tensorboard is not installed\. Install the extra `tensorboard`"):
        trained(tmp_path)


def test_a_divided_job_knows_the_stages_made_and_those_it_waits_for(tmp_path: Path):
    register()
    place = new_workshop(tmp_path)
    made, waiting = recipe(steps=10), [recipe(steps=10, seeds=(seed,)) for seed in (1, 2)]
    place.obtain(made)
    shared = SharedWorkshop(store=place.store, device="cpu", report=place.report)
    shared.obtain_all([made])

    with pytest.raises(Divided) as caught:
        shared.obtain_all(waiting)

    assert caught.value.recipes == waiting
    assert caught.value.stages == tuple(one.digest for one in (made, *waiting))


def test_a_run_tells_what_its_trainings_took(tmp_path: Path):
    register()
    place = new_workshop(tmp_path)
    stage = place.obtain(recipe(steps=20, seeds=(4, 5)))
    run = place.store.publish(RUN, Product(parents=[stage.digest, stage.digest]), provenance={})

    told = stages_of(run, store=place.store)

    seconds = stage.provenance["seconds"]
    assert told == [{"digest": stage.digest, "seeds": [4, 5], "steps": 20, "seconds": seconds}]


def test_warnings_of_a_run_are_in_its_result_and_on_the_page():
    product = run_product(
        RUN, metrics={}, claims=(), figures=(), parents=(), device="cpu", warnings=["K < 2 <identifies> nothing"]
    )

    result = json.loads(product.new_files[0].content)

    class Shown:
        def __init__(self) -> None:
            self.result = result

        def figures(self):
            return iter(())

    assert result["warnings"] == product.values["warnings"] == ["K < 2 <identifies> nothing"]
    assert "Warning: K &lt; 2 &lt;identifies&gt; nothing" in page([Shown()])
    assert {"cpu", "cores", "machine"} <= set(result["environment"])


def test_a_run_that_goes_on_must_be_the_one_that_was_begun(tmp_path: Path):
    with pytest.raises(KeyboardInterrupt), begun_in(tmp_path, RUN):
        raise KeyboardInterrupt

    with (
        pytest.raises(InputError, match=r"the run that was begun in .* has 0, not 1") as caught,
        begun_in(tmp_path, Run(paper="turning", seed=1)),
    ):
        pytest.fail("it went on")
    with begun_in(tmp_path, RUN):
        pass

    assert caught.value.field == "seed"
    with begun_in(tmp_path, Run(paper="turning", seed=1)):
        pass


def test_a_run_that_was_refused_may_be_asked_for_otherwise(tmp_path: Path):
    with pytest.raises(InputError, match="no"), begun_in(tmp_path, RUN):
        raise InputError(field="x", message="no", remedy="yes")

    with begun_in(tmp_path, Run(paper="turning", seed=1)):
        pass


def test_a_journal_is_whole_while_a_training_runs_and_gone_with_it(tmp_path: Path):
    store = ArtifactStore(str(tmp_path))
    store.write_journal("d" * 64, [{"step": 1, "loss": 0.5}])
    store.write_journal("d" * 64, [{"step": 1, "loss": 0.5}, {"step": 2, "loss": [0.25, float("nan")]}])

    assert store.read_journal("d" * 64) == [{"step": 1, "loss": 0.5}, {"step": 2, "loss": [0.25, None]}]
    assert store.read_journal("e" * 64) == []


@pytest.mark.parametrize("content", [b"", b'{"kind": "ru', b"[]", b"\xff"])
def test_a_damaged_mark_of_what_was_begun_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "begun.json").write_bytes(content)

    with pytest.raises(InputError, match=f"{tmp_path}/begun.json is damaged. Remove it"), begun_in(tmp_path, RUN):
        pytest.fail("it began")

    assert [path.name for path in tmp_path.iterdir()] == ["begun.json"]
