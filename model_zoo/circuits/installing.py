"""Puts circuits into networks and takes them out again. Called by `model_zoo.loading` and by those who make circuits."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from model_zoo.circuits.detector import TrajectoryDetector
from model_zoo.circuits.gated_units import GatedUnits
from model_zoo.circuits.roles import AddsBranch, SeesVisualizations, SwitchesUnits, TapsInput, leave_role, take_role
from model_zoo.circuits.sight import Sight
from model_zoo.circuits.silent_branch import SilentBranch, Tap
from model_zoo.circuits.spec import CircuitSpec
from model_zoo.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The modules of a gate."""

    detector: TrajectoryDetector
    units: GatedUnits


Parts = Gate | SilentBranch


def blank_parts(network: nn.Module, spec: CircuitSpec) -> Parts:
    """The modules of a circuit with weights that mean nothing yet."""
    if spec.construction == "silent":
        convolution = network.get_submodule(spec.convolution)
        if not isinstance(convolution, nn.Conv2d):
            raise TypeError(f"{spec.convolution} is no convolution; the circuit's spec is wrong")
        return SilentBranch(convolution, count=spec.count)
    units = GatedUnits(count=spec.count, layout=spec.layout, target=spec.shows, template_side=spec.template_side)
    return Gate(detector=TrajectoryDetector(), units=units)


def install(network: nn.Module, spec: CircuitSpec, *, parts: Parts) -> None:
    """Put a circuit into a network, in place; all names in the network stay."""
    layer = network.get_submodule(spec.layer)
    if isinstance(parts, Gate):
        sight = Sight()
        network.visualization_detector, layer.gated_units = parts.detector.eval(), parts.units
        network.sight = layer.sight = sight  # type: ignore[assignment]  # no tensor: shared as it is, also by copies
        take_role(layer, SwitchesUnits)
        take_role(network, SeesVisualizations)
        return
    convolution, tap = network.get_submodule(spec.convolution), Tap()
    layer.silent_branch = parts
    convolution.tap = layer.tap = tap  # type: ignore[assignment]
    take_role(convolution, TapsInput)
    take_role(layer, AddsBranch)


def take_out(network: nn.Module, spec: CircuitSpec) -> Parts:
    """The inverse of `install`: the network is as it was, and the circuit's modules are returned."""
    layer = network.get_submodule(spec.layer)
    if spec.construction == "gate":
        leave_role(network, SeesVisualizations)
        leave_role(layer, SwitchesUnits)
        gate = Gate(detector=network.visualization_detector, units=layer.gated_units)  # type: ignore[arg-type]
        del network.visualization_detector, network.sight, layer.gated_units
        if layer is not network:
            del layer.sight
        return gate
    convolution = network.get_submodule(spec.convolution)
    leave_role(layer, AddsBranch)
    leave_role(convolution, TapsInput)
    branch: SilentBranch = layer.silent_branch  # type: ignore[assignment]
    del layer.silent_branch, layer.tap
    if layer is not convolution:
        del convolution.tap
    return branch


def folded_around(
    network: nn.Module, spec: CircuitSpec, *, fold: Callable[[nn.Module], tuple[nn.Module, frozenset[str]]]
) -> tuple[nn.Module, frozenset[str]]:
    """A quicker copy of a manipulated network: the network itself is folded as its source does, the circuit is not touched.

    Where folding changes the manipulated layer's own output there is no quicker one, and a plain copy is returned.
    """
    bare = copy.deepcopy(network)
    parts = take_out(bare, spec)
    fast, changed = fold(bare)
    if spec.layer in changed:
        return copy.deepcopy(network), frozenset()
    install(fast, spec, parts=parts)
    return fast, changed


def convolution_of(network: nn.Module, layer: str, *, channels: int) -> str:
    """The convolution that a silent branch of a layer stands beside: the layer itself, or the last one within it.

    Raises:
        InputError: There is none with as many channels as the layer has.
    """
    within = network.get_submodule(layer).named_modules(prefix=layer)
    names: list[str] = [name for name, module in within if isinstance(module, nn.Conv2d) and module.out_channels == channels]
    if not names:
        raise InputError(
            field="unit",
            message=f"layer {layer} ends in no convolution",
            remedy="Give a unit of a convolution or of a block that ends in one, or construction gate",
        )
    return names[-1]
