"""Checkpoints: a network, its optimizer and its journal as one safetensors file in the artifact store, written by rename."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from experiments.contract.artifacts import ArtifactStore
from experiments.contract.errors import InputError
from experiments.contract.recipes import Recipe
from experiments.methods.training import parallel

NETWORK, OPTIMIZER = "network.", "optimizer."
"""Beginnings of the names of tensors; the optimizer's go on with the number of a parameter and the name of its state."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """How far a training was."""

    step: int
    """Updates that were made."""
    lines: Sequence[Mapping[str, Any]]
    """All evaluations until then."""


@dataclass(frozen=True, kw_only=True)
class Checkpoints:
    """The checkpoint of one recipe; it is gone once the artifact is there."""

    store: ArtifactStore
    recipe: Recipe

    def save(self, kept: Checkpoint, *, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Replace the checkpoint by this one; of several processes the first writes."""
        if parallel.rank() > 0:
            return
        tensors = {f"{NETWORK}{name}": tensor for name, tensor in network.state_dict().items()}
        for number, state in optimizer.state_dict()["state"].items():
            tensors.update({f"{OPTIMIZER}{number}.{name}": tensor for name, tensor in state.items()})
        about = {"recipe": json.dumps(self.recipe.as_json()), "step": str(kept.step), "lines": json.dumps(list(kept.lines))}
        content = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, metadata=about)
        self.store.write_checkpoint(self.recipe.digest, content)

    def tell(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Show whoever watches what was measured until now."""
        if parallel.rank() == 0:
            self.store.write_journal(self.recipe.digest, lines)

    def restore(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> Checkpoint | None:
        """Put network and optimizer back to where they were; None, and nothing is changed, where there is no checkpoint.

        Raises:
            InputError: The checkpoint is of another recipe, of another network, or damaged.
        """
        content = self.store.read_checkpoint(self.recipe.digest)
        if content is None:
            return None
        about, tensors = self._read(content)
        self._check(about)
        try:
            network.load_state_dict(_beginning(NETWORK, tensors))
        except RuntimeError as error:
            raise self._unfit("is of another network than this version of the code builds") from error
        states: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _beginning(OPTIMIZER, tensors).items():
            number, _, key = name.partition(".")
            states.setdefault(int(number), {})[key] = tensor
        optimizer.load_state_dict({"state": states, "param_groups": optimizer.state_dict()["param_groups"]})
        _lay_out_as_parameters(optimizer)
        return Checkpoint(step=int(about["step"]), lines=json.loads(about["lines"]))

    def last_step(self) -> int | None:
        """Of the checkpoint that is there."""
        content = self.store.read_checkpoint(self.recipe.digest)
        return None if content is None else int(self._read(content)[0]["step"])

    def _read(self, content: bytes) -> tuple[dict[str, str], dict[str, Tensor]]:
        """Metadata and tensors; a torn file cannot be there, since files come by rename, but a disk may have lost some of it."""
        try:
            return _about(content), load(content)
        except (SafetensorError, ValueError, KeyError) as error:
            raise self._unfit("is damaged") from error

    def _check(self, about: Mapping[str, str]) -> None:
        if json.loads(about["recipe"]) != json.loads(json.dumps(self.recipe.as_json())):
            raise self._unfit("is of another recipe than is asked for")

    def _unfit(self, what: str) -> InputError:
        return InputError(
            field="checkpoint",
            message=f"checkpoints/{self.recipe.digest} in the artifact store {what}",
            remedy="Remove that file to begin anew",
        )


def _lay_out_as_parameters(optimizer: torch.optim.Optimizer) -> None:
    """Give moments the strides of their parameters: a file has none, and fused Adam pairs the two by place in memory."""
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            if value.shape == parameter.shape:
                state[key] = torch.empty_like(parameter).copy_(value)


def _beginning(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors with names that begin so, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _about(content: bytes) -> dict[str, str]:
    """The metadata of a safetensors file: JSON after eight bytes of its length."""
    length = int.from_bytes(content[:8], "little")
    about: dict[str, str] = json.loads(content[8 : 8 + length])["__metadata__"]
    return about
