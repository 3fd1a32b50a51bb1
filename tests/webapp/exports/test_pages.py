"""Rows by pages: all of them, once, whatever arrives meanwhile; a cursor opens nothing but its own list."""

import json
from typing import Any

import pytest

from tests.webapp import made_up
from tests.webapp.exports.conftest import answered
from webapp.participants.models import AuditEntry
from webapp.studies.erasure import sessions_erase
from webapp.studies.models import Response, Session, Study

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
LIVE = {"kind": ["live"], "flavor": "raw", "ids": "pseudonymous"}


def address(study: Any, query: str = "") -> str:
    return f"/api/v1/studies/{study.id}/responses/pages?{query}"


def walked(api: Any, first: str) -> list[list[dict[str, Any]]]:
    pages, after = [], first
    while after:
        body = api.get(after).json()
        pages.append(body["rows"])
        after = body["next"]
    return pages


def first_of(study: Any) -> Session:
    return study.sessions.order_by("created_at").first()


@pytest.mark.parametrize("size", [1, 5, 6, 1000])
def test_pages_hold_the_rows_of_the_export_in_its_order(api, study, size):
    text = b"".join(api.get(f"/api/v1/studies/{study.id}/responses?format=jsonl&kind=live").streaming_content)

    pages = walked(api, address(study, f"kind=live&size={size}"))

    assert [row for page in pages for row in page] == [json.loads(line) for line in text.splitlines()]
    assert {len(page) for page in pages[:-1]} <= {size}


def test_row_that_was_there_comes_once_whatever_is_answered_meanwhile(api, study):
    before = {str(pk) for pk in Response.objects.values_list("id", flat=True)}
    first = api.get(address(study, "size=5")).json()
    session = first_of(study)
    late = session.trials.exclude(response__isnull=False).exclude(kind="example").first()
    Response.objects.create(trial=late, **made_up.answer())
    answered(study)

    seen = [row["response_id"] for page in (first["rows"], *walked(api, first["next"])) for row in page]

    assert len(seen) == len(set(seen))
    assert before <= set(seen)


def test_pages_of_an_empty_list_end_at_once(api):
    assert api.get(address(made_up.study())).json() == {"rows": [], "next": None}


def test_cursor_of_another_list_or_of_nobody_is_refused(api, study):
    cursor = api.get(address(study, "size=1")).json()["next"].partition("cursor=")[2]
    other = made_up.study()

    answers = [
        api.get(address(other, f"cursor={cursor}")),
        api.get(address(study, f"kind=live&cursor={cursor}")),
        api.get(address(study, f"cursor=x{cursor}")),
        api.get(address(study, "cursor=e30:1:forged")),
        api.get(address(study, "cursor=%00")),
    ]

    assert [(answer.status_code, answer.json()["field"]) for answer in answers] == 5 * [(400, "cursor")]


@pytest.mark.parametrize("policy", ["delete", "anonymize"])
def test_walk_goes_on_behind_what_is_erased_and_repeats_nothing(api, study, policy):
    Study.objects.filter(id=study.id).update(erasure=policy)
    others = set(Response.objects.exclude(trial__session=first_of(study)).values_list("id", flat=True))
    first = api.get(address(study, "size=3")).json()
    sessions_erase(Session.objects.filter(id=first_of(study).id))

    seen = [row["response_id"] for page in (first["rows"], *walked(api, first["next"])) for row in page]

    assert len(seen) == len(set(seen))
    assert {str(pk) for pk in others} <= set(seen)


def test_walk_is_noted_once_when_it_begins(api, study):
    walked(api, address(study, "kind=live&size=2"))
    api.get(address(study, "size=0"))

    (entry,) = AuditEntry.objects.all()
    assert entry.actor.username.startswith("researcher")
    assert (entry.action, entry.details) == ("exported answers", {"study": study.name, "format": "pages", **LIVE})


def test_size_and_words_out_of_range_are_refused(api, study):
    queries = {
        "size": ["size=0", "size=-1", "size=1001", f"size={'9' * 400}", "size=NaN", "size=%C2%B2", "size="],
        "ids": ["ids=personal"],
        "flavor": ["flavor=spreadsheet"],
        "page": ["page=2"],
    }

    for field, wrong in queries.items():
        for query in wrong:
            response = api.get(address(study, query))
            assert (response.status_code, response.json()["field"]) == (400, field), query
