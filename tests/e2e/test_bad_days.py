"""Bad days of browsers in front of the real server: whatever happens, each trial is asked once and kept once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Request, Route

from tests.e2e.survivor import BANNER, DONE, Survivor, assert_whole
from tests.services.deployment import Deployment

pytestmark = pytest.mark.e2e
ANSWERS, IMAGES = "**/trials/*/answer", "**/images/**"
REFUSED = {
    "refused": "IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError'); };",
    "missing": "Object.defineProperty(window, 'indexedDB', { value: undefined });",
    "silent": "IDBFactory.prototype.open = () => new EventTarget();",
    "broken": "IDBDatabase.prototype.transaction = () => { throw new DOMException('closing', 'InvalidStateError'); };",
}


@pytest.fixture
def person(
    request: pytest.FixtureRequest, site: Deployment, made_up_studies: dict[str, str], chromium: Browser, tmp_path: Path
) -> Iterator[Survivor]:
    """Somebody with a link of their own; whatever has happened to them, they are asked and kept whole in the end."""
    study = made_up_studies[getattr(request, "param", "labels")]
    name = "".join(letter for letter in request.node.name if letter.isalnum())
    someone = Survivor(chromium, f"{site.web.url}/p/{study}/?participant={name}", tmp_path)
    yield someone
    someone.finish()
    assert_whole(someone, site, study=study)
    someone.context.close()


@pytest.mark.parametrize("person", ["labels", "choice"], indirect=True)
def test_reload_at_every_step_goes_on_at_the_same_trial(person: Survivor) -> None:
    person.agree()
    person.screen()
    person.page.reload()
    person.read()
    while person.is_asked():
        before = person.now()
        person.page.reload()
        assert person.now() == before
        person.press()
        # At once: the answer may be under way.
        person.page.reload()


def test_back_button_closed_tab_and_return_by_the_link_go_on(person: Survivor) -> None:
    person.enter()
    person.answer_and_go_on()
    person.page.goto(f"{person.link.partition('/p/')[0]}/erase/")
    person.page.go_back()
    person.answer_and_go_on()
    person.press()
    person.reopen()


def test_second_tab_takes_over_and_the_first_says_so(person: Survivor) -> None:
    person.enter()
    person.answer_and_go_on()
    first, trial = person.page, person.now()
    person.open_tab()
    person.page.goto(person.link)

    first.wait_for_selector("[data-screen=elsewhere]")
    assert person.now() == trial
    person.answer_and_go_on()
    second, person.page = person.page, first
    first.bring_to_front()
    first.get_by_role("button", name="Continue here").click()
    second.wait_for_selector("[data-screen=elsewhere]")


def by_signed_link(person: Survivor, site: Deployment) -> None:
    """Give them the link that shows the id to be theirs; an id alone, which anybody could type, does not lead back."""
    study, _, name = person.link.rpartition("/p/")[2].partition("/?participant=")
    person.link = site.manage("participant_links", study, name, "--site", site.web.url).split()[-1]


def test_cleared_cookies_and_the_same_link_lead_back_to_the_same_trial(person: Survivor, site: Deployment) -> None:
    by_signed_link(person, site)
    person.enter()
    person.answer_and_go_on()
    person.context.clear_cookies()
    person.press()
    person.page.wait_for_selector(DONE)
    person.page.keyboard.press("Enter")
    person.page.get_by_role("heading", name="This browser has lost the study").wait_for()

    person.agree()


def test_another_computer_goes_on_and_the_first_says_that_it_has_lost_the_study(
    person: Survivor, site: Deployment, chromium: Browser
) -> None:
    by_signed_link(person, site)
    person.enter()
    person.answer_and_go_on()
    first, trial = person.page, person.now()
    person.context = chromium.new_context()
    person.open_tab()
    person.agree()
    assert person.now() == trial
    person.answer_and_go_on()

    first.keyboard.press("1")
    first.wait_for_selector(DONE)
    first.keyboard.press("Enter")
    first.get_by_role("heading", name="This browser has lost the study").wait_for()


def test_answers_given_offline_arrive_when_the_connection_is_back(person: Survivor) -> None:
    failed: list[Request] = []
    person.page.on("requestfailed", lambda request: failed.append(request))
    person.enter()
    person.context.set_offline(True)
    person.answer_and_go_on(2)
    person.page.wait_for_selector(BANNER)
    # Several attempts of the outbox.
    person.until(lambda: len(failed) > 2)
    person.answer_and_go_on()
    person.page.wait_for_selector(f"{BANNER}:has-text('3 answers')")

    person.context.set_offline(False)
    person.page.wait_for_selector(BANNER, state="hidden")


def test_answers_given_offline_survive_a_closed_tab(person: Survivor) -> None:
    person.enter()
    person.context.set_offline(True)
    person.answer_and_go_on(2)
    person.press()
    person.page.wait_for_selector(DONE)

    person.reopen()


@pytest.mark.parametrize("storage", [*REFUSED, "full"])
def test_browser_that_keeps_nothing_says_so_and_goes_on_in_memory(person: Survivor, storage: str) -> None:
    if storage in REFUSED:
        person.context.add_init_script(REFUSED[storage])
    person.enter()
    if storage == "full":
        origin = person.link.partition("/p/")[0]
        person.tools().send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 1})
    person.answer_and_go_on()
    person.context.set_offline(True)
    person.answer_and_go_on()
    person.page.wait_for_selector(f"{BANNER}:has-text('This browser cannot keep')")
    person.answer_and_go_on()

    person.context.set_offline(False)
    person.page.wait_for_selector(BANNER, state="hidden")


def test_server_killed_in_the_middle_is_waited_for(person: Survivor, site: Deployment) -> None:
    person.enter()
    person.answer_and_go_on()
    site.web.kill9()
    person.answer_and_go_on(2)
    person.page.wait_for_selector(BANNER)

    site.web = site.restart(site.web)
    person.page.wait_for_selector(BANNER, state="hidden")


@pytest.mark.parametrize("person", ["labels", "choice"], indirect=True)
def test_lost_and_doubled_answers_are_kept_once(person: Survivor) -> None:
    tries: dict[str, int] = {}

    def lose_the_first_two(route: Route) -> None:
        """Twice the server stores the answer, and the browser does not hear of it; then it is sent twice."""
        number = tries[route.request.url] = tries.get(route.request.url, 0) + 1
        answer = route.fetch()
        if number > 2:
            route.fetch()
            route.fulfill(response=answer)
        elif number == 1:
            route.abort("connectionreset")
        else:
            route.fulfill(status=502)

    person.page.route(ANSWERS, lose_the_first_two)
    person.enter()
    person.finish()

    assert len(tries) == len(person.asked)
    assert set(tries.values()) == {3}


def test_keys_and_clicks_in_a_hurry_answer_one_trial_once(person: Survivor) -> None:
    person.enter()
    person.press("1")
    for key in ("1", "2", "3", "Enter", "Enter", "2"):
        person.page.keyboard.press(key)
    person.page.wait_for_selector(DONE)
    person.page.locator(".continue").dblclick()
    trial, button = person.now(), person.page.locator("[data-choice][data-key='3']")
    person.asked.append((trial, button.get_attribute("data-choice")))
    button.dblclick()
    person.page.wait_for_selector(f"[data-trial='{trial}']{DONE}")
    person.go_on()


def test_slow_connection_and_images_that_fail_hold_nobody_up(person: Survivor) -> None:
    tries: dict[str, int] = {}

    def fail_at_first(route: Route) -> None:
        """All tries of one visit fail, for each image."""
        number = tries[route.request.url] = tries.get(route.request.url, 0) + 1
        if number > 3:
            route.continue_()
        else:
            route.abort("connectionreset" if number % 2 else "failed")

    slow = {"offline": False, "latency": 400, "downloadThroughput": 30_000, "uploadThroughput": 10_000}
    person.tools().send("Network.emulateNetworkConditions", slow)
    person.agree()
    person.screen()
    person.page.route(IMAGES, fail_at_first)
    person.page.reload()
    person.read()
    person.page.get_by_role("heading", name="Some images could not be loaded").wait_for()
    person.leave_page()
    person.read()
    # The trials' own images fail in the background.
    person.until(lambda: len([url for url, number in tries.items() if number >= 3]) == 6)
    person.now()
    person.page.unroute(IMAGES)


def test_laptop_that_slept_and_a_clock_that_was_set_back_change_nothing(person: Survivor) -> None:
    person.enter()
    person.answer_and_go_on()
    person.context.set_offline(True)
    person.press()
    person.page.wait_for_selector(DONE)
    tools = person.tools()
    tools.send("Page.setWebLifecycleState", {"state": "frozen"})
    person.context.set_offline(False)
    tools.send("Page.setWebLifecycleState", {"state": "active"})
    person.go_on()
    person.page.add_init_script("const now = Date.now; Date.now = () => now() - 86_400_000;")
    person.page.reload()
    person.now()
    person.context.set_offline(True)
    person.press()
    person.page.wait_for_selector(DONE)
    person.context.set_offline(False)
    person.go_on()
