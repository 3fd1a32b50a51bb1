"""The layers that one forward pass finds: of every network with a card, and of small ones with all that can go wrong."""

import json

import pytest
import torch
from torch import Tensor, nn

from model_zoo.__main__ import main
from model_zoo.address import GRAMMAR, UnitAddress
from model_zoo.catalogue import Layer, card, check_unit, eligible_layers, model_ids
from model_zoo.errors import InputError
from model_zoo.inventory import inventory
from model_zoo.loading import build

pytestmark = pytest.mark.unit

PUBLISHED = [model_id for model_id in model_ids() if not model_id.startswith("local.")]


class Strange(nn.Module):
    """A network whose modules give what they should not, and a channel-last branch with tokens at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 5, 4, stride=4)
        self.stem.padding_of_its_own = nn.Identity()
        self.twice = nn.ReLU()
        self.idle = nn.Linear(2, 2)
        self.pair = nn.MaxPool2d(2, return_indices=True)
        self.last = nn.LayerNorm(5)
        self.patches = nn.Identity()
        self.turned = nn.Identity()
        self.tokens = nn.Linear(5, 7)
        self.dropout = nn.Dropout()
        self.heads = nn.Identity()
        self.head = nn.Linear(7, 4)

    def forward(self, images: Tensor) -> Tensor:
        maps, _ = self.pair(self.twice(self.twice(self.stem(images))))
        patches = self.patches(self.last(maps.permute(0, 2, 3, 1)).flatten(1, 2))
        self.turned(patches.transpose(0, 1))
        tokens = self.dropout(self.tokens(torch.cat([patches[:, :1], patches], dim=1)))
        self.heads(tokens.unflatten(2, (7, 1)))
        return self.head(tokens[:, 0])


@pytest.mark.parametrize("model_id", PUBLISHED)
def test_card_lists_what_the_network_has(model_id: str):
    model = card(model_id)

    layers, skipped = inventory(build(model), side=model.input_size)

    assert (layers, skipped) == (model.layers, model.skipped)
    assert list(layers) == list(model.layers)


@pytest.mark.parametrize("model_id", PUBLISHED)
def test_every_layer_of_a_card_has_an_address(model_id: str):
    assert all(GRAMMAR.fullmatch(f"{model_id}/{layer}:0") for layer in card(model_id).layers)
    assert eligible_layers(model_id)


def test_inventory_sorts_modules_out():
    layers, skipped = inventory(Strange(), side=32)

    assert layers == {
        "stem": Layer(channels=5, layout="BCHW"),
        "last": Layer(channels=5, layout="BHWC"),
        "tokens": Layer(channels=7, layout="BNC"),
        "head": Layer(channels=4, layout="BC"),
    }
    assert skipped == {
        "twice": "runs 2 times in a forward pass",
        "idle": "never runs",
        "pair": "gives no tensor",
        "patches": "comes before the class token is added",
        "turned": "gives neither square maps nor tokens nor features, but 16 x 2 x 5 numbers for 2 images",
        "heads": "gives neither square maps nor tokens nor features, but 2 x 17 x 7 x 1 numbers for 2 images",
    }


@pytest.mark.parametrize(("side", "error"), [(32, None), (2, RuntimeError)])
def test_inventory_leaves_no_hook(side: int, error: type[Exception] | None):
    network = Strange()

    if error:
        with pytest.raises(error):
            inventory(network, side=side)
    else:
        inventory(network, side=side)

    assert not any(module._forward_hooks for module in network.modules())


def test_main_prints_the_lists_of_a_card(capsys: pytest.CaptureFixture[str]):
    assert main(["inventory", "resnet50_clip.openai"]) == 0
    printed = capsys.readouterr().out

    model = card("resnet50_clip.openai")
    lists = json.loads(f"{{{printed}}}")
    assert {name: Layer(**layer) for name, layer in lists["layers"].items()} == model.layers
    assert lists["skipped"] == model.skipped
    assert len(printed.splitlines()) == len(model.layers) + len(model.skipped) + 4


@pytest.mark.parametrize(
    ("unit", "reason", "instead"),
    [
        ("resnet50.tv_in1k/layer1.0.relu:0", "runs 3 times", "layer1.0.conv1"),
        ("resnet50.tv_in1k/layer1_0_relu:0", "runs 3 times", "layer1.0.conv1"),
        ("resnet50_clip.openai/attnpool.k_proj:0", "never runs", "layer1.0.conv1"),
        ("vit_base_patch32_clip_224.laion2b/transformer.resblocks.3.attn:0", "gives no tensor", "transformer.resblocks.3.ln_1"),
    ],
)
def test_check_unit_says_why_a_module_has_no_units(unit: str, reason: str, instead: str):
    with pytest.raises(InputError) as raised:
        check_unit(UnitAddress.parse(unit), aggregation="mean")

    assert (raised.value.field, reason in raised.value.message, instead in raised.value.remedy) == ("unit", True, True)
