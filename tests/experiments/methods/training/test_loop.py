"""The loop: stacked seeds never meet, a resumed training is the uninterrupted one, early stop, bad losses, bad checkpoints."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from experiments.contract.artifacts import ArtifactStore
from experiments.contract.errors import Cancelled, InputError
from experiments.contract.journals import journal_lines
from experiments.contract.recipes import Training
from experiments.methods.identification import configuration as identification
from experiments.methods.image_identification.configuration import ImageConfiguration
from experiments.methods.training.checkpoints import Checkpoint, Checkpoints
from experiments.methods.training.gradients import clip_gradients
from experiments.methods.training.journal import journal_file
from experiments.methods.training.loop import Group, Line, is_over, train
from experiments.methods.training.losses import Losses
from experiments.methods.training.plan import Plan
from experiments.papers.rusak2024_aninfonce.images.configuration import ImageConfiguration as AugmentedConfiguration
from tests.experiments.methods.training.regression import Turning, TurningTask, recipe

pytestmark = pytest.mark.unit


class Stop:
    """Reports progress until a step, then ends the training as a cancelled job does."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self, done: int, _total: int, _doing: str) -> None:
        if done == self.at:
            raise Cancelled


def trained(folder: Path, *, seeds: tuple[int, ...] = (0,), stop: int = -1, **changes: Any) -> tuple[TurningTask, list[Line]]:
    about = Turning(**changes)
    task = TurningTask(about, seeds=seeds)
    checkpoints = Checkpoints(store=ArtifactStore(str(folder)), recipe=recipe(seeds=seeds, **changes))
    return task, train(task, plan=about.plan, checkpoints=checkpoints, report=Stop(stop), doing="turning")


def kept(folder: Path, **changes: Any) -> bytes | None:
    return ArtifactStore(str(folder)).read_checkpoint(recipe(**changes).digest)


@pytest.mark.parametrize("clip", [0.0, 0.05])
def test_stacked_seeds_are_trained_as_each_alone(tmp_path: Path, clip: float):
    together, lines = trained(tmp_path, seeds=(1, 2, 3), clip=clip)
    alone = [trained(tmp_path, seeds=(seed,), clip=clip) for seed in (1, 2, 3)]

    for number, (task, own) in enumerate(alone):
        expected = task.network.member(0).state_dict()
        # Batched products may add in another order: tolerance 1e-6.
        for name, tensor in together.network.member(number).state_dict().items():
            torch.testing.assert_close(tensor, expected[name], rtol=0, atol=1e-6)
        assert lines[-1]["loss"][number] == pytest.approx(own[-1]["loss"][0], abs=1e-6)


def test_gradients_are_clipped_as_torch_clips_those_of_one_network():
    networks = [nn.Linear(4, 3), nn.Linear(4, 3)]
    for factor, network in zip((0.01, 100.0), networks, strict=True):
        (factor * network(torch.ones(2, 4)).sum()).backward()
    stacked = [nn.Parameter(torch.stack([one.get_parameter(name) for one in networks])) for name in ("weight", "bias")]
    for parameter, name in zip(stacked, ("weight", "bias"), strict=True):
        parameter.grad = torch.stack([one.get_parameter(name).grad for one in networks])

    norms = clip_gradients([Group(parameters=stacked, members=2)], largest=1.0)

    expected = [nn.utils.clip_grad_norm_(one.parameters(), 1.0) for one in networks]
    torch.testing.assert_close(norms, torch.stack(expected))
    for number, network in enumerate(networks):
        torch.testing.assert_close(stacked[0].grad[number], network.weight.grad)
        torch.testing.assert_close(stacked[1].grad[number], network.bias.grad)


def test_members_that_do_not_fit_the_parameters_are_refused():
    parameter = nn.Parameter(torch.ones(3, 2))
    parameter.grad = torch.ones(3, 2)

    with pytest.raises(InputError, match="members"):
        clip_gradients([Group(parameters=[parameter], members=2)], largest=1.0)


def test_a_cancelled_training_keeps_its_checkpoint_and_goes_on_as_if_never_stopped(tmp_path: Path):
    whole, lines = trained(tmp_path / "whole", seeds=(1, 2))
    with pytest.raises(Cancelled):
        trained(tmp_path / "cut", seeds=(1, 2), stop=27)
    watched = ArtifactStore(str(tmp_path / "cut")).read_journal(recipe(seeds=(1, 2)).digest)

    resumed, resumed_lines = trained(tmp_path / "cut", seeds=(1, 2))

    assert [line["step"] for line in watched] == [10, 20]
    assert journal_file(resumed_lines).content == journal_file(lines).content
    for name, tensor in resumed.network.state_dict().items():
        assert torch.equal(tensor, whole.network.state_dict()[name]), name


def test_a_training_ends_when_the_mean_over_seeds_of_what_is_watched_gets_no_better(tmp_path: Path):
    changes: dict[str, Any] = {"watched": "fit", "patience": 2, "learning_rate": 0.5, "steps": 400, "measure_every": 5}
    _, lines = trained(tmp_path / "whole", seeds=(1, 2), **changes)
    stopped_at = lines[-1]["step"]
    with pytest.raises(Cancelled):
        trained(tmp_path / "cut", seeds=(1, 2), stop=stopped_at - 1, **changes)

    _, resumed = trained(tmp_path / "cut", seeds=(1, 2), **changes)

    means = [sum(line["fit"]) / 2 for line in lines]
    assert stopped_at < 400
    assert max(means[-2:]) <= max(means[:-2])
    assert all(max(means[: end - 2]) < max(means[end - 2 : end]) for end in range(3, len(means)))
    assert resumed == lines


def test_a_watched_measurement_that_is_no_number_is_no_better():
    plan = Plan(steps=9, learning_rate=1.0, watched="fit", patience=1)
    lines = [{"step": step, "loss": 0.0, "fit": fit} for step, fit in enumerate([0.1, float("nan")])]

    assert is_over(lines, plan=plan)
    assert not is_over([*lines[1:], *lines[:1]], plan=plan)


def test_a_watched_measurement_may_be_one_of_which_less_is_better():
    plan = Plan(steps=9, learning_rate=1.0, watched="-error", patience=1)
    lines = [{"step": step, "loss": 0.0, "error": error} for step, error in enumerate([[0.3, 0.4], [0.1, 0.2], [0.2, 0.2]])]

    assert not is_over(lines[:2], plan=plan)
    assert is_over(lines, plan=plan)


@pytest.mark.parametrize("field", ["patience", "warm_up", "clip"])
def test_a_plan_that_cannot_be_names_its_field(field: str):
    with pytest.raises(InputError) as caught:
        Plan(steps=9, learning_rate=1.0, **{field: -1})  # type: ignore[arg-type]  # whole numbers all

    assert caught.value.field == field


@pytest.mark.parametrize("kind", [identification.Configuration, ImageConfiguration, AugmentedConfiguration])
def test_configurations_of_encoders_pass_on_what_is_watched(kind: Any):
    plan = kind(watched="-held_out_loss", patience=2).plan

    assert (plan.watched, plan.patience) == ("-held_out_loss", 2)


def test_a_watched_measurement_that_nobody_makes_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match=r"watched: 'R2' is not measured. Choose one of fit"):
        trained(tmp_path, watched="R2")


@pytest.mark.parametrize(
    ("breaks_at", "good"), [(0, "there is no checkpoint yet"), (25, "the last good checkpoint is of step 20")]
)
def test_a_loss_that_is_no_number_stops_with_step_and_last_good_checkpoint(tmp_path: Path, breaks_at: int, good: str):
    with pytest.raises(InputError, match=rf"it is \[inf, inf\] at step {breaks_at}; {good}\. .*smaller learning_rate") as caught:
        trained(tmp_path, seeds=(1, 2), breaks_at=breaks_at)

    assert caught.value.field == "loss"


def test_losses_of_a_gpu_are_looked_at_together_and_the_first_bad_step_is_named(tmp_path: Path):
    checkpoints = Checkpoints(store=ArtifactStore(str(tmp_path)), recipe=recipe())
    losses = Losses(start=100, checkpoints=checkpoints, device=torch.device("cuda"))
    for value in (1.0, float("inf"), 2.0):
        losses.add(torch.tensor([0.5, value]))

    with pytest.raises(InputError, match=r"it is \[0.5, inf\] at step 101"):
        losses.look()


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda content: content[:-100], "is damaged"),
        (lambda content: b"\0" * len(content), "is damaged"),
        (lambda _: b"", "is damaged"),
        (lambda content: content.replace(b"paper", b"pacer"), "is of another recipe"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_named_with_its_remedy(tmp_path: Path, spoil: Any, what: str):
    with pytest.raises(Cancelled):
        trained(tmp_path, stop=15)
    content = kept(tmp_path)
    assert content is not None
    ArtifactStore(str(tmp_path)).write_checkpoint(recipe().digest, spoil(content))

    with pytest.raises(InputError, match=f"{what}.*Remove that file") as caught:
        trained(tmp_path)

    assert caught.value.field == "checkpoint"


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path):
    with pytest.raises(Cancelled):
        trained(tmp_path, stop=15)
    checkpoints = Checkpoints(store=ArtifactStore(str(tmp_path)), recipe=recipe())
    wider = TurningTask(Turning(width=9), seeds=(0,)).network

    with pytest.raises(InputError, match="another network"):
        checkpoints.restore(wider, torch.optim.Adam(wider.parameters()))


def test_another_recipe_never_meets_the_checkpoint(tmp_path: Path):
    with pytest.raises(Cancelled):
        trained(tmp_path, stop=15)

    _, lines = trained(tmp_path, width=9)

    assert kept(tmp_path) is not None
    assert lines == trained(tmp_path / "elsewhere", width=9)[1]


def test_a_journal_is_json_lines_without_what_json_does_not_know():
    lines = [{"step": 1, "loss": [0.5, float("nan")], "deep": {"r2": float("-inf")}}, {"step": 2, "loss": 0.25}]

    content = journal_file(lines).content

    assert [json.loads(line) for line in content.decode().splitlines()] == journal_lines(content)
    assert journal_lines(content) == [{"step": 1, "loss": [0.5, None], "deep": {"r2": None}}, lines[1]]


def test_all_optimizer_states_and_buffers_are_kept(tmp_path: Path):
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    optimizer = torch.optim.Adam(network.parameters(), fused=True)
    checkpoints = Checkpoints(store=ArtifactStore(str(tmp_path)), recipe=Training(paper="turning"))
    _step(network, optimizer)
    checkpoints.save(Checkpoint(step=1, lines=[]), network=network, optimizer=optimizer)
    other = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    others = torch.optim.Adam(other.parameters(), fused=True)

    checkpoints.restore(other, others)
    for net, opt in ((network, optimizer), (other, others)):
        _step(net, opt)

    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name]), name


def _step(network: nn.Module, optimizer: torch.optim.Optimizer) -> Tensor:
    optimizer.zero_grad()
    loss = network(torch.arange(8.0).view(4, 2)).square().mean()
    loss.backward()
    optimizer.step()
    return loss
