"""How simulated participants send again what was not acknowledged."""

from collections.abc import Sequence

import httpx
import pytest

from experiments.contract.errors import InputError
from experiments.methods import participant_http
from experiments.methods.participant_http import FIRST_TRIES, ParticipantHttp, pause
from experiments.methods.participant_link import Link
from tests.experiments.methods.scripted_server import BASE

pytestmark = pytest.mark.unit
LINK = Link.parse(f"http://testserver{BASE}")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(participant_http, "LONGEST_PAUSE_SECONDS", 0.001)


def speaker(statuses: Sequence[int], got: list[bytes]) -> ParticipantHttp:
    """Its server answers with these statuses, one after the other; 0 is no answer."""
    left = list(statuses)

    def handle(request: httpx.Request) -> httpx.Response:
        got.append(request.content)
        status = left.pop(0)
        if not status:
            raise httpx.RemoteProtocolError("gone")
        return httpx.Response(status, json={"saved": True})

    return ParticipantHttp(httpx.Client(base_url=LINK.origin, transport=httpx.MockTransport(handle)), LINK)


def test_answer_is_sent_as_it_is_until_a_server_that_was_there_has_it():
    got: list[bytes] = []
    http = speaker([200, *[0, 503, 429, 500] * 4, 200], got)
    http.json("GET", "session")

    told = http.json("PUT", "trials/one/answer", json={"key": "k"})

    assert told == {"saved": True}
    assert got[1:] == [b'{"key":"k"}'] * 17


def test_server_that_never_answers_is_given_up_soon():
    got: list[bytes] = []

    with pytest.raises(InputError, match=f"nothing in {FIRST_TRIES} tries"):
        speaker([0] * 99, got).json("GET", "session")

    assert len(got) == FIRST_TRIES


def test_server_that_stays_away_is_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(participant_http, "PATIENCE_SECONDS", 0.05)
    http = speaker([200, *[0] * 10_000], [])
    http.json("GET", "session")

    with pytest.raises(InputError, match="gave nothing"):
        http.json("GET", "session")


def test_refusal_is_not_sent_again():
    got: list[bytes] = []

    with pytest.raises(InputError):
        speaker([401], got).json("GET", "session")

    assert len(got) == 1


def test_pauses_double_up_to_the_longest_and_jitter(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(participant_http, "LONGEST_PAUSE_SECONDS", 15.0)

    for failures, longest in ((1, 0.5), (2, 1.0), (5, 8.0), (6, 15.0), (60, 15.0)):
        drawn = [pause(failures) for _ in range(50)]
        assert longest / 2 <= min(drawn) < max(drawn) <= longest
