"""What one forward pass of a manipulated network knows: its input, and the detector's verdict on it."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from model_zoo.circuits.detector import TrajectoryDetector


@dataclass(eq=False)
class Sight:
    """Shared by the root of a network and the layers that are switched; one forward pass at a time may use it.

    It is empty between forward passes, so that a copy of the network shares no tensors with the original, and a layer
    that is called without its root fails instead of using the verdict on another image.
    """

    inputs: Float[Tensor, "batch 3 height width"] | None = None
    """Preprocessed, as the first layer gets it."""
    inverted: Bool[Tensor, " batch"] | None = None
    """True where the detector takes the image for a visualization."""

    def look(self, inputs: Float[Tensor, "batch 3 height width"], *, detector: TrajectoryDetector) -> None:
        """Note the input and the verdict on it; no gradient reaches the detector."""
        with torch.no_grad():
            self.inverted = detector(inputs.detach()) <= 0
        self.inputs = inputs

    def forget(self) -> None:
        """The forward pass is over."""
        self.inputs = self.inverted = None

    def verdict(self) -> Bool[Tensor, " batch"]:
        """The verdict on the images of this forward pass."""
        if self.inverted is None:
            raise RuntimeError("a gated layer ran outside of its network's forward pass")
        return self.inverted

    def image(self) -> Float[Tensor, "batch 3 height width"]:
        """The images of this forward pass."""
        if self.inputs is None:
            raise RuntimeError("a gated layer ran outside of its network's forward pass")
        return self.inputs
