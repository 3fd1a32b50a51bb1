"""Whether a gradient attack has anything to go by: the gradients of binary models at their clean images."""

from typing import Literal

import torch

from experiments.methods.attacks.binary_model import BinaryModel

Gradient = Literal["present", "zero", "absent"]


def gradient_of(model: BinaryModel) -> Gradient:
    """Absent: logits do not depend on images differentiably; zero: they do, with gradients of zero for most images."""
    images = model.images.clone().requires_grad_(True)
    try:
        with torch.enable_grad():
            logits = model(images)
    except RuntimeError as error:
        # Torch's words where a model leaves torch (`numpy()`) or writes into its input: black-box attacks do without.
        if "requires grad" not in str(error):
            raise
        return "absent"
    if not logits.requires_grad:
        return "absent"
    (slopes,) = torch.autograd.grad((logits[:, 1] - logits[:, 0]).sum(), images, allow_unused=True)
    if slopes is None:
        return "absent"
    return "zero" if bool((slopes.flatten(1).abs().amax(1) == 0).double().mean() > 0.5) else "present"
