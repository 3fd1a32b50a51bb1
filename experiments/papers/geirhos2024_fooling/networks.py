"""The networks of the experiment: for each the recipes of its circuits, of its path similarity, and of the study about it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from experiments.contract.fields import Json
from experiments.contract.recipes import Circuit, MachineAnswers, PathSimilarity
from experiments.contract.recipes.circuits import DIGITS
from model_zoo.catalogue import card

STUDY = "zimmermann2023_scale"
"""The two-alternative choice that units of the original and of the fooled network are put into."""
BATCHES = 2
"""Natural queries of each unit, hence trials about it."""
SPREAD = 7
"""Channels between two units of the study."""
Transforms = Literal["standard", "none"]


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much is made of a network; its defaults are the published amounts, where they are known and memory holds them."""

    rendered: int = 1000
    """Visualizations from which a detector learns, each of a class of its own; published are 31,500, of 900 classes.

    The snapshots of 1,000 take 3.1 GiB at the published size.
    """
    measured: int = 1000
    """Visualizations of a fooled network that judge it."""
    steps: int = 512
    """Of the visualizations in the path similarity."""
    circuit_steps: int = 512
    """Of those on which detectors are trained, of those that judge circuits, and of those in the study."""
    epochs: int = 8
    """Of a detector's training."""
    visualizations: int = 10
    """Of each class, in the path similarity."""
    classes: int = 100
    least_images: int = 20
    """Natural images that a class needs, in the path similarity."""
    units: int = 50
    """That the study asks about."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A network and what of it takes part."""

    name: str
    """In the metrics."""
    title: str
    model: str
    classifier: str
    paths: tuple[str, ...]
    """Layers of the path similarity, in the network's order; the last is the classifier."""
    classes: Literal["own", "folder"]
    pool: str
    pool_size: int
    labeled: str
    """Labeled images that no network and no circuit has seen: `digits`, or a folder with one for each class; empty without."""
    size: int
    """Side in px of natural images and visualizations."""
    transforms: Transforms
    """Of the visualizations."""
    offset: int
    """How many channels further on the donor of a unit is."""
    silent_layer: str
    """A convolution that gets a silent branch; empty if another network has it."""
    silent_target: Literal["permute", "unit"]
    """All of its channels, each of which needs the visualization of another, or one of them."""
    study_layer: str
    """Whose units the study asks about; the gate is put there."""

    def gate(self, layer: str, scale: Scale, *, seed: int) -> Circuit:
        """Every channel of a layer shows the one `offset` further on."""
        return self._circuit(layer, scale, construction="gate", seed=seed)

    def silent(self, scale: Scale, *, seed: int) -> Circuit:
        """A silent branch beside a convolution, for one of its channels or all, that points to the visualization of another."""
        donor = f"{self.model}/{self.silent_layer}:{self.offset}" if self.silent_target == "unit" else ""
        circuit = self._circuit(self.silent_layer, scale, construction="silent", seed=seed)
        return replace(circuit, target=self.silent_target, donor=donor)

    def path_similarity(self, scale: Scale, *, seed: int) -> PathSimilarity:
        """Visualizations of the classes against natural images of the classes."""
        return PathSimilarity(
            model=self.model,
            classifier=self.classifier,
            layers=",".join(self.paths),
            classes=self.classes,
            least_images=scale.least_images,
            most_classes=scale.classes,
            visualizations=scale.visualizations,
            size=self.size,
            steps=scale.steps,
            transforms=self.transforms,
            seed=seed,
            pool=self.pool,
            pool_size=self.pool_size,
        )

    def answers(self, model: str, scale: Scale, *, condition: str, seed: int) -> MachineAnswers:
        """A machine's answers about units of the original network, or about those of the same names in a fooled one."""
        return MachineAnswers(
            paper=STUDY,
            condition=condition,
            units=tuple(f"{model}/{self.study_layer}:{channel}" for channel in self._asked_about(scale)),
            settings=self._study_settings(scale, seed=seed),
            tasks=1,
            seed=seed,
        )

    def _asked_about(self, scale: Scale) -> list[int]:
        """Channels from all over the layer."""
        channels = card(self.model).layers[self.study_layer].channels
        return [SPREAD * number % channels for number in range(scale.units)]

    def _circuit(self, layer: str, scale: Scale, *, construction: Literal["gate", "silent"], seed: int) -> Circuit:
        return Circuit(
            unit=f"{self.model}/{layer}:0",
            construction=construction,
            offset=self.offset,
            rendered=scale.rendered,
            measured=scale.measured,
            steps=scale.circuit_steps,
            transforms=self.transforms,
            epochs=scale.epochs,
            size=self.size,
            seed=seed,
            labeled=self.labeled,
            pool=self.pool,
            pool_size=self.pool_size,
            pool_resolution=self.size,
        )

    def _study_settings(self, scale: Scale, *, seed: int) -> Mapping[str, Json]:
        """One trial of each of the unit's batches but the one for practice, of which this study has none."""
        return {
            "pool": self.pool,
            "pool_size": self.pool_size,
            "pool_resolution": self.size,
            "size": self.size,
            "shown_size": self.size,
            "steps": scale.circuit_steps,
            # Without the diversity term the references of a sign differ by their random starts alone.
            "diversity": 0.0,
            "diversity_search": False,
            "early_stop": False,
            "transforms": self.transforms,
            "max_batches": BATCHES + 1,
            "main_trials": BATCHES * scale.units,
            "seed": seed,
        }


def digits(model: str) -> Subject:
    """The network trained here on handwritten digits."""
    return Subject(
        name="digits",
        title="Three convolutions on digits",
        model=model,
        classifier="logits",
        paths=("relu1", "relu2", "relu3", "average", "logits"),
        classes="folder",
        pool="digits",
        pool_size=1437,
        labeled=DIGITS,
        size=32,
        # The standard transforms move these small images by half their side.
        transforms="none",
        offset=3,
        silent_layer="conv3",
        silent_target="permute",
        study_layer="logits",
    )


EFFICIENTNET = Subject(
    name="efficientnet_lite0",
    title="EfficientNet-Lite0",
    model="efficientnet_lite0.in1k",
    classifier="_fc",
    paths=(*(f"_blocks.{number}" for number in range(16)), "_avg_pooling", "_fc"),
    # The photographs and stamps have no labels of ImageNet.
    classes="own",
    pool="photographs+stamps",
    pool_size=800,
    labeled="",
    size=128,
    transforms="standard",
    offset=1,
    silent_layer="_blocks.14._expand_conv",
    # A visualization for each of its 1,152 channels takes two cores an hour.
    silent_target="unit",
    study_layer="_blocks.10",
)


def published(images: str) -> Subject:
    """Inception-V1 as published, on a folder of ImageNet's images.

    The order of its 1,008 outputs is its own, so that labels of ImageNet say nothing of them: a class is the network's own
    largest logit, and no accuracy is measured.
    """
    blocks = ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
    return Subject(
        name="googlenet",
        title="Inception-V1",
        model="googlenet.tf_in1k",
        classifier="softmax2_pre_activation_matmul",
        paths=("conv2d0", "conv2d1", "conv2d2", *(f"mixed{block}" for block in blocks), "softmax2_pre_activation_matmul"),
        classes="own",
        pool=images,
        pool_size=1_281_167,
        labeled="",
        size=224,
        transforms="standard",
        offset=100,
        silent_layer="",
        silent_target="permute",
        study_layer="mixed4a",
    )


def published_silent(images: str, labeled: str) -> Subject:
    """ResNet-50, whose `layer4.1.conv2` got silent branches."""
    return Subject(
        name="resnet50",
        title="ResNet-50",
        model="resnet50.tv_in1k",
        classifier="fc",
        paths=("fc",),
        classes="folder",
        pool=images,
        pool_size=1_281_167,
        labeled=labeled,
        size=224,
        transforms="standard",
        offset=1,
        silent_layer="layer4.1.conv2",
        silent_target="permute",
        study_layer="",
    )
