"""A person who leaves traces, and where to look for them: every table, every file of the artifact store."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.db import connection

from experiments.contract.artifacts import NewFile, Product
from experiments.contract.recipes import Analysis
from tests.webapp import made_up, progress
from webapp.participants.models import Payment, Recruitment, Submission
from webapp.stimuli.models import Job
from webapp.stimuli.selectors import store
from webapp.stimuli.services import artifact_store
from webapp.studies.models import Response, Session, SessionEvent, Study
from webapp.studies.results.requests import results_request

PERSON = "5f8b1c2d3e4f5a6b7c8d9e0f"
SUBMISSION = "60d1e2f3a4b5c6d7e8f90a1b"


def paid_study(**changes: Any) -> Study:
    study = progress.without_rules(made_up.study())
    recruitment = Recruitment.objects.create(reward=279)
    Study.objects.filter(id=study.id).update(recruitment=recruitment, **changes)
    study.refresh_from_db()
    return study


def took_part(study: Study, *, external_id: str = PERSON, payment: str = Payment.State.PAID) -> Session:
    """A person who did all that leaves a trace, up to results in which their answers stand."""
    session = progress.finished(study, external_id=external_id)
    about = {"participant": session.participant, "recruitment": study.recruitment}
    Submission.objects.create(external_participant_id=external_id, external_id=f"{SUBMISSION}-{external_id}", **about)
    Payment.objects.filter(reason="base", **about).update(state=payment, error=f"no {external_id}", order_id=f"of {external_id}")
    SessionEvent.objects.create(session=session, kind=SessionEvent.Kind.CONTRADICTION, details={"of": external_id})
    return session


def analyzed(study: Study) -> Analysis:
    """An analysis of the study as it stands, which names its sessions."""
    result = results_request(study)
    assert result is not None
    recipe = Analysis(paper=study.paper, table=Job.objects.get(digest=result.digest).recipe["table"])
    names = json.dumps([str(pk) for pk in study.sessions.values_list("id", flat=True)]).encode()
    product = Product(new_files=[NewFile(name="result.json", content=names, media_type="application/json")])
    artifact_store(store().publish(recipe, product, provenance={}).as_json())
    Job.objects.filter(digest=result.digest).update(state=Job.State.FINISHED)
    return recipe


def dump() -> bytes:
    """Every row of every table."""
    return b"".join(tables().values())


def tables() -> dict[str, bytes]:
    """The rows of each table, as text."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            if connection.vendor == "postgresql":
                with cursor.cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                    found[table] = b"".join(map(bytes, copy))
            else:
                cursor.execute(f'SELECT * FROM "{table}"')
                found[table] = "\n".join(map(str, cursor.fetchall())).encode()
    return found


def files(folder: str) -> bytes:
    return b"\n".join(str(path).encode() + path.read_bytes() for path in Path(folder).rglob("*") if path.is_file())


def traces(session: Session) -> list[str]:
    """By what the person could be found: the recruiter's ids, the hash, the ids of their rows."""
    ids = [session.id, session.participant_id, *session.trials.values_list("id", flat=True)]
    ids += Response.objects.filter(trial__session=session).values_list("id", flat=True)
    secrets = [session.participant.external_id_hash, session.token_sha256, session.completion_code]
    return [PERSON, *secrets, *(str(pk) for pk in ids), *(pk.hex for pk in ids)]


def found(needles: Sequence[str], haystack: bytes) -> list[str]:
    return [needle for needle in needles if needle.encode() in haystack]
