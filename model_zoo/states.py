"""Reads the parameters of a network from a file, running no code that may be in it, and puts them in their places."""

import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from model_zoo.catalogue import Weights
from model_zoo.errors import InputError

NAMED = 3
"""How many parameters an error names."""


def read_state(path: Path, *, weights: Weights) -> dict[str, Tensor]:
    """The parameters of a network by their names in it, in single precision.

    Raises:
        InputError: The file is damaged, has code in it, or is not of the form that the card says.
    """
    try:
        found = _from_safetensors(path, weights) if path.suffix == ".safetensors" else _from_pickle(path, weights)
    except (SafetensorError, RuntimeError, EOFError) as error:
        if "TorchScript" in str(error):
            raise _code_in(path) from error
        raise _unreadable(path, str(error).splitlines()[0]) from error
    except pickle.UnpicklingError as error:
        raise _code_in(path) from error
    state = {_new_name(name, weights): tensor for name, tensor in found.items()}
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in state.items()}


def fill(network: nn.Module, state: Mapping[str, Tensor], *, path: Path) -> None:
    """Make the tensors of `state` those of the network.

    Raises:
        InputError: They are not exactly those that it has.
    """
    places = network.state_dict()
    # Files older than this count, which nothing uses in evaluation mode, lack it.
    missing = [name for name in places if name not in state and not name.endswith("num_batches_tracked")]
    surplus = [name for name in state if name not in places]
    misshapen = [name for name, tensor in state.items() if name in places and tensor.shape != places[name].shape]
    wrong = {"lacks": missing, "has unknown": surplus, "has other shapes of": misshapen}
    complaints = [f"{what} {_some(names)}" for what, names in wrong.items() if names]
    if complaints:
        raise _unreadable(path, f"it does not fit the network: {'; '.join(complaints)}")
    network.load_state_dict(state, assign=True)


def _from_safetensors(path: Path, weights: Weights) -> dict[str, Tensor]:
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys() if name.startswith(weights.prefix)}  # noqa: SIM118 -- no mapping


def _from_pickle(path: Path, weights: Weights) -> dict[str, Tensor]:
    content: Any = torch.load(path, map_location="cpu", weights_only=True)
    if weights.key:
        content = content.get(weights.key) if isinstance(content, dict) else None
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise _unreadable(path, f"no tensors by name are in it{f' under {weights.key!r}' if weights.key else ''}")
    return {name: tensor for name, tensor in content.items() if name.startswith(weights.prefix)}


def _new_name(name: str, weights: Weights) -> str:
    name = name.removeprefix(weights.prefix)
    for old, new in weights.renamed.items():
        name = re.sub(old, new, name)
    return name


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _unreadable(path: Path, reason: str) -> InputError:
    return InputError(field="unit", message=f"{path} cannot be used: {reason}", remedy="Put the file that the card names there")


def _code_in(path: Path) -> InputError:
    converted = path.with_suffix(".safetensors").name
    return InputError(
        field="unit",
        message=f"{path} can be read only by running code in it, which is not done",
        remedy=f"Where you trust it, save its tensors as {converted}, and put that with {converted}.sha256 beside it",
    )
