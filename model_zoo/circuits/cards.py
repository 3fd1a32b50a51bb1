"""The card of a manipulated network: its base's, with other weights and a word of warning."""

import dataclasses

from model_zoo.catalogue import MANIPULATED, ModelCard, Weights
from model_zoo.circuits.spec import CircuitSpec


def circuit_card(base: ModelCard, spec: CircuitSpec, *, model_id: str, sha256: str) -> ModelCard:
    """The card under which a manipulated network stands in the zoo folder; `sha256` is that of its file of weights."""
    return dataclasses.replace(
        base,
        id=model_id,
        title=f"{base.title}, manipulated: {spec.construction} at {spec.layer} ({spec.count} units)",
        architecture=MANIPULATED,
        source=f"made here from {base.id}; its visualizations are meant to mislead",
        license=f"{base.license}; manipulated, not the original network",
        weights=Weights(file=f"{model_id}/weights.safetensors", sha256=sha256),
        reported_top1=None,
        spec=spec.as_json(),
    )
