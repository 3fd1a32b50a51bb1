"""What people meet where something is refused or fails: a page of the house, or nothing that would be refused."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import get_resolver

from tests.webapp import made_up

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def viewer() -> Client:
    """Staff who may look at studies and change nothing."""
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_study"), Permission.objects.get(codename="see_all_studies"))
    client = Client()
    client.force_login(user)
    return client


def said(page: HttpResponse) -> tuple[int, bool, bool]:
    """Its status, whether it is a page of the house, and whether it is German."""
    body = page.content.decode()
    return page.status_code, 'data-screen="message"' in body, 'lang="de"' in body


def test_body_that_is_too_large_and_a_foreign_host_are_told_on_our_page() -> None:
    client = Client(headers={"accept": "text/html", "accept-language": "de"})

    too_large = client.post("/erase/", "code=" + "x" * 3_000_000, content_type="application/x-www-form-urlencoded")
    foreign = client.get("/erase/", headers={"host": "elsewhere.example"})

    assert [said(page) for page in (too_large, foreign)] == [(400, True, True)] * 2


def test_fault_is_told_on_our_page_and_to_programs_as_json() -> None:
    answer = get_resolver().resolve_error_handler(500)

    page = answer(RequestFactory().get("/p/x/", headers={"accept-language": "de"}))
    told = answer(RequestFactory().get("/api/v1/units"))

    assert said(page) == (500, True, True)
    assert (told.status_code, told["Content-Type"]) == (500, "application/json")
    assert b"the server made a mistake" in told.content


def test_who_may_only_look_is_shown_nothing_that_is_refused(viewer: Client) -> None:
    study = made_up.study()

    plan = viewer.get(f"/admin/studies/study/{study.id}/change/").content.decode()
    quality = viewer.get(f"/studies/{study.id}/quality/").content.decode()
    refused = viewer.post(f"/admin/studies/study/{study.id}/copy/", {"name": "mine"}, headers={"accept": "text/html"})

    assert "Preview trials" in plan
    assert re.findall(r"Clone|New version|Change the plan|>Units<|>Circuits<", plan) == []
    assert re.findall(r"Save as version|Judge all", quality) == []
    assert said(refused)[:2] == (403, True)
    assert "Ask an administrator" in refused.content.decode()


def test_who_may_do_all_is_shown_all(researcher: Client) -> None:
    study = made_up.study()

    plan = researcher.get(f"/admin/studies/study/{study.id}/change/").content.decode()
    quality = researcher.get(f"/studies/{study.id}/quality/").content.decode()

    assert {*re.findall(r"Clone|New version|Change the plan|>Units<|>Circuits<", plan)} == {
        *("Clone", "New version", "Change the plan", ">Units<", ">Circuits<")
    }
    assert {*re.findall(r"Save as version|Judge all", quality)} == {"Save as version", "Judge all"}
