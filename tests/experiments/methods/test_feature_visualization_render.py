"""The renderer on the real network: units raised and lowered, many in one pass, snapshots, what is said of dead ones."""

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from experiments.contract.errors import Cancelled, InputError
from experiments.contract.recipes import recipe_from_json
from experiments.methods.feature_visualization.early_stop import GradientSettles
from experiments.methods.feature_visualization.objectives import Diversity
from experiments.methods.feature_visualization.options import Options
from experiments.methods.feature_visualization.render import render, render_units, values_of
from model_zoo.address import UnitAddress
from model_zoo.loading import LoadedModel
from tests.experiments.methods.visualizations import LAYER, network, recipe, rendered, silent
from tests.experiments.methods.workshops import UNIT, new_workshop, pixels_of

pytestmark = pytest.mark.unit
OPTIONS = Options(size=64, steps=8)
ADDRESSES = [UnitAddress.parse(f"efficientnet_lite0.in1k/{unit}") for unit in ("_blocks.3:5", "_blocks.3:7", "_blocks.1:2")]


@pytest.mark.parametrize("fields", [{"transforms": "standard"}, {"transforms": "published"}, {"parametrization": "pixel"}])
def test_render_raises_and_lowers_the_activation(fields: dict[str, Any]):
    start, up, down = (
        np.mean(rendered(recipe(**fields, **more)).activations)
        for more in ({"steps": 1, "learning_rate": 1e-5}, {"sign": "max"}, {"sign": "min"})
    )

    assert down < start < up


def test_units_in_one_pass_are_as_each_of_them_alone():
    together = render_units(network(), ADDRESSES, seeds=[1, 2, 3], options=OPTIONS)
    alone = [
        render_units(network(), [address], seeds=[seed], options=OPTIONS)
        for seed, address in zip([1, 2, 3], ADDRESSES, strict=True)
    ]

    # Layers of different depth are read in one pass, so that even the copies of the network differ.
    tolerance = 1e-4 if together.precision == "float32" else 0.05
    expected = torch.cat([one.images for one in alone])
    assert (together.images - expected).abs().mean() < tolerance
    assert together.activations == pytest.approx([one.activations[0] for one in alone], rel=tolerance)


def _exact() -> LoadedModel:
    """The network, of which no quick copy is made, so that hooks are called."""
    return dataclasses.replace(network(), card=dataclasses.replace(network().card, architecture="other"))


@contextlib.contextmanager
def _memory_for_one_image(model: LoadedModel) -> Iterator[list[int]]:
    """The error of the CPU's allocator on the way back from more images, where most memory is held; gives how many they were."""
    sizes = []

    def limit(gradient: torch.Tensor) -> None:
        sizes.append(len(gradient))
        if len(gradient) > 1:
            torch.empty(2**60)

    def forward(_module: nn.Module, _inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        if output.requires_grad:
            output.register_hook(limit)

    hook = model.fast_network.get_submodule("_blocks.1").register_forward_hook(forward)
    try:
        yield sizes
    finally:
        hook.remove()


@pytest.mark.parametrize("diversity", [0.0, 100.0])
def test_batch_that_memory_does_not_hold_goes_through_the_network_by_halves(diversity: float):
    exact, asked = _exact(), recipe(diversity=diversity, steps=3, thresholds=(0, 2), batch=3)
    expected = render(asked, model=exact, report=silent)

    with _memory_for_one_image(exact) as sizes:
        made = render(asked, model=exact, report=silent)

    assert sizes == [3, *[1] * 9]
    # Adam makes much of the rounding by which batches of other lengths differ.
    assert (made.images - expected.images).abs().mean() < 1e-3
    assert [snapshot.seen.shape for snapshot in made.snapshots] == [(3, 3, 64, 64)] * 2


def test_early_stop_looks_at_the_whole_batch_also_where_memory_is_short(monkeypatch: pytest.MonkeyPatch):
    norms: list[float] = []

    class Recorded(GradientSettles):
        def settled(self, norm: float) -> bool:
            norms.append(norm)
            return False

    monkeypatch.setattr("experiments.methods.feature_visualization.ascent.GradientSettles", Recorded)
    exact, asked = _exact(), recipe(steps=2, batch=2, early_stop=True)
    render(asked, model=exact, report=silent)
    with _memory_for_one_image(exact):
        render(asked, model=exact, report=silent)

    assert norms[2:] == pytest.approx(norms[:2], rel=0.01)


def test_image_that_memory_does_not_hold_is_refused():
    exact = _exact()
    hook = exact.fast_network.get_submodule("_blocks.1").register_forward_hook(lambda *_: torch.empty(2**60))

    try:
        with pytest.raises(InputError, match="memory"):
            render(recipe(diversity=1.0), model=exact, report=silent)
    finally:
        hook.remove()


def test_maco_without_magnitudes_is_refused():
    with pytest.raises(InputError) as refused:
        render_units(network(), ADDRESSES, seeds=[1, 2, 3], options=Options(parametrization="maco"))

    assert refused.value.field == "magnitudes"


@pytest.mark.parametrize(("units", "seeds", "field"), [(ADDRESSES, [1], "seeds"), ([UnitAddress("other", "a", 1)], [1], "unit")])
def test_units_that_do_not_fit_are_refused(units: list[UnitAddress], seeds: list[int], field: str):
    with pytest.raises(InputError) as refused:
        render_units(network(), units, seeds=seeds, options=OPTIONS)

    assert refused.value.field == field


def test_snapshots_show_the_way_and_what_the_network_saw():
    options = dataclasses.replace(OPTIONS, thresholds=(0, 3, 8))

    made = render_units(network(), ADDRESSES[:2], seeds=[1, 2], options=options)
    shorter = render_units(network(), ADDRESSES[:2], seeds=[1, 2], options=dataclasses.replace(OPTIONS, steps=3))

    assert [snapshot.step for snapshot in made.snapshots] == [0, 3, 8]
    assert torch.equal(made.snapshots[1].images, shorter.images)
    assert torch.equal(made.snapshots[2].images, made.images)
    assert all(snapshot.seen.shape == snapshot.images.shape for snapshot in made.snapshots)
    # The border that the standard transforms bring into view.
    assert torch.allclose(made.snapshots[2].seen[:, :, 0, 0], torch.tensor(0.5), atol=1e-3)


def test_batch_begins_like_a_smaller_one():
    small, large = (rendered(recipe(batch=batch, steps=3)).images for batch in (1, 2))

    assert torch.allclose(small[0], large[0], atol=0.02)


def test_diversity_makes_a_batch_less_alike():
    alike, diverse = (
        np.mean(values_of(Diversity(layer=LAYER), model=network(), images=rendered(recipe(diversity=d, batch=3)).images))
        for d in (0.0, 1e3)
    )

    assert diverse > alike


def test_render_stops_when_it_is_cancelled():
    def cancel(done: int, _total: int, _doing: str) -> None:
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        render(recipe(), model=network(), report=cancel)


def _with_changed_unit(change: float) -> LoadedModel:
    """The network with channels of a layer's ReLU scaled, as a model made here: channel 5 dead for 0, not a number for nan."""
    model = network()

    class Changed(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            output = model.fast_network._blocks[0](model.fast_network._swish(model.fast_network._conv_stem(images)))  # type: ignore[operator, index]
            return output * torch.where(torch.arange(output.shape[1]) == 5, change, 1.0)[:, None, None]

    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.changed = Changed()

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return self.changed(images)

    layers = {"changed": model.card.layers["_blocks.0"]}
    card = dataclasses.replace(model.card, architecture="changed", layers=layers)
    whole = Whole()
    return dataclasses.replace(model, card=card, network=whole, fast_network=whole, changed_layers=frozenset())


def test_dead_unit_is_said_to_be_dead_and_ends_early():
    model = _with_changed_unit(0.0)
    addresses = [UnitAddress(model.card.id, "changed", channel) for channel in (5, 6)]

    both, dead = (
        render_units(model, units, seeds=range(len(units)), options=dataclasses.replace(OPTIONS, steps=70))
        for units in (addresses, addresses[:1])
    )

    assert (both.dead, both.steps) == ([True, False], 70)
    assert dead.dead == [True]
    assert dead.steps < 70


def test_activations_that_are_no_numbers_are_refused():
    model = _with_changed_unit(float("nan"))

    with pytest.raises(InputError, match="not finite"):
        render_units(model, [UnitAddress(model.card.id, "changed", 5)], seeds=[1], options=OPTIONS)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"thresholds": [3, 2]}, "thresholds"),
        ({"thresholds": [25]}, "thresholds"),
        ({"thresholds": [1, 1]}, "thresholds"),
        ({"thresholds": 3}, "thresholds"),
        ({"thresholds": ["a"]}, "thresholds"),
        ({"diversity": 1.0, "batch": 1}, "diversity"),
        ({"diversity_search": True}, "diversity"),
        ({"diversity": 1.0, "unit": "efficientnet_lite0.in1k/_fc:5"}, "diversity"),
        ({"engine": "lucent", "parametrization": "maco"}, "parametrization"),
        ({"engine": "lucent", "transforms": "published"}, "transforms"),
        ({"engine": "lucent", "early_stop": True}, "early_stop"),
        ({"engine": "lucent", "thresholds": [1]}, "thresholds"),
        ({"engine": "lucent", "diversity_search": True, "diversity": 1.0}, "diversity_search"),
    ],
)
def test_unfit_recipe_is_refused(fields: dict[str, Any], field: str):
    with pytest.raises(InputError) as refused:
        recipe_from_json({"kind": "feature_visualization", "unit": UNIT, "steps": 24, "batch": 2, **fields})

    assert refused.value.field == field


def test_make_writes_images_and_thresholds_and_records_what_was_reached(tmp_path: Path):
    workshop = new_workshop(tmp_path / "store")

    made = workshop.obtain(recipe(shown_size=80, steps=6, thresholds=(0, 4)))

    names = [f"image_{i}{end}" for end in ("", "_step_0", "_step_4") for i in range(2)]
    assert [file.name for file in made.files] == names
    assert [file.about["activation"] for file in made.files[:2]] == made.values["activations"]
    assert made.values["beats_natural"] == [a > made.values["best_natural"] for a in made.values["activations"]]
    assert made.values["below_natural"] == (not all(made.values["beats_natural"]))
    assert made.values["dead"] == [False, False]
    assert pixels_of(made, "image_0", workshop=workshop, tmp_path=tmp_path).shape == (80, 80, 3)
    assert made.values["weights_sha256"] == network().card.weights.sha256


def test_make_with_natural_magnitudes(tmp_path: Path):
    made = new_workshop(tmp_path / "store").obtain(recipe(parametrization="maco", steps=2, batch=1))

    assert [file.name for file in made.files] == ["image_0"]
