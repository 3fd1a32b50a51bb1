"""Which condition a new session gets: the one with fewest sessions of its kind. Runs inside the transaction of session_start."""

from django.db.models import Count, Q

from webapp.studies.models import Condition, Study


def condition_choose(study: Study, *, kind: str) -> tuple[Condition, int]:
    """The condition with fewest sessions of this kind, and the new session's number in it.

    The caller holds the lock on the study's row, so that two starters never get the same number.
    """
    counted = Count("sessions", filter=Q(sessions__kind=kind))
    condition = study.conditions.annotate(count=counted).order_by("count", "id").first()
    if condition is None:
        raise ValueError(f"study {study.name} has no condition")
    return condition, condition.count
