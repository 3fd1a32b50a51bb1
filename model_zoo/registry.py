"""Which module of `sources` builds which architecture. Called by `loading`."""

from types import ModuleType

from model_zoo.sources import efficientnet_lite

SOURCES: dict[str, ModuleType] = {"efficientnet-lite0": efficientnet_lite}
