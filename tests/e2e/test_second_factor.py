"""The second factor as staff meet it in the browser: every page passes axe, and the keyboard alone does."""

import re
import time
from base64 import b32decode
from pathlib import Path

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import Browser

from tests.e2e.researcher import Researcher
from tests.services.deployment import PASSWORD, Deployment

pytestmark = pytest.mark.e2e
ACCOUNT = "from django.contrib.auth.models import User; User.objects.create_superuser('careful', password={password!r})"


def code(secret: bytes, *, steps: int = 0) -> str:
    maker = TOTP(secret)
    maker.time = time.time() + 30 * steps
    return f"{maker.token():06d}"


def test_second_factor_is_set_up_and_used_by_keyboard_on_pages_that_pass_axe(
    site: Deployment, chromium: Browser, screenshots: Path
) -> None:
    folder = screenshots / "researcher"
    folder.mkdir(exist_ok=True)
    site.manage("shell", "--no-imports", "--command", ACCOUNT.format(password=PASSWORD))
    person = Researcher(site, chromium, folder)
    page, keyboard = person.page, person.page.keyboard

    def give_password() -> None:
        page.goto(f"{person.link}explorer/")
        page.focus("[name=username]")
        for word in ("careful", PASSWORD):
            keyboard.type(word)
            keyboard.press("Tab")
        keyboard.press("Enter")

    give_password()
    page.wait_for_url(f"{person.link}explorer/")
    page.goto(f"{person.link}admin/")
    page.get_by_role("link", name="Second factor").press("Enter")
    secret = b32decode(page.locator("#secret").inner_text().replace(" ", ""))
    assert page.evaluate("document.querySelector('#content img').naturalWidth") > 100
    person.check("second-factor-set-up")
    page.focus("[name=code]")
    keyboard.type(code(secret))
    keyboard.press("Tab")
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    page.wait_for_selector("#codes")
    codes = page.locator("#codes code").all_inner_texts()
    person.check("second-factor-codes")
    page.goto(f"{person.link}admin/second-factor/")
    person.check("second-factor-keep")
    page.get_by_role("button", name="Log out").press("Enter")
    page.wait_for_url("**/admin/logout/")
    give_password()
    page.wait_for_url(re.compile("/admin/second-factor/code/"))
    person.check("second-factor-code")
    keyboard.type(code(secret, steps=1))
    keyboard.press("Enter")
    page.wait_for_url(f"{person.link}explorer/")

    assert len(codes) == 10
    assert person.complaints == []
    assert person.problems == []
