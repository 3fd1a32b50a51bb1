"""The versions that decide about the bytes of what is made; part of every artifact's provenance and of every result."""

import importlib.metadata
import platform
from functools import cache

PACKAGES = ("unitscope", "torch", "torchvision", "numpy", "pillow", "scipy", "statsmodels")


@cache
def versions() -> dict[str, str]:
    """Versions of Python, of our code and of the libraries that decide about the bytes of a stimulus or an analysis."""
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in PACKAGES}}
