"""What everybody is told while the database is out of reach, and after it."""

import contextlib
import socket
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
STUDY = "/p/00000000-0000-4000-8000-000000000000/"


@contextlib.contextmanager
def unreachable_database() -> Iterator[None]:
    """The connection leads to a port on which nobody listens."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is a file, which is always within reach")
    connection.close()
    with socket.socket() as reserved, pytest.MonkeyPatch.context() as patch:
        reserved.bind(("127.0.0.1", 0))
        patch.setitem(connection.settings_dict, "PORT", reserved.getsockname()[1])
        yield
    connection.close()


@pytest.mark.parametrize("path", [STUDY, f"{STUDY}session", "/api/v1/studies"])
def test_outage_of_the_database_is_a_503_that_says_when_to_come_again(path: str):
    client = Client(raise_request_exception=False)

    with unreachable_database():
        answer = client.get(path, headers={"authorization": "Token " + "a" * 64})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json()["remedy"]


def test_requests_work_again_when_the_database_is_back():
    client = Client(raise_request_exception=False)

    with unreachable_database():
        meanwhile = client.get(STUDY).status_code
    afterwards = client.get(STUDY).status_code

    assert (meanwhile, afterwards) == (503, 404)
