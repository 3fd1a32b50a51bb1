"""Who judges sessions and who changes the rules wait for one another, so that no verdict of older rules is the last one.

Any number of sessions may end at once, beside those that start and all answers; `services.quality` alone wants a study for
itself. Both are taken before anything of a session is locked.
"""

from django.db import connection
from django.db.models import QuerySet

from webapp.participants.models import Participant
from webapp.studies.models import Session, Study


def rules_keep(session: Session) -> None:
    """Let the rules stay until the transaction ends by which a session is judged, with what its person did for this paper."""
    known_as = Participant.objects.filter(id=session.participant_id).values("external_id_hash")
    sessions = Session.objects.filter(participant__external_id_hash__in=known_as, study__paper=session.study.paper)
    _keep(Study.objects.filter(id__in=sessions.values("study")))


def _keep(studies: QuerySet[Study]) -> None:
    """Django has no word for it: the lock that references to a row take. SQLite has one writer at a time anyway."""
    if connection.features.has_select_for_update:
        sql, parameters = studies.order_by("id").values_list("id").query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} FOR KEY SHARE", parameters)


def rules_take(study: Study) -> None:
    """Wait until nobody judges by a study's rules, and let nobody until the transaction ends."""
    Study.objects.select_for_update().get(id=study.id)
