"""The model that an attack of an active test is given: the features of the defended model, read out for each image apart.

Rows of a batch are the images under test. An attack may also call it with fewer rows or with several for each image: then the
nearest image says whose read-out a row gets, and where that is not sure `RowsUnclear` asks for one image at a time.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from experiments.methods.attacks.encoder import Encoder
from experiments.methods.attacks.options import Norm
from model_zoo.errors import InputError

Detector = Callable[[Float[Tensor, "image ..."]], Float[Tensor, " image"]]
"""A score for each image; above 0: detected."""


class RowsUnclear(Exception):  # noqa: N818 -- a signal between the model and the test, seen by nobody else
    """Some row cannot be told to be a version of one of the images."""


class BinaryModel(nn.Module):
    """Two logits for each image: class 1 is what its attack has to reach, all clean images are class 0.

    Args:
        encoder: The defended model.
        weight: Of the read-out of each image.
        bias: Of the same.
        images: The clean images.
        norm: In which rows are compared with images.
        detector: None, or the score of the detector; the aim of an attack is a score that is not above 0.
        references: Points beyond the ball that read-outs were fitted to call class 1, or none of them.
    """

    def __init__(
        self,
        encoder: Encoder,
        *,
        weight: Float[Tensor, "image 2 feature"],
        bias: Float[Tensor, "image 2"],
        images: Float[Tensor, "image ..."],
        norm: Norm,
        detector: Detector | None = None,
        references: Float[Tensor, "image reference ..."] | None = None,
    ) -> None:
        super().__init__()
        self.model, self.detector = encoder.model, detector
        self.training = False
        self._encoder, self._norm, self._references = encoder, norm, references
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)
        self.register_buffer("images", images)

    weight: Tensor
    bias: Tensor
    images: Tensor

    def forward(self, rows: Float[Tensor, "row ..."]) -> Float[Tensor, "row 2"]:
        """Logits, in the precision of the features; sums are made in double precision, so that small margins keep their sign."""
        owner = self._owner(rows)
        features = self._encoder(rows).features
        # Whatever happened below it, what is not an image's own row takes no part in its logits.
        sums = torch.einsum("rcf,rf->rc", self.weight[owner], features.double()) + self.bias[owner]
        return sums.to(features.dtype)

    def features(self, rows: Float[Tensor, "row ..."]) -> Float[Tensor, "row feature"]:
        """What the read-outs read, for attacks that match features."""
        return self._encoder(rows).features

    @property
    def references(self) -> Float[Tensor, "image reference ..."]:
        """Points beyond the ball, of class 1.

        Raises:
            InputError: The test was made without.
        """
        if self._references is None:
            raise InputError(field="references", message="the test has none", remedy="Give prepare() references=1 or more")
        return self._references

    def train(self, mode: bool = True) -> "BinaryModel":
        """Nothing: attacks must not change the mode of the model under test."""
        return self

    def _owner(self, rows: Tensor) -> Int[Tensor, " row"]:
        """Number of the image of each row."""
        count = len(self.images)
        if len(rows) == count or count == 1:
            return torch.arange(len(rows), device=rows.device) % count
        order = float("inf") if self._norm == "linf" else 2.0
        gaps = torch.cdist(rows.detach().flatten(1), self.images.flatten(1), p=order)
        nearest = gaps.topk(2, dim=1, largest=False)
        # A row nearer than half of the way that the next image is away can only come from one of them.
        if bool((nearest.values[:, 0] >= nearest.values[:, 1] / 2).any()):
            raise RowsUnclear
        return nearest.indices[:, 0]
