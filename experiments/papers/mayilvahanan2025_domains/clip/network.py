"""Which of open_clip's networks is trained, and whether it can be. Called by the run before its stages, and by the training."""

from collections.abc import Mapping

import torch

from experiments.contract.errors import InputError
from experiments.contract.fields import Json, require
from experiments.papers.mayilvahanan2025_domains.clip.configuration import ClipConfiguration

FIELDS = {"embed_dim", "vision_cfg", "text_cfg", "quick_gelu"}
"""Of networks with two plain towers; others have a tokenizer, a loss or a third tower of their own."""
OWN_TOKENIZER = {"hf_model_name", "hf_tokenizer_name"}


def network_configuration(configuration: ClipConfiguration) -> dict[str, Json]:
    """Of open_clip's network, with the changes.

    Raises:
        InputError: It has none of this name, the network is no CLIP with two plain towers, or a change does not fit it.
    """
    import open_clip  # noqa: PLC0415 -- takes seconds, and only this stage needs it

    found = open_clip.get_model_config(configuration.network)
    remedy = "Give one of open_clip.list_models(), such as ViT-B-32"
    require(found is not None, "network", f"open_clip has no network {configuration.network!r}", remedy)
    others = (set(found) - FIELDS) | (OWN_TOKENIZER & set(found["text_cfg"]))
    told = f"{configuration.network} is no CLIP with two plain towers: it has {', '.join(sorted(others))}"
    require(not others, "network", told, "Give one that is, such as ViT-B-32 or RN50")
    for name, value in configuration.changes.items():
        require(name in found, "changes", f"{configuration.network} has no {name}", f"Choose among {', '.join(found)}")
        found[name] = {**found[name], **value} if isinstance(found[name], Mapping) and isinstance(value, Mapping) else value
    try:
        with torch.device("meta"):
            open_clip.CLIP(**found)
    except (TypeError, ValueError, ArithmeticError, AttributeError, AssertionError, RuntimeError) as error:
        message = f"open_clip cannot build {configuration.network} with {dict(configuration.changes)} ({error})"
        raise InputError(field="changes", message=message, remedy="Give fields of open_clip's configuration that fit") from error
    return dict(found)
