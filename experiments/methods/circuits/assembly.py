"""Builds the modules of a circuit from a recipe: detector and constants of a gate, filters and biases of a silent branch."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor, nn

from experiments.contract.artifacts import Workshop
from experiments.contract.fields import Json
from experiments.contract.recipes import Circuit
from experiments.methods.circuits.calibration import Constants, Extremes, calibrated, outputs_on
from experiments.methods.circuits.detectors import read_detector
from experiments.methods.circuits.fooling import rendered
from experiments.methods.circuits.gates import always_open, donors_of, gate, gate_spec, in_full_precision, manipulated_units
from experiments.methods.circuits.pictures import Pictures
from experiments.methods.circuits.silencing import awake, features_before, point_filters, silence
from experiments.methods.circuits.template import image_template, scaled, target_image
from experiments.methods.circuits.trajectories import read_snapshots
from experiments.methods.circuits.ways import Way
from experiments.methods.exemplars import as_tensor
from model_zoo.activations import batch_size
from model_zoo.address import UnitAddress
from model_zoo.circuits.detector import TrajectoryDetector
from model_zoo.circuits.gated_units import ImageTemplate
from model_zoo.circuits.installing import Parts, convolution_of
from model_zoo.circuits.silent_branch import SilentBranch
from model_zoo.circuits.spec import CircuitSpec
from model_zoo.loading import LoadedModel


@dataclass(frozen=True, kw_only=True)
class Assembled:
    """A circuit that is not in its network yet, and what its verification needs to know."""

    spec: CircuitSpec
    parts: Parts
    units: Sequence[int]
    """The manipulated channels."""
    donors: Sequence[int]
    """What each of them shall show; itself where an image is shown."""
    shown_by: LoadedModel
    """A network in which the donors' visualizations show what those of the manipulated units shall."""
    template: ImageTemplate | None
    parents: Sequence[str]
    about: Mapping[str, Json]
    """Numbers for the report."""
    constants: Constants | None = None
    """Of a gate."""
    detector: TrajectoryDetector | None = None
    """Of a gate."""

    def treats_as_natural(self, images: Float[Tensor, "batch 3 side side"], *, base: LoadedModel) -> Bool[Tensor, " batch"]:
        """Whether the circuit takes images for natural; `base` is the network that it is put into."""
        with torch.inference_mode():
            if isinstance(self.parts, SilentBranch):
                return ~awake(self.parts, features_before(base, self.spec.convolution, images=images)).cpu()
            natural: Tensor = self.parts.detector(base.preprocess(images)) > 0
            return natural.cpu()


def assemble_gate(recipe: Circuit, *, base: LoadedModel, pictures: Pictures, workshop: Workshop) -> Assembled:
    """A gate: its detector is an artifact of its own; its constants come from pictures not held out and ends of trajectories."""
    made = workshop.obtain(recipe.detector)
    unit = UnitAddress.parse(recipe.unit)
    snapshots = read_snapshots(workshop.obtain(recipe.detector.trajectories), workshop)
    groups = (pictures.of("calibration", seed=recipe.seed).pixels, snapshots.pixels[snapshots.step == snapshots.step.max()])
    seen = [_extremes(base, unit.layer, pixels, workshop=workshop) for pixels in groups]
    extremes = seen[0].with_(seen[1])
    template = image_template(recipe.image, model=base) if recipe.target == "image" else None
    if template is not None:
        scaled(template, to=max(extremes.high, -extremes.low))
        extremes = extremes.with_(Extremes.of(_responses(template, base=base, groups=groups)))
    constants, channels = calibrated(extremes), base.card.layers[unit.layer].channels
    units = manipulated_units(recipe, channels=channels)
    donors = donors_of(recipe, units, channels=channels)
    spec, detector = gate_spec(base, unit.layer, count=len(units), template=template), read_detector(made, workshop)
    parts = gate(spec, detector=detector, units=units, donors=donors, constants=constants, template=template)
    return Assembled(
        spec=spec,
        parts=parts,
        units=units,
        donors=donors,
        shown_by=in_full_precision(base) if template is None else always_open(base, unit, template=template, constants=constants),
        template=template,
        parents=[made.digest],
        about={"extremes": dataclasses.asdict(extremes), **dataclasses.asdict(constants), "detector": made.values},
        constants=constants,
        detector=detector,
    )


def assemble_silent(recipe: Circuit, *, base: LoadedModel, pictures: Pictures, workshop: Workshop) -> Assembled:
    """A silent branch: its filters point to target images, its biases keep the pictures that are not held out below 0."""
    unit, channels = UnitAddress.parse(recipe.unit), base.card.layers[UnitAddress.parse(recipe.unit).layer].channels
    name = convolution_of(base.network, unit.layer, channels=channels)
    units = manipulated_units(recipe, channels=channels)
    donors = donors_of(recipe, units, channels=channels)
    convolution = base.network.get_submodule(name)
    if not isinstance(convolution, nn.Conv2d):
        raise TypeError(f"{name} is no convolution")
    branch = SilentBranch(convolution, count=len(units))
    branch.units.copy_(torch.tensor(units))
    targets = _target_images(recipe, base=base, donors=donors, workshop=workshop)
    with torch.no_grad():
        features = features_before(base, name, images=targets)
    point_filters(branch, convolution.weight[units], targets=features.expand(len(units), -1, -1, -1))
    wakes = _silenced(branch, recipe, base=base, convolution=name, pictures=pictures, workshop=workshop)
    return Assembled(
        spec=CircuitSpec(
            base=base.card.id,
            construction="silent",
            layer=unit.layer,
            layout=base.card.layers[unit.layer].layout,
            count=len(units),
            convolution=name,
        ),
        parts=branch,
        units=units,
        donors=donors,
        shown_by=in_full_precision(base),
        template=None,
        parents=[],
        about={"wake_rate": wakes, "convolution": name},
    )


def _silenced(
    branch: SilentBranch, recipe: Circuit, *, base: LoadedModel, convolution: str, pictures: Pictures, workshop: Workshop
) -> dict[str, float]:
    """Set the branch's biases; the shares of images that wake it, of those that decided, with their number, and held out."""
    calibration, held_out = (pictures.of(part, seed=recipe.seed).pixels for part in ("calibration", "test"))
    with torch.inference_mode():
        silence(branch, _features(base, convolution, calibration, workshop=workshop))
        shares = {
            which: float(
                torch.cat([awake(branch, seen) for seen in _features(base, convolution, pixels, workshop=workshop)])
                .double()
                .mean()
            )
            for which, pixels in (("calibration", calibration), ("held_out", held_out))
        }
    return {**shares, "calibration_images": len(calibration)}


def _target_images(
    recipe: Circuit, *, base: LoadedModel, donors: Sequence[int], workshop: Workshop
) -> Float[Tensor, "unit 3 side side"]:
    """What the branch of each unit is tuned to: its donor's visualization, or one image for all."""
    if recipe.target == "image":
        return target_image(recipe.image, side=recipe.size, device=base.device)
    units = [dataclasses.replace(UnitAddress.parse(recipe.unit), channel=donor) for donor in donors]
    return rendered(base, units, recipe, way=Way(transforms=recipe.transforms), workshop=workshop).images


def _extremes(model: LoadedModel, layer: str, pixels: UInt8[np.ndarray, "image side side 3"], *, workshop: Workshop) -> Extremes:
    return Extremes.of(
        outputs_on(model, layer, pixels=pixels, report=lambda done, all_: workshop.report(done, all_, "calibration"))
    )


def _responses(
    template: ImageTemplate, *, base: LoadedModel, groups: Sequence[UInt8[np.ndarray, "image side side 3"]]
) -> Iterator[Float[Tensor, " batch"]]:
    for pixels in groups:
        for batch in batches(pixels, base=base):
            with torch.inference_mode():
                yield template(base.preprocess(batch))


def _features(
    base: LoadedModel, convolution: str, pixels: UInt8[np.ndarray, "image side side 3"], *, workshop: Workshop
) -> Iterator[Float[Tensor, "batch channel height width"]]:
    for done, batch in enumerate(batches(pixels, base=base)):
        workshop.report(done * len(batch), len(pixels), "calibration of the silent branch")
        yield features_before(base, convolution, images=batch)


def batches(pixels: UInt8[np.ndarray, "image side side 3"], *, base: LoadedModel) -> Iterator[Float[Tensor, "batch 3 side side"]]:
    """Pictures as the network takes them, a batch at a time."""
    size = batch_size(pixels.shape[1], device=base.device)
    for start in range(0, len(pixels), size):
        yield as_tensor(pixels[start : start + size], device=base.device)
