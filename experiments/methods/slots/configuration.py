"""What one training of a network of slots is: scenes, method, number of slots, objective, annotations, and how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from experiments.contract.fields import require, require_range
from experiments.datasets.scenes.published import read_published
from experiments.datasets.scenes.scene import Scenes
from experiments.datasets.scenes.sprites import SpriteScenes
from experiments.datasets.scenes.stamp_scenes import StampScenes
from experiments.methods.slots.hints import Annotated
from experiments.methods.slots.objectives import Likelihood, Objective
from experiments.methods.training.plan import Plan
from experiments.methods.training.registration import Registered
from model_zoo.sources import monet, slot_attention

Method = Literal["slot_attention", "monet"]
Data = Literal["sprites", "textured_sprites", "stamps", "stamps_on_photographs", "clevr", "movi"]
RENDERED: Mapping[str, Mapping[str, Any]] = {
    "sprites": {"kind": SpriteScenes, "background": "black"},
    "textured_sprites": {"kind": SpriteScenes, "background": "textured"},
    "stamps": {"kind": StampScenes, "background": "plain"},
    "stamps_on_photographs": {"kind": StampScenes, "background": "photograph"},
}
TRAINED_ON, HELD_OUT = 1, 2
"""Seeds of the scenes, the same for all networks."""
TITLES: Mapping[Method, str] = {"slot_attention": "Slot Attention", "monet": "A small MONet"}
ROUNDS = 3


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """All that decides a training."""

    method: Method = "slot_attention"
    data: Data = "sprites"
    path: str = ""
    """Absolute path of the folder of `clevr` or `movi`."""
    objects: int = 3
    """In each rendered scene, and at most in one of a published data set, beside the background."""
    slots: int = 4
    """In training."""
    tested: tuple[int, ...] = (2, 3, 4, 5, 7, 11)
    """Numbers of slots with which the trained network is measured."""
    likelihood: Likelihood = "mean"
    deviation: float = 0.3
    price: float = 0.0
    """Of sharing the image among slots, in the second half of the training."""
    annotated: Annotated = "none"
    """Instances whose boxes the network is told, in training and after."""
    side: int = 32
    """px."""
    patch: int = 4
    dim: int = 32
    """Of a slot."""
    width: int = 64
    """Of all layers."""
    scenes: int = 10_000
    """Trained on."""
    held_out: int = 512
    """Scenes that are measured on."""
    steps: int = 2500
    batch: int = 16
    learning_rate: float = 4e-3
    warm_up: int = 300
    decay: Literal["cosine", "halving"] = "cosine"
    decay_every: int = 0
    clip: float = 1.0
    measure_every: int = 500

    def __post_init__(self) -> None:
        require_range(self, "slots", 1, 64)
        require_range(self, "objects", 1, 16)
        require(
            bool(self.tested) and min(self.tested) >= 1, "tested", "there are no numbers of slots", "Give some, such as [2,4]"
        )
        require(self.side % self.patch == 0, "patch", f"{self.side} px do not divide by it", "Give a divisor of the side")
        known = self.annotated == "none" or self.method == "slot_attention"
        require(known, "annotated", f"{self.method} takes no annotations", "Give none, or method=slot_attention")
        require_range(self, "held_out", 2, 100_000)
        require_range(self, "scenes", self.batch, 10_000_000)
        rendered = self.data in RENDERED or self.path.startswith("/")
        require(rendered, "path", f"the files of {self.data} are missing", "Give path=/path/of/their/folder")

    @property
    def plan(self) -> Plan:
        """Of the shared trainer."""
        return Plan(
            steps=self.steps,
            learning_rate=self.learning_rate,
            warm_up=self.warm_up,
            decay=self.decay,
            decay_every=self.decay_every,
            clip=self.clip,
            measure_every=self.measure_every,
            keep_every=self.measure_every,
        )

    @property
    def objective(self) -> Objective:
        """What the training makes small."""
        return Objective(likelihood=self.likelihood, deviation=self.deviation, price=self.price)

    @property
    def spec(self) -> dict[str, int]:
        """Arguments of the network, as its card keeps them."""
        shared = {"side": self.side, "patch": self.patch, "dim": self.dim, "width": self.width, "slots": self.slots}
        return {**shared, "rounds": ROUNDS} if self.method == "slot_attention" else shared

    @property
    def about(self) -> Registered:
        """The network's card."""
        return Registered(
            title=f"{TITLES[self.method]} with {self.slots} slots, trained here on {self.data.replace('_', ' ')}",
            architecture=self.method,
            spec=self.spec,
            eligible=slot_attention.ELIGIBLE if self.method == "slot_attention" else monet.ELIGIBLE,
            side=self.side,
        )

    def network(self, seed: int) -> nn.Module:
        """An untrained network; torch draws its weights from its global generator, which is put back afterwards."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            if self.method == "slot_attention":
                return slot_attention.SlotAttentionNetwork(**self.spec)
            return monet.MonetNetwork(**self.spec)

    def train_scenes(self) -> Scenes:
        """The scenes to train on.

        Raises:
            InputError: The data set is not there.
        """
        return self._open(self.scenes, part="train")

    def held_out_scenes(self) -> Scenes:
        """The scenes to measure on.

        Raises:
            InputError: The data set is not there.
        """
        return self._open(self.held_out, part="test")

    def _open(self, count: int, *, part: Literal["train", "test"]) -> Scenes:
        if self.data == "clevr" or self.data == "movi":
            return read_published(self.data, Path(self.path), part=part, count=count, most=self.objects, side=self.side)
        kind, background = RENDERED[self.data]["kind"], RENDERED[self.data]["background"]
        source = kind(side=self.side, fewest=self.objects, most=self.objects, background=background)
        made: Scenes = source.render(count, seed=TRAINED_ON if part == "train" else HELD_OUT)
        return made
