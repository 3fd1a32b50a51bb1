"""A whole deployment with two small studies of real stimuli, and a real browser in front of it.

They end with this folder's tests: other tests may follow in the same process, where Django refuses to work beside Playwright.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.e2e import firefox as debians_firefox
from tests.services.deployment import Deployment

# Of one layer: a pass over the pool for each layer is most of what stimuli of this size cost. `test_fooled_network` has its own.
UNITS = ("efficientnet_lite0.in1k/_blocks.2:1", "efficientnet_lite0.in1k/_blocks.2:7")
# The demo's way at a tenth of its cost.
SMALL = {
    "pool": "photographs+stamps",
    "pool_size": 450,
    "pool_resolution": 64,
    "size": 64,
    "steps": 6,
    "transforms": "standard",
    "main_trials": 4,
    "catch_trials": 1,
    "practice_obvious": 1,
    "practice_other": 1,
    "max_batches": 3,
}
STUDIES = {
    "zimmermann2023_scale": ("forced-choice", {**SMALL, "diversity_search": "false"}),
    "zimmermann2021_causal": ("occlusion", {**SMALL, "stride": 32}),
}
CONDITIONS = {"zimmermann2023_scale": ("natural", "synthetic"), "zimmermann2021_causal": ("synthetic", "natural", "none")}

# Labels are given without feedback, so that a session takes seconds; the forced choice has feedback and practice.
MADE_UP = """
import json
from tests.webapp import made_up
labels = made_up.study(
    "mayilvahanan2025_domains", main_trials=5, images=10, annotators=40, practice_trials=0, catch_trials=0, repeats=1
)
choice = made_up.study(main_trials=2, catch_trials=1, practice_obvious=1, practice_other=0, answer_lock=0)
print(json.dumps({"labels": str(labels.id), "choice": str(choice.id)}))
"""


@pytest.fixture(scope="package")
def deployment(tmp_path_factory: pytest.TempPathFactory, new_database: Callable[[], str]) -> Iterator[Deployment]:
    """Web server, web worker, GPU worker, and the two studies, open."""
    folder = tmp_path_factory.mktemp("deployment")
    queue = {"REDIS_URL": "", "BROKER_URL": f"filesystem://{folder}/queue", "RESULT_URL": f"file://{folder}/results"}
    deployment = Deployment(folder, {"DATABASE_URL": new_database(), **queue})
    deployment.start_web_worker()
    deployment.start_gpu_worker()
    for paper, (name, settings) in STUDIES.items():
        words = [f"--set={key}={value}" for key, value in settings.items()]
        deployment.manage("study_create", paper, "--name", name, "--units", *UNITS, "--conditions", *CONDITIONS[paper], *words)
    deployment.wait_open(*(name for name, _ in STUDIES.values()))
    yield deployment
    deployment.stop()


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory, new_database: Callable[[], str]) -> Iterator[Deployment]:
    """The web server alone, for studies whose images are made up."""
    folder = tmp_path_factory.mktemp("bad-days")
    queue = {"REDIS_URL": "", "BROKER_URL": f"filesystem://{folder}/queue", "RESULT_URL": f"file://{folder}/results"}
    made = Deployment(folder, {"DATABASE_URL": new_database(), **queue})
    yield made
    made.stop()


@pytest.fixture(scope="package")
def made_up_studies(site: Deployment) -> dict[str, str]:
    """The ids of two such studies."""
    ids: dict[str, str] = json.loads(site.manage("shell", "--no-imports", "--command", MADE_UP).splitlines()[-1])
    return ids


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """The driver of all browsers."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def chromium(playwright: Playwright, chromium_path: str) -> Iterator[Browser]:
    """Debian's Chromium."""
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    browser = playwright.chromium.launch(executable_path=chromium_path, args=flags)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def firefox(playwright: Playwright, firefox_path: str) -> Iterator[Browser]:
    """Debian's Firefox."""
    browser = debians_firefox.launch(playwright, firefox_path)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures of the pages go: SCREENSHOTS, by default var/screenshots."""
    folder = Path(os.environ.get("SCREENSHOTS", "var/screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
