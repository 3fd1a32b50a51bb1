"""The versions that decide about the bytes of what is made; part of every artifact's provenance and of every result."""

import importlib.metadata
import os
import platform
from functools import cache
from pathlib import Path

PACKAGES = (
    *("unitscope", "torch", "torchvision", "numpy", "pillow", "scipy", "statsmodels"),
    *("captum", "open-clip-torch", "safetensors", "scikit-image", "scikit-learn", "timm"),
)
OPTIONAL = ("kornia", "torch-lucent")
"""Left out where they are not installed."""


@cache
def versions() -> dict[str, str]:
    """Versions of Python, of our code and of the libraries that decide about the bytes of a stimulus or an analysis."""
    installed = {name: found for name in OPTIONAL if (found := _installed(name))}
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in PACKAGES}, **installed}


@cache
def machine() -> dict[str, str | int | None]:
    """The machine class of this process: architecture, cores, and the processor's name where the system tells it."""
    return {"machine": platform.machine(), "cores": os.cpu_count(), "cpu": _processor()}


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
