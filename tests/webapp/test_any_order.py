"""Participants do what they may in any order, with replies that get lost: what was acknowledged is exported exactly once.

A hypothesis state machine over the HTTP interface; `tests/faults` does the same with processes that die.
"""

import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.webapp import made_up, progress
from webapp.studies.exports import export
from webapp.studies.models import Session, Study
from webapp.studies.participant.api import cookie_name
from webapp.studies.selectors import plan_trials
from webapp.studies.services.session import sessions_expire

pytestmark = [pytest.mark.integration, pytest.mark.django_db]
CHOICES = st.sampled_from(("upper", "lower"))
SENT = ("choice", "confidence", "rt", "onset", "input")


@dataclass(kw_only=True)
class Person:
    """A participant's browser, and what the server has acknowledged to it."""

    name: str
    client: Client
    session: Session
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The answer by trial."""
    unheard: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Answers whose reply got lost: they stay in the outbox."""

    def call(self, method: str, name: str, body: dict[str, Any] | None = None) -> Any:
        """A request below the study's page."""
        answer = self.client.generic(method, f"/p/{self.session.study_id}/{name}", json.dumps(body or {}), "application/json")
        assert answer.status_code < 500
        return answer

    def send(self, trial: str, body: dict[str, Any], *, reply_lost: bool = False) -> int:
        """Send an answer and note what comes of it."""
        answer = self.call("PUT", f"trials/{trial}/answer", body)
        if reply_lost:
            self.unheard[trial] = body
        elif answer.status_code == 200:
            self.acknowledged[trial] = self.unheard.pop(trial, body)
        return answer.status_code


class AnyOrder(RuleBasedStateMachine):
    """Every rule may come at any time, also when it makes no sense."""

    study: ClassVar[Study]
    people = Bundle("people")

    def __init__(self) -> None:
        super().__init__()
        self.everybody: list[Person] = []

    @rule(target=people)
    def start(self) -> Person:
        name = f"person-{Session.objects.count()}"
        person = Person(name=name, **self._entered(name))
        self.everybody.append(person)
        return person

    @rule(person=people)
    def come_back(self, person: Person) -> None:
        """In another browser; who has finished or withdrawn is turned away."""
        person.session.refresh_from_db()
        if person.session.state in Session.UNFINISHED:
            self._entered(person.name, into=person.client)

    @rule(person=people)
    def read_instructions(self, person: Person) -> None:
        person.call("POST", "instructions", {"duration": 20_000.0})

    @rule(person=people, choice=CHOICES, number=st.integers(0, 4), reply_lost=st.booleans())
    def answer(self, person: Person, choice: str, number: int, reply_lost: bool) -> None:
        """One of the trials, whether it is its turn or not."""
        trial = self._trials(person)[number]
        body = person.unheard.get(trial) or made_up.answer(choice=choice)
        if trial not in person.acknowledged:
            person.send(trial, body, reply_lost=reply_lost)

    @rule(person=people)
    def pass_practice(self, person: Person) -> None:
        person.call("POST", "instructions", {"duration": 20_000.0})
        for trial in person.session.trials.filter(kind="practice", response=None):
            person.send(str(trial.id), made_up.answer(choice=trial.correct_choice))
        person.call("POST", "practice")

    @rule(person=people)
    def answer_all(self, person: Person) -> None:
        for trial in self._trials(person):
            if trial not in person.acknowledged:
                person.send(trial, person.unheard.get(trial) or made_up.answer())

    @rule(person=people)
    def send_again(self, person: Person) -> None:
        """The whole outbox, and what is in it no more."""
        for trial, body in list(person.unheard.items()):
            person.send(trial, body)
        assert {person.send(trial, body) for trial, body in person.acknowledged.items()} <= {200}

    @rule(person=people)
    def alter(self, person: Person) -> None:
        for trial, body in person.acknowledged.items():
            other = {**body, "choice": "lower" if body["choice"] == "upper" else "upper"}
            assert person.call("PUT", f"trials/{trial}/answer", other).status_code == 409

    @rule(person=people)
    def judge_practice(self, person: Person) -> None:
        person.call("POST", "practice")

    @rule(person=people)
    def finish(self, person: Person) -> None:
        answer = person.call("POST", "finish")
        person.session.refresh_from_db()
        code = answer.json().get("code") if answer.status_code == 200 else None
        assert (code or "") == (person.session.completion_code if answer.status_code == 200 else "")

    @rule(person=people)
    def withdraw(self, person: Person) -> None:
        person.call("POST", "withdraw")

    @rule(person=people)
    def lose_lease(self, person: Person) -> None:
        progress.lose_lease(person.session)
        sessions_expire()

    @invariant()
    def acknowledged_is_exported_exactly_once_as_sent(self) -> None:
        rows = [json.loads(line) for line in b"".join(export(self.study, form="jsonl")).splitlines()]
        trials = [row["trial_id"] for row in rows]
        by_trial = {row["trial_id"]: row for row in rows}
        assert len(trials) == len(by_trial)
        for person in self.everybody:
            person.session.refresh_from_db()
            if person.session.state == Session.State.WITHDRAWN:
                assert not by_trial.keys() & person.acknowledged.keys()
            else:
                exported = {trial: {name: by_trial[trial][name] for name in SENT} for trial in person.acknowledged}
                assert exported == {trial: {name: sent[name] for name in SENT} for trial, sent in person.acknowledged.items()}

    @invariant()
    def codes_are_of_complete_sessions(self) -> None:
        for person in self.everybody:
            if person.session.completion_code:
                assert person.session.practice_passed
                assert not plan_trials(person.session).filter(response=None).exists()

    def _entered(self, name: str, into: Client | None = None) -> dict[str, Any]:
        session, token = made_up.session(self.study, external_id=name)
        client = into or Client()
        client.cookies[cookie_name(self.study.id)] = token
        return {"client": client, "session": session} if into is None else {}

    def _trials(self, person: Person) -> list[str]:
        """Those of the first attempt at practice and of the plan."""
        found = person.session.trials.filter(attempt__lte=1).exclude(kind="example").order_by("attempt", "position")
        return [str(pk) for pk in found.values_list("id", flat=True)]


def test_acknowledged_answers_are_exported_exactly_once_in_whatever_order_things_happen():
    AnyOrder.study = made_up.study(main_trials=2, catch_trials=1, practice_obvious=1, practice_other=1, tasks=1000)

    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            # Shrinking would take minutes of requests; the steps of the failure are printed as they are.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
