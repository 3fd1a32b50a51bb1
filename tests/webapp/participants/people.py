"""Participants of recruiters' tests: who came through a recruitment, at work or finished."""

from django.test import Client

from tests.services.recruiters.prolific import prolific_id
from tests.webapp.test_participant_api import main_trials, pass_practice, post, put
from webapp.participants.models import Participant
from webapp.participants.recruiters.base import Entry
from webapp.studies.models import Session, Study
from webapp.studies.participant.api import cookie_name
from webapp.studies.selectors import session_by_token
from webapp.studies.services.entry import Arrival, study_enter


def prolific_session(study: Study, number: int = 1) -> Session:
    """The running session of a person from Prolific."""
    entry = Entry(external_participant_id=prolific_id(number), submission_id=prolific_id(number, "b"))
    return session_of(study, study_enter(study, agreed(study, entry)))


def mturk_session(study: Study, number: int = 1) -> Session:
    """The running session of a worker from Mechanical Turk."""
    entry = Entry(external_participant_id=f"AWORKER{number:05d}", submission_id=f"3ASSIGN{number:05d}")
    return session_of(study, study_enter(study, agreed(study, entry)))


def agreed(study: Study, entry: Entry) -> Arrival:
    return Arrival(entry=entry, kind=Participant.Kind.LIVE, consent=study.consent, recruitment=study.recruitment)


def session_of(study: Study, token: str) -> Session:
    session = session_by_token(study.id, token)
    assert session is not None
    session.token = token  # type: ignore[attr-defined]  # for the cookie of `browser_of`
    return session


def browser_of(session: Session) -> Client:
    """A browser with the session's cookie."""
    client = Client()
    client.cookies[cookie_name(session.study_id)] = session.token  # type: ignore[attr-defined]  # see `session_of`
    return client


def finish(client: Client, session: Session) -> dict[str, str | None]:
    """Do the whole study; the answer to its end."""
    pass_practice(client, session)
    for trial in main_trials(session):
        put(client, session, trial, choice=trial.correct_choice)
    told: dict[str, str | None] = post(client, session, "finish").json()
    return told
