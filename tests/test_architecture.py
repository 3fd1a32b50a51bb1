"""The shape of the house: borders between the packages, one form for all papers, small files with names that say something."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from experiments import papers, registry
from experiments.contract.designs import LANGUAGES
from tests.services.processes import CHECKOUT

pytestmark = pytest.mark.unit

CONTRACTS = [
    contract["name"] for contract in tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
]
GRAB_BAGS = {"utils", "util", "common", "core", "helpers", "misc", "manager", "handler"}
CODE = {".py", ".ts", ".mjs", ".html"}
ROOTS = ("webapp", "experiments", "model_zoo")
MAX_LINES = 300
MAX_BYTES = 1_000_000


def test_web_process_starts_without_torch() -> None:
    program = "import sys, django; django.setup(); import webapp.urls, webapp.celery_app; sys.exit('torch' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr or "torch was imported"


def test_gpu_worker_starts_without_django() -> None:
    program = "import sys, experiments.celery_app, experiments.tasks; sys.exit('django.db' in sys.modules)"
    # Where Django is installed Celery loads it if this variable names settings, and kombu always takes one helper from it.
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}

    done = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, env=env, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr or "django was imported"


def test_import_contracts_are_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    # Wide enough for the longest name, or it is broken into two lines.
    env = {**os.environ, "COLUMNS": "200"}

    done = subprocess.run([linter, "--no-cache"], cwd=CHECKOUT, env=env, capture_output=True, text=True)

    assert re.findall(r"^(.+) KEPT(?: \(\d+ ignored imports\))?$", done.stdout, re.MULTILINE) == CONTRACTS
    assert len(CONTRACTS) == 9
    assert done.returncode == 0, done.stdout


def test_registry_finds_every_paper_folder() -> None:
    folders = {path.parent.name for path in Path(papers.__path__[0]).glob("*/*.py")}

    assert set(registry.experiments()) == folders


@pytest.mark.parametrize("slug", registry.experiments())
def test_paper_has_the_same_files_as_every_other(slug: str) -> None:
    experiment = registry.experiment(slug)
    wanted = {"README.md", "__init__.py", "analysis.py", "claims.py"}
    if experiment.asks_people:
        wanted |= {"design.py", "stimuli.py"}

    allowed = {"train.py", "networks.py"}
    if experiment.asks_people:
        allowed |= {"layout.py", "schedule.py", "session.py"}

    found = {path.name for path in (Path(papers.__path__[0]) / slug).iterdir() if path.is_file()}

    assert experiment.slug == slug
    assert wanted <= found <= wanted | allowed


@pytest.mark.parametrize("slug", [slug for slug, paper in registry.experiments().items() if paper.asks_people])
def test_paper_that_asks_people_has_texts_in_every_language(slug: str) -> None:
    found = {path.name for path in (Path(papers.__path__[0]) / slug / "texts").iterdir()}

    assert found == {f"{language}.json" for language in LANGUAGES}


def test_files_are_short() -> None:
    lines = {
        str(path): len((CHECKOUT / path).read_text().splitlines())
        for path in _files()
        if path.suffix in CODE and "migrations" not in path.parts
    }

    assert {path: count for path, count in lines.items() if count > MAX_LINES} == {}


def test_names_say_what_is_inside() -> None:
    assert [str(path) for path in _files() if GRAB_BAGS & {*path.parts[:-1], path.stem}] == []


def test_no_large_file_is_kept() -> None:
    sizes = {str(path): (CHECKOUT / path).stat().st_size for path in _files()}

    assert {path: size for path, size in sizes.items() if size > MAX_BYTES} == {}


def test_packages_are_complete() -> None:
    """Without its `__init__.py` a folder is silently left out of the import contracts."""
    folders = {path.parent for path in _files() if path.suffix == ".py" and path.parts[0] in ROOTS}

    assert [str(folder) for folder in sorted(folders) if not (CHECKOUT / folder / "__init__.py").exists()] == []


def test_no_exception_is_raised_twice() -> None:
    """One that is made at import and raised again and again keeps the frames of each time, and with them whole requests."""
    sources = {str(path): (CHECKOUT / path).read_text() for path in _files() if path.suffix == ".py" and path.parts[0] in ROOTS}
    constants = {name for source in sources.values() for name in re.findall(r"^([A-Za-z_]\w*)(?:: .+)? = ", source, re.MULTILINE)}

    raised = {
        path: re.findall(r"^ +raise ([\w.]+)(?: (?:if|from) .+)?$", source, re.MULTILINE) for path, source in sources.items()
    }

    assert sum(map(len, raised.values())) > 20
    assert [(path, name) for path, names in raised.items() for name in names if name.split(".")[-1] in constants] == []


def _files() -> list[Path]:
    """What is, or would be, in git: neither ignored nor deleted."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in sorted(set(listed.split("\0"))) if (CHECKOUT / name).is_file()]
