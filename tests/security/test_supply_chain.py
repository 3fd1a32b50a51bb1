"""What we build on: licenses that go with ours, pinned versions, floors for known holes, and the audit's own judgement."""

import json
import re
import tomllib
from importlib.metadata import version

import pytest

from tests.licenses import EXCEPTIONS, goes_with_ours, license_misfits, node_licenses, python_licenses
from tests.services.processes import CHECKOUT
from tests.supply_chain import node_findings, python_findings

pytestmark = pytest.mark.unit
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
LOCKS = {"web": "web", "worker": "research"}
"""The images, and the extra of each."""
# Below these, a checkpoint or an image can run code or fill the memory.
FLOORS = {"torch": (2, 10), "pillow": (12, 3), "safetensors": (0, 4)}


def requirements() -> list[str]:
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    return [requirement for group in groups for requirement in group if not requirement.startswith("unitscope")]


def locked(name: str) -> dict[str, list[str]]:
    """What a lock has of each package: the versions, and the hashes of their files."""
    lines = (CHECKOUT / f"docker/{name}.lock").read_text().splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        if not line.startswith(" "):
            package, _, rest = line.partition("==")
            found.setdefault(package, []).append(rest.partition(" ")[0])
        else:
            found[package].append(line.strip(" \\"))
    return found


def test_every_python_package_has_a_license_that_goes_with_ours() -> None:
    licenses = python_licenses()

    assert len(licenses) > 100
    assert license_misfits(licenses) == {}


def test_every_npm_package_has_a_license_that_goes_with_ours() -> None:
    licenses = node_licenses()

    assert len(licenses) > 100
    assert license_misfits(licenses) == {}


@pytest.mark.parametrize(
    "license",
    ["GPL-3.0", "AGPL-3.0-only", "LGPL-3.0-only", "SSPL-1.0", "UNKNOWN", "", "Other/Proprietary License", "MIT AND GPL-2.0-only"],
)
def test_license_that_does_not_go_with_ours_is_found(license: str) -> None:
    assert license_misfits({"some-package": license, "another": "MIT"}) == {"some-package": license}


@pytest.mark.parametrize("names", EXCEPTIONS)
def test_exception_is_still_needed(names: str) -> None:
    told = {name: text for name, text in python_licenses().items() if re.fullmatch(names, name)}

    assert told
    assert not all(goes_with_ours(text) for text in told.values())


@pytest.mark.parametrize("name", LOCKS)
def test_lock_fits_what_is_pinned(name: str) -> None:
    found = locked(name)
    groups = [PROJECT["dependencies"], PROJECT["optional-dependencies"][LOCKS[name]]]
    pinned = [re.fullmatch(r"([a-z0-9-]+)(?:\[.*\])?==(.*)", requirement).groups() for group in groups for requirement in group]

    assert [f"{package}=={version}" for package, version in pinned if version not in found.get(package, [])] == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_has_hashes_of_every_file_and_names_no_registry(name: str) -> None:
    path = CHECKOUT / f"docker/{name}.lock"

    assert "://" not in path.read_text()
    assert path.stat().st_size < 1_000_000
    for package, words in locked(name).items():
        hashes = [word for word in words if word.startswith("--hash=")]
        assert hashes, package
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", word) for word in hashes)


@pytest.mark.parametrize("name", LOCKS)
def test_image_installs_what_is_locked_and_nothing_else(name: str) -> None:
    lines = (CHECKOUT / f"docker/{name}.Dockerfile").read_text().splitlines()

    installs = [line.partition("pip install ")[2] for line in lines if "pip install " in line]

    assert installs == [
        f"--no-cache-dir --require-hashes --requirement {name}.lock",
        "--no-cache-dir --no-deps --no-build-isolation --no-index .",
    ]


@pytest.mark.parametrize("requirement", requirements())
def test_python_package_is_pinned(requirement: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]+(\[[a-z,-]+\])?==[0-9.]+", requirement)


def test_npm_packages_are_locked_with_their_hashes_and_name_no_registry() -> None:
    wanted = json.loads((CHECKOUT / "static/package.json").read_text())
    packages = json.loads((CHECKOUT / "static/package-lock.json").read_text())["packages"]

    assert len(packages) > 100
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
