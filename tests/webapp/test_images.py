"""Images and static files as browsers cache them: for good, under names of their content, and only for who may see them."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
import pytest_django
from django.core.management import call_command
from django.test import Client

from tests.webapp import made_up
from webapp.stimuli.selectors import store
from webapp.studies.models import Session, StudyImage

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
YEAR = 31_536_000


def main_images(client: Client, session: Session) -> list[dict[str, dict[str, Any]]]:
    """The images of the main trials, as the plan tells of them."""
    plan = client.get(f"/p/{session.study_id}/session").json()
    return [trial["images"] for trial in plan["main"]["trials"]]


def test_image_is_what_the_plan_says_and_is_kept_for_good(browser):
    client, session = browser(made_up.study())
    image = main_images(client, session)[0]["query_upper"]

    response = client.get(image["url"])

    assert len(response.content) == image["size"]
    assert hashlib.sha256(response.content).hexdigest() == image["sha256"]
    assert image["url"].endswith(f"/{image['sha256']}")
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Cache-Control"] == f"private, max-age={YEAR}, immutable"
    assert response.headers["ETag"] == f'"{image["sha256"]}"'
    assert "Last-Modified" not in response.headers


def test_image_that_the_browser_has_is_neither_sent_nor_read_again(browser):
    client, session = browser(made_up.study())
    image = main_images(client, session)[0]["query_upper"]
    etag = client.get(image["url"]).headers["ETag"]
    for blob in StudyImage.objects.filter(served_sha256=image["sha256"]).values_list("blob", flat=True):
        store().remove_blob(blob)

    again = client.get(image["url"], headers={"If-None-Match": etag})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Cache-Control"] == f"private, max-age={YEAR}, immutable"


def test_address_tells_no_place_and_not_which_images_come_in_other_trials(browser):
    client, session = browser(made_up.study(main_trials=6))
    trials = main_images(client, session)

    contents = [{image["sha256"] for image in images.values()} for images in trials]
    addresses = [{image["url"] for image in images.values()} for images in trials]

    assert len(set.union(*contents)) < sum(map(len, contents))
    assert len(set.union(*addresses)) == sum(map(len, addresses))
    assert not [address for address in set.union(*addresses) for place in trials[0] if place in address]


def test_nobody_else_gets_an_image(browser):
    study = made_up.study()
    owner, session = browser(study)
    stranger, _ = browser(study)
    image = main_images(owner, session)[0]["query_upper"]

    assert owner.get(image["url"]).status_code == 200
    assert stranger.get(image["url"], headers={"If-None-Match": f'"{image["sha256"]}"'}).status_code == 404
    assert Client().get(image["url"]).status_code == 401


def test_image_of_another_trial_is_not_at_this_trials_address(browser):
    client, session = browser(made_up.study())
    first, *others = main_images(client, session)
    trial_address = first["query_upper"]["url"].rpartition("/")[0]
    shown = {image["sha256"] for image in first.values()}
    other = next(image["sha256"] for trial in others for image in trial.values() if image["sha256"] not in shown)

    assert client.get(f"{trial_address}/{other}").status_code == 404
    assert client.get(f"{trial_address}/query_upper").status_code == 404


def test_static_files_are_named_by_their_content_and_kept_for_good(settings: pytest_django.Settings, tmp_path: Path):
    settings.STATIC_ROOT = str(tmp_path / "collected")
    settings.STATICFILES_DIRS = [settings.ROOT / "static" / "public"]
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if not app.startswith("drf_")]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    named = next(Path(settings.STATIC_ROOT).glob("*.????????????.*"))

    response = Client().get(f"/static/{named.name}")

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == f"max-age={10 * YEAR}, public, immutable"
