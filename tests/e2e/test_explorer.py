"""The unit explorer in a real browser with a real worker: a unit's pictures are asked for, seen to come, and lead to a study."""

from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import SMALL
from tests.e2e.researcher import Researcher
from tests.services.deployment import Deployment

pytestmark = pytest.mark.e2e
OPTIONS = urlencode({name: SMALL[name] for name in ("pool", "pool_size", "size", "steps")})
LAYER = "explorer/efficientnet_lite0.in1k/_blocks.2/"
# Said by the browser about the page of an address that was mistyped on purpose.
EXPECTED = "the server responded with a status of 400"


@pytest.fixture
def researcher(deployment: Deployment, chromium: Browser, screenshots: Path) -> Researcher:
    folder = screenshots / "explorer"
    folder.mkdir(exist_ok=True)
    researcher = Researcher(deployment, chromium, folder)
    researcher.log_in()
    return researcher


def test_pictures_of_a_unit_are_asked_for_and_seen_to_come(researcher: Researcher) -> None:
    page = researcher.page
    researcher.check("explorer")
    page.fill("[name=unit]", "efficientnet_lite0.in1k/_blocks_2:7000")
    page.get_by_role("button", name="Go").click()
    researcher.check("wrong-address")
    page.fill("[name=unit]", "efficientnet_lite0.in1k/_blocks_2:5")
    page.get_by_role("button", name="Go").click()
    page.wait_for_url(f"**/{LAYER}5/")
    page.goto(f"{page.url}?{OPTIONS}")
    researcher.check("unit-empty")

    page.get_by_role("button", name="Make: Exemplars").click()
    page.wait_for_selector("#exemplars progress")
    researcher.check("unit-under-way")
    # No page is loaded from here on until the pictures are there: the script brings them.
    page.wait_for_selector("#exemplars[data-state=finished] img")
    told = page.locator("#news").inner_text()
    page.get_by_role("button", name="Make: Visualization: what activates it most").click()
    page.wait_for_selector("#visualization[data-state=finished] img")
    page.get_by_role("button", name="Make: Occlusion of its best exemplar").click()
    page.get_by_role("button", name="Make: Visualization: what activates it least").click()
    # What is left: lucent's visualization and the attribution.
    page.get_by_role("button", name="Make all that is missing").click()
    page.wait_for_selector("#occlusion[data-state=finished] img")
    page.wait_for_selector("#opposite[data-state=finished] img")
    page.wait_for_selector("#lucent[data-state=finished] img")
    page.wait_for_selector("#attribution[data-state=finished] img")
    page.wait_for_selector("svg.histogram .marked")
    page.wait_for_load_state("networkidle")
    researcher.check("unit")
    widths = page.evaluate("() => [...document.querySelectorAll('.pictures img')].map((image) => image.naturalWidth)")

    assert told == "Exemplars: finished"
    assert len(widths) == 9 + 9 + 4 + 4 + 4 + 4 + 3
    assert 0 not in widths
    assert researcher.problems == []
    assert [words for words in researcher.complaints if EXPECTED not in words] == []


def test_units_are_chosen_in_their_layer_for_a_study(researcher: Researcher) -> None:
    page = researcher.page
    page.goto(f"{researcher.link}explorer/efficientnet_lite0.in1k/")
    researcher.check("network")
    page.goto(f"{researcher.link}{LAYER}?{OPTIONS}")
    page.wait_for_load_state("networkidle")
    researcher.check("layer")
    for channel in (3, 5):
        page.get_by_label(f"Unit {channel} for a study").check()
    page.get_by_role("button", name="Make a study from the chosen units").click()
    page.locator("[name=paper][value=zimmermann2023_scale]").check()
    page.locator("form [type=submit]").last.click()
    page.wait_for_selector("[name=pasted]")

    assert page.input_value("[name=pasted]").split() == [f"efficientnet_lite0.in1k/_blocks.2:{channel}" for channel in (3, 5)]
    assert page.locator("[name=units_from]:checked").get_attribute("value") == "pasted"
    assert researcher.problems == []
    assert researcher.complaints == []


def test_circuit_is_ordered_watched_and_cancelled(researcher: Researcher) -> None:
    page = researcher.page
    page.goto(f"{researcher.link}{LAYER}5/?{OPTIONS}")
    page.get_by_text("Fool this unit").click()
    page.get_by_label("Target").select_option("unit")
    page.get_by_label("Donor").fill("efficientnet_lite0.in1k/_blocks.3:6")
    page.get_by_role("button", name="Order the circuit").click()
    page.wait_for_selector("#fool .errorlist")
    researcher.check("fool-refused")
    page.get_by_label("Donor").fill("efficientnet_lite0.in1k/_blocks.2:6")
    page.get_by_role("button", name="Order the circuit").click()
    page.wait_for_url("**/circuits/*/")
    researcher.check("circuit-under-way")
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_selector("#state[data-state=cancelled]")
    researcher.check("circuit-cancelled")
    page.goto(f"{researcher.link}circuits/")
    researcher.check("circuits")

    assert page.locator("tbody tr", has_text="cancelled").count() == 1
    assert researcher.problems == []
    assert [words for words in researcher.complaints if EXPECTED not in words] == []


def test_picture_of_a_study_leads_back_to_the_weights(researcher: Researcher) -> None:
    page = researcher.page
    page.goto(f"{researcher.link}admin/stimuli/artifact/?kind=stimulus_set&q=efficientnet_lite0")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("link", name="What it was made from").click()
    page.wait_for_load_state("networkidle")
    researcher.check("lineage")

    headings = page.locator(".lineage h2").all_inner_texts()
    assert headings[0].startswith("Stimulus set of efficientnet_lite0.in1k/")
    assert "Activation index" in headings
    assert headings[-1] == "Weights of efficientnet_lite0.in1k"
    assert researcher.problems == []
    assert researcher.complaints == []
