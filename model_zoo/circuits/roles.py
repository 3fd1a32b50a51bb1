"""Roles that modules of a network take on in place, as `torch.nn.utils.parametrize` does: names and parameters stay.

A module that takes a role becomes an instance of a subclass of its own class. Hooks would get lost in copies and files;
a wrapper would rename the layers, and unit addresses with them.
"""

from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn

from model_zoo.circuits.detector import TrajectoryDetector
from model_zoo.circuits.gated_units import GatedUnits
from model_zoo.circuits.sight import Sight
from model_zoo.circuits.silent_branch import SilentBranch, Tap

PARTS = ("visualization_detector", "gated_units", "silent_branch")
"""Names under which the parts of a circuit are children of the modules that run them."""


class SeesVisualizations(nn.Module):
    """The root of a network: it asks the detector before anything else."""

    visualization_detector: TrajectoryDetector
    sight: Sight

    def forward(self, inputs: Tensor) -> Tensor:
        """The network's output."""
        self.sight.look(inputs, detector=self.visualization_detector)
        try:
            output: Tensor = super().forward(inputs)
        finally:
            self.sight.forget()
        return output


class SwitchesUnits(nn.Module):
    """A layer some of whose units are gated."""

    gated_units: GatedUnits
    sight: Sight

    # A layer is called as its network calls it: a block of EfficientNet, for one, gets a keyword.
    def forward(self, *inputs: Any, **options: Any) -> Tensor:
        """The layer's output with its units switched."""
        output: Tensor = self.gated_units(super().forward(*inputs, **options), sight=self.sight)
        return output


class TapsInput(nn.Module):
    """The convolution beside a silent branch."""

    tap: Tap

    def forward(self, inputs: Tensor) -> Tensor:
        """The convolution's output."""
        self.tap.features = inputs
        output: Tensor = super().forward(inputs)
        return output


class AddsBranch(nn.Module):
    """The layer to whose output a silent branch is added."""

    silent_branch: SilentBranch
    tap: Tap

    def forward(self, *inputs: Any, **options: Any) -> Tensor:
        """The layer's output with the branch added."""
        output = super().forward(*inputs, **options)
        try:
            fooled: Tensor = self.silent_branch(output, tap=self.tap)
        finally:
            self.tap.features = None
        return fooled


def take_role(module: nn.Module, role: type[nn.Module]) -> None:
    """Let a module act as `role`."""
    own = type(module)
    # A sequence would otherwise run the parts of the circuit after its own.
    body = {"__iter__": _without_parts} if issubclass(own, nn.Sequential) else {}
    module.__class__ = type(f"{role.__name__}{own.__name__}", (role, own), body)


def leave_role(module: nn.Module, role: type[nn.Module]) -> None:
    """The inverse of `take_role`, for the role that was taken last."""
    taken, own = type(module).__bases__
    if taken is not role:
        raise TypeError(f"{type(module).__name__} did not take the role {role.__name__} last")
    module.__class__ = own


def _without_parts(sequence: nn.Sequential) -> Iterator[nn.Module]:
    # Not `named_children`, which gives a module that stands twice in the sequence only once.
    return (module for name, module in sequence._modules.items() if name not in PARTS and module is not None)
