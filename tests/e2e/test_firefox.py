"""Bad days in Firefox: offline, a private window, a disk that is full. Both studies from link to code: test_two_studies.py."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Playwright

from tests.e2e import firefox
from tests.e2e.survivor import BANNER, DONE, Survivor, assert_whole
from tests.services.deployment import Deployment

pytestmark = pytest.mark.e2e
# As on about:config.
PRIVATE = {"browser.privatebrowsing.autostart": True}
FULL = {"dom.quotaManager.temporaryStorage.fixedLimit": 1}


@pytest.fixture
def person(
    request: pytest.FixtureRequest,
    playwright: Playwright,
    firefox_path: str,
    site: Deployment,
    made_up_studies: dict[str, str],
    tmp_path: Path,
) -> Iterator[Survivor]:
    """Somebody whose Firefox has these preferences; whatever has happened to them, they are asked and kept whole in the end."""
    browser = firefox.launch(playwright, firefox_path, preferences=request.param)
    study = made_up_studies["labels"]
    someone = Survivor(browser, f"{site.web.url}/p/{study}/?participant={uuid4().hex}", tmp_path)
    yield someone
    someone.finish()
    assert_whole(someone, site, study=study)
    browser.close()


@pytest.mark.parametrize("person", [PRIVATE], ids=["private"], indirect=True)
def test_private_window_keeps_answers_given_offline_through_a_closed_tab(person: Survivor) -> None:
    person.enter()
    person.context.set_offline(True)
    person.answer_and_go_on(2)
    person.page.wait_for_selector(BANNER)
    person.press()
    person.page.wait_for_selector(DONE)

    person.reopen()


@pytest.mark.parametrize("person", [FULL], ids=["full"], indirect=True)
def test_full_storage_says_so_and_goes_on_in_memory(person: Survivor) -> None:
    person.enter()
    person.answer_and_go_on()
    person.context.set_offline(True)
    person.answer_and_go_on()
    person.page.wait_for_selector(f"{BANNER}:has-text('This browser cannot keep')")
    person.answer_and_go_on()

    person.context.set_offline(False)
    person.page.wait_for_selector(BANNER, state="hidden")
