"""Bots against a server with blocks, sliders, late trials and pauses; `tests/webapp` has them against the real one."""

import numpy as np
import pytest

from experiments.contract.errors import InputError
from experiments.methods.bots import Outcome, Run
from experiments.methods.http_bots import HttpBot
from experiments.methods.observers.seen import Decision, Observer, Rating, SeenTrial
from experiments.methods.participant_link import Link
from tests.experiments.methods.scripted_server import BASE, ScriptedServer, planned

pytestmark = pytest.mark.unit
LINK = Link.parse(f"http://testserver{BASE}")


class Diary(Observer):
    """Always the upper one; notes what it saw and what it was told."""

    def __init__(self) -> None:
        self.seen: list[SeenTrial] = []
        self.told: list[tuple[str, bool]] = []

    def decide(self, trial: SeenTrial, *, rng: np.random.Generator) -> Decision:
        self.seen.append(trial)
        return Decision(choice="upper", confidence=2, rt=500.0)

    def rate(self, trial: SeenTrial, *, rng: np.random.Generator) -> Rating:
        self.seen.append(trial)
        return Rating(rating=-7, rt=600.0)

    def learn(self, trial: SeenTrial, decision: Decision, *, correct: bool) -> None:
        self.told.append((trial.plan["id"], correct))


def take_part(server: ScriptedServer, observer: Observer, *, dropout: float = 0.0, seed: int = 1, link: Link = LINK) -> Outcome:
    run = Run(observer_name="diary", sessions=1, seed=seed, dropout=dropout)
    with server.client() as client:
        return HttpBot(client, link, run.participant(0, observer)).run()


def test_choices_and_ratings_are_answered_with_what_belongs_to_them():
    server, diary = ScriptedServer([planned("a"), planned("b", form="rating", block=1)]), Diary()

    outcome = take_part(server, diary)

    assert (outcome.finished, outcome.answers, outcome.judged) == (True, 3, [True])
    assert (server.answers["a"]["choice"], server.answers["a"]["confidence"]) == ("upper", 2)
    assert server.answers["b"]["rating"] == -7
    assert not {"choice", "confidence"} & server.answers["b"].keys()
    assert server.answers["a"].keys() - {"choice", "confidence"} == server.answers["b"].keys() - {"rating"}


def test_the_lock_is_that_of_practice_or_of_the_block_and_comes_before_the_response_time():
    server = ScriptedServer([planned("a"), planned("b", block=1), planned("c", form="rating", block=1)])

    take_part(server, Diary())

    assert {name: body["rt"] for name, body in server.answers.items()} == {"practice": 500, "a": 1500, "b": 2500, "c": 2600}
    for body in server.answers.values():
        assert body["event_time"] - body["onset"] == pytest.approx(body["rt"])


def test_an_observer_sees_what_came_over_the_network():
    server, diary = ScriptedServer([planned("a"), planned("b")]), Diary()

    take_part(server, diary)

    practice, first, second = diary.seen
    assert [(trial.phase, trial.number, trial.count) for trial in diary.seen] == [
        ("practice", 0, 1),
        ("main", 0, 2),
        ("main", 1, 2),
    ]
    assert first.participant == practice.participant == "bot-1-0-diary"
    assert second.plan["id"] == "b"
    assert second.images["query_lower"].content == b"b/query_lower"
    assert second.images["query_lower"].url == f"{BASE}images/b/query_lower"
    assert second.images["query_lower"].headers["content-type"] == "image/png"
    assert second.images["query_lower"].seconds > 0
    assert second.choices == ("upper", "lower")


def test_an_observer_is_told_what_the_server_says():
    server, diary = ScriptedServer([planned("a"), planned("b", form="rating")]), Diary()

    take_part(server, diary)

    assert diary.told == [("practice", True), ("a", True)]


def test_more_trials_at_the_end_are_answered_too():
    server = ScriptedServer([planned("a")], late=[planned("again-a"), planned("rated", form="rating")])

    outcome = take_part(server, Diary())

    assert (outcome.finished, set(server.answers)) == (True, {"practice", "a", "again-a", "rated"})
    assert server.calls.count("finish") == 2


def test_the_server_learns_the_name_of_the_observer():
    server = ScriptedServer([planned("a")])

    take_part(server, Diary())

    assert server.consent == {"kind": "bot", "participant": "bot-1-0-diary", "observer": "diary"}


def test_link_for_bots_is_passed_on():
    server = ScriptedServer([planned("a")])
    link = Link.parse(f"{LINK.origin}{LINK.base}?bot=a-signed%3Aword")

    take_part(server, Diary(), link=link)

    assert server.consent["bot"] == "a-signed:word"


@pytest.mark.parametrize(("phase", "message"), [("paused", "the study is paused"), ("returned", "'returned'")])
def test_a_session_that_cannot_go_on_ends_the_run_with_a_word(phase: str, message: str):
    with pytest.raises(InputError, match=message) as caught:
        take_part(ScriptedServer([planned("a")], phase=phase), Diary())

    assert caught.value.field == "link"


def test_who_drops_out_answers_some_main_trials_and_never_finishes():
    left_at = set()
    for seed in range(40):
        server = ScriptedServer([planned(f"t{i}") for i in range(4)])

        outcome = take_part(server, Diary(), dropout=1.0, seed=seed)

        assert (outcome.finished, "finish" in server.calls) == (False, False)
        left_at.add(len(server.answers) - 1)
    assert left_at == {0, 1, 2, 3}


def test_who_dropped_out_leaves_at_the_same_trial_when_sent_again():
    server = ScriptedServer([planned(f"t{i}") for i in range(9)])

    take_part(server, Diary(), dropout=1.0)
    answers = dict(server.answers)
    again = take_part(server, Diary(), dropout=1.0)

    assert (server.answers, again.answers) == (answers, 0)


def test_the_share_of_dropouts_is_as_asked():
    run = Run(observer_name="diary", sessions=1000, seed=5, dropout=0.3)

    leaving = [run.participant(number, Diary()).leaves_at is not None for number in range(run.sessions)]

    assert np.mean(leaving) == pytest.approx(0.3, abs=4 * 0.5 / np.sqrt(1000))


def test_who_stays_draws_the_same_numbers_whether_others_leave_or_not():
    draws = [
        Run(observer_name="diary", sessions=1, seed=5, dropout=dropout).participant(0, Diary()).rng.random() for dropout in (0, 1)
    ]

    assert draws[0] == draws[1]


@pytest.mark.parametrize(("field", "value"), [("sessions", 0), ("seed", -1), ("dropout", 1.5), ("dropout", -0.1)])
def test_a_run_that_cannot_be_is_refused(field: str, value: float):
    with pytest.raises(InputError) as caught:
        Run(**{"observer_name": "diary", "sessions": 1, "seed": 1, field: value})

    assert caught.value.field == field
