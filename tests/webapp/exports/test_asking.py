"""Filters: what each leaves, and that what is unknown or malformed is refused by name."""

import json
from typing import Any

import pytest

from tests.webapp import made_up
from webapp.studies.models import Session

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

MALFORMED = [
    ("format=xlsx", "format"),
    ("kind=ghost", "kind"),
    ("state=withdrawn", "state"),
    ("condition=none", "condition"),
    ("cohort=", "cohort"),
    ("unit=some/layer:1", "unit"),
    ("model=none", "model"),
    ("session=1", "session"),
    ("session=%00", "session"),
    ("since=yesterday", "since"),
    ("since=2026-13-01T00:00:00Z", "since"),
    ("since=2026-01-01T00:00:00", "since"),
    ("since=0001-01-01T00:00:00%2B14:00", "since"),
    ("until=9999-12-31T23:59:59-12:00", "until"),
    ("since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "until"),
    ("since=2026-01-01T00:00:00Z&since=2026-01-02T00:00:00Z", "since"),
    ("passed_checks=NaN", "passed_checks"),
    ("flavor=sweet", "flavor"),
    ("format=jsonl&flavor=spreadsheet", "flavor"),
    ("ids=all", "ids"),
    ("ids=personal", "ids"),
    ("kinds=live", "kinds"),
]


def address(study: Any, query: str = "") -> str:
    return f"/api/v1/studies/{study.id}/responses?{query}"


def rows_of(api: Any, study: Any, query: str) -> list[dict[str, Any]]:
    response = api.get(address(study, f"format=jsonl&{query}"))
    assert response.status_code == 200, response.content
    return [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]


def test_filters_leave_the_rows_that_satisfy_them(api, study):
    first, second = study.sessions.filter(kind="live").order_by("created_at")
    Session.objects.filter(id=second.id).update(state="finished", cohort="expert", passed_checks=False)
    unit = first.trials.filter(kind="main").first().unit.address
    about_unit = sum(one.trials.filter(kind="main", unit__address=unit).count() for one in study.sessions.all())

    counts = {
        query: len(rows_of(api, study, query))
        for query in (
            "",
            "kind=live",
            "kind=live&kind=pilot",
            "kind=bot",
            "state=finished",
            "cohort=expert&kind=live",
            "passed_checks=0",
            "passed_checks=1",
            f"session={first.id}",
            f"condition={first.condition.name}&session={first.id}",
            f"unit={unit}",
            "model=efficientnet_lite0.in1k",
            "since=2026-03-01T12:01:00Z",
            "until=2026-03-01T12:01:00Z",
            "since=2026-03-01T12:01:00Z&until=2026-03-01T12:03:00%2B00:00",
        )
    }

    assert list(counts.values()) == [12, 8, 12, 0, 4, 4, 4, 0, 4, 4, about_unit, 12, 9, 3, 6]


def test_what_is_unknown_or_malformed_is_refused_by_name(api, study):
    answers = [(field, api.get(address(study, query))) for query, field in MALFORMED]

    assert {response.status_code for _, response in answers} == {400}
    assert [response.json()["field"] for _, response in answers] == [field for field, _ in answers]
    assert all(response.json()["remedy"] for _, response in answers)


def test_malformed_body_is_refused(api, study):
    bodies = {"body": [[], "csv"], "kind": [{"kind": 1}, {"kind": [["live"]]}, {"kind": None}], "ghost": [{"ghost": "x"}]}

    for field, wrong in bodies.items():
        for body in wrong:
            response = api.post(address(study), body, format="json")
            assert (response.status_code, response.json()["field"]) == (400, field)


def test_body_may_say_true_and_false(api, study):
    for said, asked in ((True, "1"), (False, "0")):
        answers = [api.post(address(study), {"passed_checks": one, "format": "csv"}, format="json") for one in (said, asked)]

        assert [answer.status_code for answer in answers] == [200, 200]
        assert len({b"".join(answer.streaming_content) for answer in answers}) == 1


def test_body_asks_in_the_words_of_a_query(api, study):
    body = {"format": "jsonl", "kind": ["live", "pilot"], "until": "2026-03-01T12:01:00Z"}

    response = api.post(address(study), body, format="json")

    assert len(b"".join(response.streaming_content).splitlines()) == 3


def test_file_name_is_plain_whatever_the_study_is_called(api):
    made = made_up.study()
    type(made).objects.filter(id=made.id).update(name='a"b\r\nX: ü')

    response = api.get(address(made))

    assert response.headers["Content-Disposition"] == 'attachment; filename="a-b-X-.csv"'


@pytest.mark.parametrize("accepted", ["text/csv", "text/html, */*;q=0.1", "application/vnd.apache.parquet"])
def test_file_is_sent_whole_whatever_the_client_says_that_it_accepts(api, study, accepted):
    response = api.get(
        address(study, "format=csv"), headers={"Accept": accepted, "Range": "bytes=0-9", "Accept-Encoding": "gzip"}
    )

    assert response.status_code == 200
    assert "Content-Encoding" not in response.headers
    assert b"".join(response.streaming_content).count(b"\n") == 13
    assert api.get(address(study, "format=xlsx"), headers={"Accept": accepted}).json()["field"] == "format"
